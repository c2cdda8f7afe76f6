using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>Imports a policy package with the server's image, the way the servers would, and says what is missing.</summary>
public static class PolicyCheckJob
{
    public const string Component = "policy-check";
    public const string FileName = "check.py";
    private const string Folder = "/opt/rucio/policy-check";

    public static string Script { get; } = EmbeddedFile.Read($"Desired/PolicyPackages/{FileName}");

    /// <summary>Another content, or another release, is another Job.</summary>
    public static string NameOf(InstanceInputs i, PolicyPackage package) => i.Names.PolicyCheckOf(package.Name, package.Fingerprint(i.Instance.Spec.Version));

    public static V1Job For(InstanceInputs i, PolicyPackage package)
    {
        var name = NameOf(i, package);
        // With this one package and no other, whether or not an older content of it is in use.
        var alone = i with { PolicyPackages = [], PolicyCandidates = [], SelectedPackages = new Dictionary<string, string>() };
        var container = new V1Container
        {
            Name = "check",
            Image = RucioPod.ServerImage(i),
            Command = ["python3", $"{Folder}/{FileName}", package.Name, package.Module],
            Env = RucioPod.Environment(),
            VolumeMounts = [.. RucioPod.Mounts(alone), PolicyPackagePods.Mount(package), new V1VolumeMount { Name = "check", MountPath = Folder, ReadOnlyProperty = true }],
            Resources = RucioPod.Resources(null, "100m", "256Mi"),
            SecurityContext = RucioPod.Security(),
            // The script's last line says which step failed and why: so the pod's status says it too.
            TerminationMessagePolicy = "FallbackToLogsOnError",
        };
        var template = RucioPod.Template(alone, Component, container, [i.Names.Config],
            [PolicyPackagePods.Volume(package, name), new V1Volume { Name = "check", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.PolicyCheck } }]);
        template.Spec.RestartPolicy = "Never";
        template.Spec.InitContainers = PolicyPackagePods.Copy(package) is { } copy ? [copy] : null;
        RucioPod.Restrict(template, readOnlyRoot: true, "/tmp");
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = PolicyPackageObjects.Meta(i, name, Component),
            Spec = new V1JobSpec { BackoffLimit = 1, ActiveDeadlineSeconds = 600, Template = template },
        };
    }
}
