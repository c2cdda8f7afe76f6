using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Everything the instance should have in its namespace now is applied, and what it should not have is pruned.</summary>
internal static class ObjectsStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.OnlyLooks)
        {
            return work.PlanOnly([.. Catalogue(work), .. await work.Parts.Applier.PreviewAsync(work.Instance, "instance", Objects(work), ct)]);
        }
        var applied = await work.Parts.Applier.ApplyAsync(work.Instance, InstanceController.Name, "instance", Objects(work), ct,
            heal: work.Instance.Spec.DriftPolicy == DriftPolicy.Heal || !StatusPass.IsDrift(work.Instance));
        return await TellAsync(work, applied, ct);
    }

    private static List<DesiredObject> Objects(InstanceWork work) => [.. DesiredInstance.Objects(work.Inputs).Select(o => new DesiredObject(o, Stateful.Holds(o)))];

    private static IEnumerable<Change> Catalogue(InstanceWork work) => work.Phase switch
    {
        InstancePhase.Bootstrap => [new MakeCatalogue()],
        _ when work.Inputs.Move is { } move => [new MigrateCatalogue(move.From, move.To, work.Instance.Spec.Version)],
        _ => [],
    };

    /// <summary>Drift to status and events; null: nothing stands in the way.</summary>
    public static async Task<Outcome?> TellAsync(InstanceWork work, ApplyResult applied, CancellationToken ct)
    {
        await StatusPass.TellDriftAsync(work.Instance, applied, work.Report, work.Parts.Events, work.Parts.Metrics, ct);
        return applied.Refused is [var taken, ..]
            ? new Outcome.Blocked("NameTaken", $"{taken.Kind} {taken.Key} exists and is not this operator's: remove it, or name the RucioInstance otherwise", TimeSpan.FromMinutes(1))
            : null;
    }
}
