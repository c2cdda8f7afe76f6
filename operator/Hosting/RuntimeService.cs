namespace RucioOperator.Hosting;

/// <summary>Runs the runtime as long as the process; when one ends, so does the other.</summary>
internal sealed class RuntimeService(Composition composition, IHostApplicationLifetime lifetime, ILogger<RuntimeService> logger) : BackgroundService
{
    public int ExitCode { get; private set; }

    /// <summary>The loops are alive.</summary>
    public bool IsAlive => ExecuteTask is { IsCompleted: false };

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await composition.Runtime.RunAsync(stoppingToken);
        }
        catch (Exception error)
        {
            HostingLog.Ended(logger, error);
            ExitCode = 1;
        }
        lifetime.StopApplication();
    }
}
