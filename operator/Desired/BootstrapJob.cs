using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>
/// Makes tables, version stamp, VO <c>def</c> and <c>super_root</c>, each step checking itself. Never the init image's own
/// flow: that one cannot run twice and leaves the version table empty.
/// </summary>
public static class BootstrapJob
{
    public static V1Job For(InstanceInputs i)
    {
        var container = new V1Container
        {
            Name = "bootstrap",
            Image = RucioPod.ServerImage(i),
            Command = ["python3", $"/opt/rucio/bootstrap/{BootstrapScript.FileName}"],
            Env = RucioPod.Environment(),
            VolumeMounts = [.. RucioPod.Mounts(i), new V1VolumeMount { Name = "bootstrap", MountPath = "/opt/rucio/bootstrap", ReadOnlyProperty = true }],
            Resources = RucioPod.Resources(null, "100m", "512Mi"),
            SecurityContext = RucioPod.Security(),
            // The script's last line says which step failed and why: so the pod's status says it too.
            TerminationMessagePolicy = "FallbackToLogsOnError",
        };
        var template = RucioPod.Template(i, "bootstrap", container, [i.Names.Config, i.Names.ConfigBootstrap],
            [new V1Volume { Name = "bootstrap", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.Bootstrap } }]);
        template.Spec.RestartPolicy = "Never";
        RucioPod.Restrict(template, readOnlyRoot: true, "/tmp");
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta { Name = i.Names.Bootstrap, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "bootstrap") },
            Spec = new V1JobSpec { BackoffLimit = 3, ActiveDeadlineSeconds = 1800, Template = template },
        };
    }
}
