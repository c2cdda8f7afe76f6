using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The steps to a release with another catalogue, each a condition; the phase says which one it is.</summary>
internal static class UpgradeStage
{
    /// <summary>Pods are not watched, and their end is near.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    private sealed record Step(InstancePhase Phase, string Condition, Func<InstanceWork, CancellationToken, Task<Outcome?>> OutcomeAsync, Func<InstanceWork, CancellationToken, Task<(string Reason, string Message)>> DoneAsync);

    private static readonly IReadOnlyList<Step> Steps =
    [
        new(InstancePhase.StopDaemons, InstanceConditions.DaemonsStopped, (work, ct) => EndingAsync(work, Phased.Daemon, "StoppingDaemons", ct), (_, _) => Said("Stopped", "No daemon runs")),
        new(InstancePhase.EnterMaintenance, InstanceConditions.InMaintenance, (work, ct) => EndingAsync(work, Phased.Server, "EnteringMaintenance", ct), (_, _) => Said("Maintenance", "No server of Rucio runs; clients get 503 and try again")),
        new(InstancePhase.Backup, InstanceConditions.BackedUp, BackupStage.RunAsync, BackupStage.ResultAsync),
        new(InstancePhase.Migrate, InstanceConditions.Migrated, (work, ct) => GuardedJob.OutcomeAsync(work, work.Names.Migrate, "Migrating", "is migrating the catalogue", "MigrationFailed", ct), (_, _) => Said("", "")),
    ];

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (!work.Phase.IsUpgrade())
        {
            Conclude(work);
            return null;
        }
        Outcome? unmet = null;
        foreach (var step in Steps)
        {
            if (step.Phase < work.Phase)
            {
                var (reason, message) = await step.DoneAsync(work, ct);
                work.Report.True(step.Condition, reason, message);
            }
            else if (step.Phase > work.Phase)
            {
                work.Report.Unknown(step.Condition, "Waiting", "An earlier step of the upgrade is not done");
            }
            else
            {
                // That a step is done shows in what there is, and that is looked at first in the next pass.
                unmet = await step.OutcomeAsync(work, ct) ?? new Outcome.Requeue(Look, "Upgrading", "This step is done");
                var (reason, message) = Report.Words(unmet);
                work.Report.False(step.Condition, reason, message);
            }
        }
        return unmet;
    }

    /// <summary>Of an upgrade that is over, the backup and the result are still told.</summary>
    private static void Conclude(InstanceWork work)
    {
        work.Report.Remove(InstanceConditions.DaemonsStopped, InstanceConditions.InMaintenance);
        if (work.Snapshot?.AlembicRevision is { } revision && work.Instance.Status?.Conditions?.Any(c => c.Type == InstanceConditions.Migrated) == true)
        {
            work.Report.True(InstanceConditions.Migrated, "Migrated", $"The catalogue was migrated to revision {revision}");
        }
    }

    private static async Task<Outcome?> EndingAsync(InstanceWork work, string role, string reason, CancellationToken ct)
    {
        var pods = await work.PodsAsync(role, ct);
        return new Outcome.Blocked(reason, pods == 0 ? $"{role}s of Rucio stop" : $"{pods} pods of {role}s still end", Look);
    }

    private static Task<(string, string)> Said(string reason, string message) => Task.FromResult((reason, message));
}
