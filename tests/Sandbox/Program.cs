using RucioOperator.Sandbox.Demo;

return await DemoProgram.RunAsync(keep: Environment.GetEnvironmentVariable("KEEP") != "0");
