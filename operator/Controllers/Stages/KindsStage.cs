using RucioOperator.Desired;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The cluster serves the kinds of other products that the spec needs. Where it does not, what needs them is left out and the rest goes on.</summary>
internal static class KindsStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var required = RequiredKinds.Of(work.Instance.Spec).ToList();
        var kinds = await work.Parts.Kinds.EnsureAsync([.. required.Select(r => r.Kind)], ct);
        if (required.Find(r => !kinds.Has(r.Kind)) is { } missing)
        {
            work.Report.Unmet(InstanceConditions.KindsServed, new Outcome.Blocked("KindMissing",
                $"{missing.Field} needs objects of kind {missing.Kind}, which this cluster does not serve: install {missing.Kind.Product}, or remove the field", TimeSpan.FromMinutes(1)));
        }
        else
        {
            work.Report.True(InstanceConditions.KindsServed, "Served", required.Count == 0
                ? "Nothing but Kubernetes itself is needed"
                : $"The cluster serves {string.Join(", ", required.Select(r => r.Kind.Kind).Distinct())}");
        }
        work.Kinds = kinds;
        return null;
    }
}
