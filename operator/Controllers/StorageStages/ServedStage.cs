using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Controllers.StorageStages;

/// <summary>Do the daemons that read the list of RSEs only when they start know this one? Left as it was while nothing is known.</summary>
internal static class ServedStage
{
    public static readonly StorageStage Stage = new(StorageConditions.Served, (work, _) =>
    {
        foreach (var (storage, rse) in work.Present)
        {
            Tell(work.Report(storage), work.Parts.Served.Of(Indexes.InstanceOf(work.Vo!), rse.Id));
        }
        return Task.FromResult<TimeSpan?>(null);
    });

    private static void Tell(Report report, ServedState? state)
    {
        switch (state)
        {
            case ServedState.Served:
                report.True(StorageConditions.Served, "Known", "The transfer daemons were started with this RSE");
                break;
            case ServedState.Waiting:
                report.False(StorageConditions.Served, "WaitingForRestart", "The transfer daemons were started before this RSE was made; they are restarted when storages have been quiet for a while");
                break;
            case ServedState.NotNeeded:
                report.Remove(StorageConditions.Served);
                break;
        }
    }
}
