using RucioOperator.Image;

return await Commands.RunAsync(args, Console.Out, Console.Error, Environment.GetEnvironmentVariable);
