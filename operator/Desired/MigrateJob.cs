using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>Takes the catalogue to the present release's revision, with that release's own image; safe to run again and after any kill.</summary>
public static class MigrateJob
{
    public const string FileName = "migrate.py";
    public const string Folder = "/opt/rucio/upgrade";

    public static string Script { get; } = EmbeddedFile.Read($"Desired/Upgrade/{FileName}");

    public static V1Job For(InstanceInputs i, CatalogueMove move)
    {
        var container = new V1Container
        {
            Name = "migrate",
            Image = RucioPod.ServerImage(i),
            Command = ["python3", $"{Folder}/{FileName}", move.From, move.To],
            Env = RucioPod.Environment(),
            VolumeMounts = [.. RucioPod.Mounts(i), new V1VolumeMount { Name = "upgrade", MountPath = Folder, ReadOnlyProperty = true }],
            Resources = RucioPod.Resources(null, "100m", "512Mi"),
            SecurityContext = RucioPod.Security(),
            // The script's last line says which step failed and why: so the pod's status says it too.
            TerminationMessagePolicy = "FallbackToLogsOnError",
        };
        var template = RucioPod.Template(i, "migrate", container, [i.Names.Config],
            [new V1Volume { Name = "upgrade", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.Upgrade } }]);
        template.Spec.RestartPolicy = "Never";
        RucioPod.Restrict(template, readOnlyRoot: true, "/tmp");
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta { Name = i.Names.Migrate, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "migrate") },
            // No deadline: a large catalogue takes as long as it takes, and cutting it off would only roll it back.
            Spec = new V1JobSpec { BackoffLimit = 1, Template = template },
        };
    }
}
