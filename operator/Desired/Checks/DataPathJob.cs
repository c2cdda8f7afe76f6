using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Planning.Checks;
using RucioOperator.Releases;

namespace RucioOperator.Desired.Checks;

/// <summary>All that one check of a VO's data path depends on.</summary>
/// <param name="Client">Its service account is the check's.</param>
/// <param name="ServerVersion">Release that runs, where the instance doesn't say; null: the newest known.</param>
public sealed record DataPathInputs(ClientConfigInputs Client, string? ServerVersion)
{
    /// <summary>Names the run, in what it uploads too; changes with each.</summary>
    public string Run { get; init; } = "";
    public IReadOnlyList<string> Storages { get; init; } = [];
    public SecretRef? Credential { get; init; }

    public static ClientConfigSpec ClientSpec { get; } = new() { MountPath = DataPathJob.Folder, ServiceAccount = new() { Name = DataPathCheck.Account } };
}

/// <summary>In the VO's namespace, with the VO's own login: a Secret with script and configuration, and a Job for each run.</summary>
public static class DataPathJob
{
    public const string Component = "data-path";
    public const string Folder = "/opt/rucio/check";
    public const string ScriptName = "data_path.py";

    /// <summary>On the Job: which run it is.</summary>
    public const string RunAnnotation = ApiGroup.Name + "/run";

    private const string CredentialFolder = "/opt/rucio/check-credential";

    /// <summary>The clients image has a user of this id.</summary>
    private const long User = 1000;

    /// <summary>A transfer of a kilobyte that hangs for longer is broken.</summary>
    private const int DeadlineSeconds = 900;

    public static string Script { get; } = EmbeddedFile.Read($"Desired/Checks/{ScriptName}");

    public static string NameOf(string vo) => $"{vo}-data-path";

    /// <summary>Null: the account has no password yet.</summary>
    public static V1Secret? Secret(DataPathInputs i)
    {
        if (ClientConfig.ServiceSecret(i.Client) is not { } secret)
        {
            return null;
        }
        secret.Metadata.Name = NameOf(i.Client.Vo.Metadata.Name);
        secret.Data[ScriptName] = Encoding.UTF8.GetBytes(Script);
        return secret;
    }

    public static V1Job Job(DataPathInputs i)
    {
        var (vo, instance) = (i.Client.Vo, i.Client.Instance);
        var name = NameOf(vo.Metadata.Name);
        var check = new JsonObject { ["run"] = i.Run, ["scope"] = DataPathCheck.Account, ["rses"] = new JsonArray([.. i.Storages.Select(s => (JsonNode)s)]) };
        var container = new V1Container
        {
            Name = "check",
            Image = Image(instance, i.ServerVersion),
            Command = ["python3", $"{Folder}/{ScriptName}"],
            Env =
            [
                new V1EnvVar { Name = "RUCIO_CONFIG", Value = $"{Folder}/{ClientConfig.FileName}" },
                new V1EnvVar { Name = "CHECK", Value = check.ToJsonString() },
                new V1EnvVar { Name = "HOME", Value = "/tmp" },
                // Rucio's client names its token file after the user, whom this image may not know.
                new V1EnvVar { Name = "USER", Value = "check" },
            ],
            VolumeMounts =
            [
                new V1VolumeMount { Name = "check", MountPath = Folder, ReadOnlyProperty = true },
                new V1VolumeMount { Name = "tmp", MountPath = "/tmp" },
                .. i.Credential is null ? (V1VolumeMount[])[] : [new V1VolumeMount { Name = "credential", MountPath = CredentialFolder, ReadOnlyProperty = true }],
            ],
            Resources = RucioPod.Resources(null, "50m", "128Mi", "512Mi"),
            SecurityContext = Restricted.Container(),
            TerminationMessagePolicy = "FallbackToLogsOnError",
        };
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = vo.Metadata.NamespaceProperty, Labels = Labels.Of(instance.Metadata.Name, Component), Annotations = new Dictionary<string, string> { [RunAnnotation] = i.Run } },
            Spec = new V1JobSpec
            {
                BackoffLimit = 0,
                ActiveDeadlineSeconds = DeadlineSeconds,
                Template = new V1PodTemplateSpec
                {
                    // No label of the instance: its network policies are not for a tenant's pods.
                    Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { [Labels.ManagedBy] = Labels.Operator, [Labels.Component] = Component } },
                    Spec = new V1PodSpec
                    {
                        AutomountServiceAccountToken = false,
                        EnableServiceLinks = false,
                        RestartPolicy = "Never",
                        SecurityContext = Restricted.Pod(User),
                        Containers = [container],
                        Volumes =
                        [
                            new V1Volume { Name = "check", Secret = new V1SecretVolumeSource { SecretName = name } },
                            new V1Volume { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource { SizeLimit = new("64Mi") } },
                            .. i.Credential is null ? (V1Volume[])[] : [new V1Volume { Name = "credential", Secret = new V1SecretVolumeSource { SecretName = i.Credential.Name } }],
                        ],
                    },
                },
            },
        };
    }

    /// <summary>A mirror keeps the last part of the name.</summary>
    private static string Image(RucioInstance instance, string? serverVersion)
    {
        var version = instance.Spec.Version is { Length: > 0 } own ? own : serverVersion ?? "";
        var release = ReleaseCatalogue.Find(version).Release;
        var image = release is not null ? release.Images.ClientsOf(version) : ReleaseCatalogue.Lines[0].Images.ClientsOf(ReleaseCatalogue.Lines[0].Versions[^1]);
        return instance.Spec.Images is { } images ? $"{images.Registry.TrimEnd('/')}/{image[(image.LastIndexOf('/') + 1)..]}" : image;
    }
}
