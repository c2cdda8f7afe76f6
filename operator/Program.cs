using RucioOperator.Hosting;

return await OperatorHost.RunAsync(args, composition => { });
