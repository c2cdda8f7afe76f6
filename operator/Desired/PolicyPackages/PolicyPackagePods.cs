using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>Policy packages in every pod of Rucio: files from a Secret, or copied out of their image when the pod starts (image volumes are younger than Kubernetes 1.30).</summary>
public static class PolicyPackagePods
{
    /// <summary>On pods: which VO has which package since they started. A process keeps the policy it loaded for a VO.</summary>
    public const string SelectedAnnotation = ApiGroup.Name + "/policy-packages";

    private const string ListFile = "packages.json";

    /// <summary>Value of <c>[policy] package-&lt;tag&gt;</c>.</summary>
    public static string ModuleOf(InstanceInputs i, string tag) =>
        i.SelectedPackages.TryGetValue(tag, out var package) ? $"{TenantPolicyPackage.Name}.selected.{tag}.{package}" : TenantPolicyPackage.Name;

    /// <summary>Beside the tenant policy's own files.</summary>
    public static Dictionary<string, string> Files(InstanceInputs i)
    {
        var files = new Dictionary<string, string>(TenantPolicyPackage.Files, StringComparer.Ordinal);
        if (i.PolicyPackages.Count > 0)
        {
            files[ListFile] = new JsonObject(i.PolicyPackages.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Name, (JsonNode?)p.Module))).ToJsonString();
        }
        return files;
    }

    public static string Selected(InstanceInputs i) => string.Join(',', i.SelectedPackages.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => $"{s.Key}={s.Value}"));

    /// <summary>What the pods' hash takes in; empty: there are no packages.</summary>
    public static string HashText(InstanceInputs i) => string.Concat(i.PolicyPackages.Select(p => $"{p.Name}\0{p.Content}\n")) + Selected(i);

    public static void Mark(InstanceInputs i, V1PodTemplateSpec template)
    {
        if (i.SelectedPackages.Count > 0)
        {
            template.Metadata.Annotations[SelectedAnnotation] = Selected(i);
        }
    }

    public static V1VolumeMount Mount(PolicyPackage package) => new()
    {
        Name = VolumeOf(package),
        MountPath = package.Image is null ? $"{PolicyPackage.Folder}/{package.Name}/{package.Module.Replace('.', '/')}" : $"{PolicyPackage.Folder}/{package.Name}",
        ReadOnlyProperty = true,
    };

    /// <param name="secret">That holds its files, where it is not an image.</param>
    public static V1Volume Volume(PolicyPackage package, string secret) => package.Image is null
        ? new V1Volume { Name = VolumeOf(package), Secret = new V1SecretVolumeSource { SecretName = secret } }
        : new V1Volume { Name = VolumeOf(package), EmptyDir = new V1EmptyDirVolumeSource { SizeLimit = new("256Mi") } };

    /// <summary>Null: its files need no copying.</summary>
    public static V1Container? Copy(PolicyPackage package) => package.Image is null ? null : new V1Container
    {
        Name = VolumeOf(package),
        Image = package.Image,
        Command = ["cp", "-RL", $"{package.Path}/.", "/copy/"],
        VolumeMounts = [new V1VolumeMount { Name = VolumeOf(package), MountPath = "/copy" }],
        Resources = RucioPod.Resources(null, "10m", "32Mi"),
        // 65534, as in restricted pods.
        SecurityContext = new V1SecurityContext { AllowPrivilegeEscalation = false, ReadOnlyRootFilesystem = true, RunAsNonRoot = true, RunAsUser = 65534, Capabilities = new V1Capabilities { Drop = ["ALL"] } },
    };

    private static string VolumeOf(PolicyPackage package) => $"policy-{package.Name}";
}
