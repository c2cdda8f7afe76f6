using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Is there a backup of the catalogue as it was at this revision, and if not, why not.</summary>
internal static class BackupStage
{
    private static UpgradeBackup Wanted(InstanceWork work) => (work.Instance.Spec.Upgrade ?? new UpgradeSpec()).Backup;

    public static bool IsDone(InstanceWork work, string revision) =>
        work.Job(work.Names.Backup) is { } job && JobState.Of(job).Ended == JobEnd.Complete
        && job.Metadata.Annotations is { } annotations && annotations.TryGetValue(BackupJob.RevisionAnnotation, out var of) && of == revision;

    public static Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct) =>
        GuardedJob.OutcomeAsync(work, work.Names.Backup, "BackingUp", "is dumping the catalogue", "BackupFailed", ct);

    public static async Task<(string Reason, string Message)> ResultAsync(InstanceWork work, CancellationToken ct) => Wanted(work) switch
    {
        UpgradeBackup.None => ("NotWanted", "spec.upgrade.backup is None"),
        _ => ("BackedUp", $"PersistentVolumeClaim {work.Names.Backup} has a dump of revision {work.Snapshot!.AlembicRevision}: {await GuardedJob.ResultAsync(work, work.Names.Backup, ct) ?? "see its files"}"),
    };
}
