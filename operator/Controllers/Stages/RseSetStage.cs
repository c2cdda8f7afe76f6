using System.Globalization;
using k8s.Models;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Some daemons read the RSEs once, at start (facts in Releases/): they are started again when the list changes, not at once.</summary>
internal static class RseSetStage
{
    /// <summary>Before the objects are made: which list the Deployments shall be started with.</summary>
    public static Task<Outcome?> DecideAsync(InstanceWork work, CancellationToken ct)
    {
        if (!work.Phase.IsUpgrade() && work.Snapshot is { } snapshot && Fixing(work).Count > 0)
        {
            var ids = snapshot.Vos.Values.SelectMany(v => v.Rses.Values).Where(r => !r.Deleted).Select(r => r.Id).ToHashSet(StringComparer.Ordinal);
            var wanted = ServedRses.HashOf(ids);
            var since = work.Parts.Served.Seen(work.Key, wanted, ids, work.Now);
            var decision = work.Parts.RsePace.Decide(Applied(work), wanted, since, work.Now);
            work.Inputs = work.Inputs with { RseSet = decision.Set };
            work.LookAgainIn(decision.LookAgain);
        }
        return Task.FromResult<Outcome?>(null);
    }

    /// <summary>Once the daemons run: storages are told whether they are served.</summary>
    public static Task<Outcome?> TellAsync(InstanceWork work, CancellationToken ct)
    {
        var changed = work.Inputs.RseSet is not { } set ? work.Parts.Served.NotNeeded(work.Key)
            : work.Availability(Fixing(work).Select(w => work.Names.Daemon(w.Name))) is null && work.Parts.Served.RolledOut(work.Key, set.Hash);
        if (changed)
        {
            work.Parts.Connections.RaiseObserved(work.Key);
        }
        return Task.FromResult<Outcome?>(null);
    }

    private static IReadOnlyList<DaemonWorkload> Fixing(InstanceWork work) =>
        [.. Daemons.Of(work.Inputs).Where(w => w.FixesRses(work.Instance.Spec.MultiVo))];

    /// <summary>The oldest of what they carry.</summary>
    private static RseSet? Applied(InstanceWork work) => Fixing(work)
        .Select(w => work.Parts.Deployments.Store.Get(new ObjectKey(work.Names.Namespace, work.Names.Daemon(w.Name)))).OfType<V1Deployment>()
        .Select(d => d.Spec.Template.Metadata?.Annotations is { } a && a.TryGetValue(Daemons.RseSetAnnotation, out var hash) && a.TryGetValue(Daemons.RseSetAtAnnotation, out var at)
            && DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? new RseSet(hash, time) : null)
        .OfType<RseSet>().MinBy(s => s.At);
}
