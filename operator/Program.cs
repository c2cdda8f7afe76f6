using RucioOperator.Commands;
using RucioOperator.Controllers;
using RucioOperator.Hosting;

return await CommandLine.RunAsync(Environment.GetCommandLineArgs()[0], args, CommandWorld.Process, CancellationToken.None) ?? await OperatorHost.RunAsync(args, Wiring.Compose);
