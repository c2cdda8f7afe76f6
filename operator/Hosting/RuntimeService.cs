namespace RucioOperator.Hosting;

/// <summary>Runs the runtime as long as the process; when one ends, so does the other.</summary>
internal sealed class RuntimeService(Composition composition, IHostApplicationLifetime lifetime, ILogger<RuntimeService> logger) : BackgroundService
{
    private bool told;

    public int ExitCode { get; private set; }

    /// <summary>What no longer moves, so that only a new process would help; empty: all is well.</summary>
    public IReadOnlyList<string> Troubles
    {
        get
        {
            IReadOnlyList<string> troubles = ExecuteTask is { IsCompleted: false } ? composition.Runtime.Standstills() : ["the runtime has ended"];
            if (troubles.Count > 0 && !told)
            {
                told = true;
                HostingLog.Standstill(logger, string.Join("; ", troubles));
            }
            return troubles;
        }
    }

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
