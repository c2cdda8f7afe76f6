using RucioOperator.Controllers.Stages;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.VoStages;

/// <summary>Which policy decides about the VO's data: the instance's pass sees to it, and its status says how far that is. First rule that fits wins.</summary>
internal static class PolicyPackageStage
{
    public static VoStage Stage { get; } = new(VoConditions.PolicyReady, (work, _) => Task.FromResult(Run(work)));

    private static Outcome? Run(VoWork work)
    {
        var (wanted, tag, instance) = (work.Vo.Spec.PolicyPackageName, work.Vo.Spec.Tag, work.Instance);
        var status = instance.Status?.PolicyPackages ?? [];
        var has = status.FirstOrDefault(p => p.Vos?.Contains(tag, StringComparer.Ordinal) == true)?.Name;
        if (wanted is null && has is null)
        {
            work.Report.Remove(VoConditions.PolicyReady);
            return null;
        }
        var key = ObjectKey.Of(instance);
        Outcome? unmet = wanted switch
        {
            { } when !PolicyStage.Offers(instance, work.Vo) => new Outcome.Blocked("PolicyPackageNotOffered", $"spec.policyPackageName: RucioInstance {key} offers no policy package {wanted} to namespace {work.Vo.Metadata.NamespaceProperty}; the tenant policy decides"),
            { } when status.FirstOrDefault(p => p.Name == wanted)?.Checked != true => new Outcome.Blocked("PolicyPackageNotReady", $"policy package {wanted} has not passed its check: condition PolicyPackagesReady of RucioInstance {key} says why; until then the tenant policy decides"),
            _ when wanted != has => new Outcome.Blocked("RollingOut", $"servers and daemons are started again with {wanted ?? "the tenant policy"} for VO {tag}"),
            _ => null,
        };
        if (unmet is null)
        {
            work.Report.True(VoConditions.PolicyReady, "Selected", $"{wanted} decides, after what keeps VOs apart");
        }
        return unmet;
    }
}
