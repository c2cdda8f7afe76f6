using RucioOperator.Desired;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

internal static class DaemonsStage
{
    public static Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var daemons = Daemons.Of(work.Inputs).ToList();
        var notRunning = work.Availability(daemons.Select(work.Names.Daemon));
        if (notRunning is null)
        {
            work.Report.True(InstanceConditions.DaemonsReady, "Running", $"{daemons.Count} daemons run");
        }
        return Task.FromResult(notRunning);
    }
}
