using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Is there a backup of the catalogue as it was at this revision, and if not, why not.</summary>
internal static class BackupStage
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private static UpgradeBackup Wanted(InstanceWork work) => (work.Instance.Spec.Upgrade ?? new UpgradeSpec()).Backup;

    public static async Task<bool> IsDoneAsync(InstanceWork work, string revision, CancellationToken ct) => Wanted(work) == UpgradeBackup.CloudNativePG
        ? Phase(await BackupAsync(work, revision, ct)) == "completed"
        : work.Job(work.Names.Backup) is { } job && JobState.Of(job).Ended == JobEnd.Complete
            && job.Metadata.Annotations is { } annotations && annotations.TryGetValue(BackupJob.RevisionAnnotation, out var of) && of == revision;

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (Wanted(work) != UpgradeBackup.CloudNativePG)
        {
            return await GuardedJob.OutcomeAsync(work, work.Names.Backup, "BackingUp", "is dumping the catalogue", "BackupFailed", ct);
        }
        var revision = work.Snapshot!.AlembicRevision!;
        var name = CnpgBackup.NameOf(work.Names, revision);
        return await BackupAsync(work, revision, ct) is { } backup && Phase(backup) == "failed"
            ? new Outcome.Blocked("BackupFailed", $"Backup {name} failed: {backup.Status?["error"]?.GetValue<string>() ?? "see its status"}; to try again, delete it; spec.upgrade.backup: PgDump needs no place in the cluster", GuardedJob.Retry)
            : new Outcome.Blocked("BackingUp", $"Backup {name} of Cluster {work.Names.Postgres} is under way", Look);
    }

    /// <summary>Not watched: it is there for as long as a step of an upgrade.</summary>
    private static async Task<UntypedObject?> BackupAsync(InstanceWork work, string revision, CancellationToken ct) => work.Kinds.Find(OptionalKinds.Backup) is { } kind
        ? await work.Parts.Api.GetAsync<UntypedObject>(new ObjectKey(work.Names.Namespace, CnpgBackup.NameOf(work.Names, revision)), ct, kind)
        : null;

    private static string? Phase(UntypedObject? backup) => backup?.Status?["phase"]?.GetValue<string>();

    public static async Task<(string Reason, string Message)> ResultAsync(InstanceWork work, CancellationToken ct) => Wanted(work) switch
    {
        UpgradeBackup.CloudNativePG => ("BackedUp", $"Backup {CnpgBackup.NameOf(work.Names, work.Snapshot!.AlembicRevision!)} is complete"),
        UpgradeBackup.None => ("NotWanted", "spec.upgrade.backup is None"),
        _ => ("BackedUp", $"PersistentVolumeClaim {work.Names.Backup} has a dump of revision {work.Snapshot!.AlembicRevision}: {await GuardedJob.ResultAsync(work, work.Names.Backup, ct) ?? "see its files"}"),
    };
}
