using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

internal static class DaemonsStage
{
    private static readonly TimeSpan Shortly = TimeSpan.FromMilliseconds(100);

    public static Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Phase == InstancePhase.StartServers)
        {
            // They came up within this pass: what follows from that, the next one sees.
            return Task.FromResult<Outcome?>(new Outcome.Requeue(Shortly, "StartingDaemons", "Servers answer, daemons start"));
        }
        var daemons = Daemons.Of(work.Inputs);
        // One VO's reaper is no reason for all others to wait.
        var notRunning = work.Availability(daemons.Where(d => d.Vo is null && !IsMerelyRestarted(work, d)).Select(d => work.Names.Daemon(d.Name)));
        if (notRunning is null)
        {
            var still = daemons.Where(d => d.Vo is not null && work.Availability([work.Names.Daemon(d.Name)]) is not null).ToList();
            work.Report.True(InstanceConditions.DaemonsReady, "Running", $"{daemons.Count(d => d.Replicas > 0) - still.Count} daemons run{StillStarting(still)}{LeftOut(work)}");
        }
        return Task.FromResult(notRunning);
    }

    private static string StillStarting(List<DaemonWorkload> reapers) =>
        reapers.Count == 0 ? "" : $"; not yet: {string.Join(", ", reapers.Take(5).Select(d => d.Name))}{(reapers.Count > 5 ? $" and {reapers.Count - 5} more" : "")}";

    /// <summary>For a new list of RSEs, with the old pod at work until the new one is there: nothing that an instance would not be ready for.</summary>
    private static bool IsMerelyRestarted(InstanceWork work, DaemonWorkload workload) =>
        workload.FixesRses(work.Instance.Spec.MultiVo) && StatusPass.IsDrift(work.Instance)
        && work.Parts.Deployments.Store.Get(new ObjectKey(work.Names.Namespace, work.Names.Daemon(workload.Name))) is { } deployment
        && WorkloadState.Of(workload.Name, deployment).Reason == WorkloadState.RollingOut && (deployment.Status?.AvailableReplicas ?? 0) >= workload.Replicas;

    /// <summary>Of the profile, and the field that would bring them.</summary>
    private static string LeftOut(InstanceWork work)
    {
        var (spec, release) = (work.Instance.Spec, work.Release);
        var missing = DaemonWorkload.Profile(spec, release).Select(name => (name, Field: DaemonNeeds.Unmet(spec, release.Daemons[name]))).Where(d => d.Field is not null).GroupBy(d => d.Field, d => d.name).ToList();
        return missing.Count == 0 ? "" : $"; left out: {string.Join("; ", missing.Select(m => $"{string.Join(", ", m)} (no {m.Key})"))}";
    }
}
