using RucioOperator.Controllers;
using RucioOperator.Hosting;

return await OperatorHost.RunAsync(args, Wiring.Compose);
