using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>
/// Policy packages: a new content of one is checked before any process loads it, and until it has passed the one before stays.
/// Where a VO selects one all processes are started again: each keeps the policy it has loaded for a VO.
/// </summary>
internal static class PolicyStage
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    /// <summary>A Secret holds 1 MiB.</summary>
    private const int LargestPackage = 900_000;

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var specs = work.Instance.Spec.PolicyPackages ?? [];
        List<PolicyPackage> used = [], candidates = [];
        Outcome? unmet = null;
        foreach (var (spec, place) in specs.Select((s, n) => (s, n)))
        {
            var before = PolicyPackage.Parse(spec.Name, work.Parts.ConfigSecrets.Store.Get(new ObjectKey(work.Names.Namespace, work.Names.PolicyPackage(spec.Name))));
            var (package, isCandidate, problem) = await LookAsync(work, spec, $"spec.policyPackages[{place}]", before, ct);
            if (isCandidate is { } candidate)
            {
                candidates.Add(candidate);
            }
            if ((package ?? before) is { } usable)
            {
                used.Add(usable);
            }
            unmet ??= problem;
        }
        (work.PolicyPackages, work.PolicyCandidates) = (used, candidates);
        if (specs.Count == 0)
        {
            work.Report.Remove(InstanceConditions.PolicyPackagesReady);
        }
        else if (unmet is not null)
        {
            work.Report.Unmet(InstanceConditions.PolicyPackagesReady, unmet);
        }
        else
        {
            work.Report.True(InstanceConditions.PolicyPackagesReady, "Checked", $"{string.Join(", ", used.Select(p => p.Name))} can be selected");
        }
        return null;
    }

    /// <returns>The package where it has passed; what is to be (or stay) checked; and what stands in the way.</returns>
    private static async Task<(PolicyPackage? Package, PolicyPackage? Candidate, Outcome? Problem)> LookAsync(InstanceWork work, PolicyPackageSpec spec, string field, PolicyPackage? before, CancellationToken ct)
    {
        PolicyPackage package;
        try
        {
            package = PolicyPackage.Of(spec, await FilesAsync(work, spec, field, ct));
        }
        catch (SecretProblem missing)
        {
            return (null, null, new Outcome.Blocked(missing.Reason, missing.Message, LookAgain));
        }
        var fingerprint = package.Fingerprint(work.Instance.Spec.Version);
        if (before?.CheckedAs == fingerprint)
        {
            return (before, null, null);
        }
        if (work.Phase != InstancePhase.Running)
        {
            return (null, null, new Outcome.Blocked("PolicyPackageChecking", $"{field}: {spec.Name} is checked once Rucio runs", LookAgain));
        }
        var name = work.Names.PolicyCheckOf(spec.Name, fingerprint);
        if (work.OnlyLooks)
        {
            return (null, package, null);
        }
        return await GuardedJob.OutcomeAsync(work, name, "PolicyPackageChecking", $"is importing policy package {spec.Name}", "PolicyPackageRefused", ct) is { } unmet
            ? (null, package, unmet)
            // Its Job stays until the Secret that says so is seen.
            : (package with { CheckedAs = fingerprint }, package, null);
    }

    private static async Task<IReadOnlyDictionary<string, string>?> FilesAsync(InstanceWork work, PolicyPackageSpec spec, string field, CancellationToken ct)
    {
        if (spec.ConfigMapRef is not { } reference)
        {
            return null;
        }
        var key = new ObjectKey(work.Names.Namespace, reference.Name);
        var files = await work.Parts.Exposure.Maps.ReadAsync(key, ct) ?? throw new SecretProblem("ConfigMapNotFound", $"{field}.configMapRef: ConfigMap {key} does not exist");
        return files.Sum(f => f.Value.Length) <= LargestPackage ? files : throw new SecretProblem("TooLarge", $"{field}.configMapRef: ConfigMap {key} has more than {LargestPackage} characters: put the package into an image");
    }

    /// <summary>Tag → package, for VOs that hold their tag, may have the package, and of a package that was checked.</summary>
    public static Dictionary<string, string> Selected(InstanceWork work) => work.Vos
        .Where(v => v.Spec.PolicyPackageName is { } name && Offers(work.Instance, v) && work.PolicyPackages.Any(p => p.Name == name) && work.Snapshot?.Vo(v.Spec.Tag).Claim == ObjectKey.Of(v).ToString())
        .DistinctBy(v => v.Spec.Tag).ToDictionary(v => v.Spec.Tag, v => v.Spec.PolicyPackageName!);

    public static bool Offers(RucioInstance instance, VirtualOrganisation vo) =>
        instance.Spec.PolicyPackages?.FirstOrDefault(p => p.Name == vo.Spec.PolicyPackageName)?.Allows(vo.Metadata.NamespaceProperty) == true;

    /// <summary>Once every process was started with what is selected now.</summary>
    public static Task<Outcome?> TellAsync(InstanceWork work, CancellationToken ct)
    {
        var workloads = work.Workloads.Where(d => d.Spec.Template.Metadata?.Annotations?.ContainsKey(RucioPod.ConfigHashAnnotation) == true).ToList();
        var rolled = workloads.All(d => AnnotationOf(d) == PolicyPackagePods.Selected(work.Inputs)) && work.Availability(workloads.Select(d => d.Metadata.Name)) is null;
        var before = (work.Instance.Status?.PolicyPackages ?? []).ToDictionary(p => p.Name, p => p.Vos);
        List<PolicyPackageStatus> status =
        [
            .. (work.Instance.Spec.PolicyPackages ?? []).Select(p => new PolicyPackageStatus
            {
                Name = p.Name,
                Checked = work.PolicyPackages.Any(used => used.Name == p.Name),
                Vos = rolled ? Having(work.Inputs, p.Name) : before.GetValueOrDefault(p.Name),
            }),
        ];
        work.PolicyStatus = status.Count == 0 ? null : status;
        return Task.FromResult<Outcome?>(null);
    }

    private static List<string>? Having(InstanceInputs i, string package) =>
        i.SelectedPackages.Where(s => s.Value == package).Select(s => s.Key).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } tags ? tags : null;

    private static string AnnotationOf(V1Deployment deployment) =>
        deployment.Spec.Template.Metadata?.Annotations is { } annotations && annotations.TryGetValue(PolicyPackagePods.SelectedAnnotation, out var selected) ? selected : "";
}
