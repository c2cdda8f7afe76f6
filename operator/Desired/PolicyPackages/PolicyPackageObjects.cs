using System.Text;
using k8s;
using k8s.Models;
using RucioOperator.Planning;

namespace RucioOperator.Desired;

/// <summary>
/// Checked packages as Secrets of the operator's own: a ConfigMap may be changed at any time, and what runs in shared processes
/// is what was checked. And the Jobs that check those which are new.
/// </summary>
public static class PolicyPackageObjects
{
    public static IEnumerable<IKubernetesObject<V1ObjectMeta>> Of(InstanceInputs i)
    {
        foreach (var package in i.PolicyPackages)
        {
            yield return Secret(i, i.Names.PolicyPackage(package.Name), package, package.Annotations);
        }
        if (i.Phase != InstancePhase.Running || i.PolicyCandidates.Count == 0)
        {
            yield break;
        }
        yield return new V1ConfigMap
        {
            ApiVersion = "v1",
            Kind = "ConfigMap",
            Metadata = Meta(i, i.Names.PolicyCheck, "config"),
            Data = new Dictionary<string, string> { [BootstrapScript.FileName] = BootstrapScript.Text, [PolicyCheckJob.FileName] = PolicyCheckJob.Script },
        };
        foreach (var package in i.PolicyCandidates)
        {
            yield return Secret(i, PolicyCheckJob.NameOf(i, package), package, null);
            yield return PolicyCheckJob.For(i, package);
        }
    }

    public static V1ObjectMeta Meta(InstanceInputs i, string name, string component) => new() { Name = name, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, component) };

    private static V1Secret Secret(InstanceInputs i, string name, PolicyPackage package, Dictionary<string, string>? annotations)
    {
        var meta = Meta(i, name, "config");
        meta.Annotations = annotations;
        return new V1Secret
        {
            ApiVersion = "v1",
            Kind = "Secret",
            Metadata = meta,
            Type = "Opaque",
            Data = package.Files.OrderBy(f => f.Key, StringComparer.Ordinal).ToDictionary(f => f.Key, f => Encoding.UTF8.GetBytes(f.Value)),
        };
    }
}
