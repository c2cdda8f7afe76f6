using System.Text;
using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Catalogue;

namespace RucioOperator.Desired;

/// <summary>pg_dump of the catalogue's schema into a volume of its own, which outlives the instance.</summary>
public static class BackupJob
{
    public const string FileName = "backup.sh";

    /// <summary>On the Job: which revision its dump is of.</summary>
    public const string RevisionAnnotation = ApiGroup.Name + "/revision";

    private const string Folder = "/backup";
    private const string CaPath = "/etc/catalogue/ca.crt";

    // "postgres" in Debian's image; it needs no other right.
    private const long User = 999;

    public static string Script { get; } = EmbeddedFile.Read($"Desired/Upgrade/{FileName}");

    public static IEnumerable<IKubernetesObject<V1ObjectMeta>> For(InstanceInputs i, CatalogueMove move)
    {
        var upgrade = i.Instance.Spec.Upgrade ?? new UpgradeSpec();
        return upgrade.Backup == UpgradeBackup.PgDump ? [Volume(i, upgrade), Access(i), Job(i, upgrade, move)] : [];
    }

    private static V1PersistentVolumeClaim Volume(InstanceInputs i, UpgradeSpec upgrade) => new()
    {
        ApiVersion = "v1",
        Kind = "PersistentVolumeClaim",
        Metadata = Meta(i, "backup"),
        Spec = new V1PersistentVolumeClaimSpec
        {
            AccessModes = ["ReadWriteOnce"],
            StorageClassName = upgrade.Storage?.ClassName,
            Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new((upgrade.Storage ?? new BackupStorage()).Size) } },
        },
    };

    /// <summary>libpq's own variables.</summary>
    private static V1Secret Access(InstanceInputs i)
    {
        var (address, owner) = (i.Database.Address, i.Database.Owner);
        var values = new Dictionary<string, string>
        {
            ["PGHOST"] = address.Host,
            ["PGPORT"] = $"{address.Port}",
            ["PGDATABASE"] = address.Name,
            ["PGUSER"] = owner.Username,
            ["PGPASSWORD"] = owner.Password,
            ["PGSSLMODE"] = Database.LibpqSslMode(address.SslMode),
            // Without a CA of its own, the one of the system, as Rucio's driver takes it.
            ["PGSSLROOTCERT"] = address.CaPem is null ? "system" : CaPath,
            ["CATALOGUE_SCHEMA"] = address.Schema,
        };
        if (address.SslMode is DatabaseSslMode.Disable or DatabaseSslMode.Require || address.CaPem is null && address.SslMode == DatabaseSslMode.VerifyCA)
        {
            values.Remove("PGSSLROOTCERT");
        }
        if (address.CaPem is { } pem)
        {
            values["ca.crt"] = pem;
        }
        return new V1Secret
        {
            ApiVersion = "v1",
            Kind = "Secret",
            Metadata = Meta(i, "config"),
            Type = "Opaque",
            Data = values.ToDictionary(v => v.Key, v => Encoding.UTF8.GetBytes(v.Value)),
        };
    }

    private static V1Job Job(InstanceInputs i, UpgradeSpec upgrade, CatalogueMove move)
    {
        string[] variables = ["PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGPASSWORD", "PGSSLMODE", "PGSSLROOTCERT", "CATALOGUE_SCHEMA"];
        var container = new V1Container
        {
            Name = "backup",
            Image = upgrade.Image ?? $"docker.io/library/postgres:{i.PostgresMajor}",
            Command = ["sh", $"{MigrateJob.Folder}/{FileName}", move.From],
            Env = [.. variables.Select(name => new V1EnvVar { Name = name, ValueFrom = new V1EnvVarSource { SecretKeyRef = new V1SecretKeySelector { Name = i.Names.Backup, Key = name, Optional = name == "PGSSLROOTCERT" } } })],
            VolumeMounts =
            [
                new V1VolumeMount { Name = "backup", MountPath = Folder },
                new V1VolumeMount { Name = "upgrade", MountPath = MigrateJob.Folder, ReadOnlyProperty = true },
                .. i.Database.Address.CaPem is null ? (V1VolumeMount[])[] : [new V1VolumeMount { Name = "ca", MountPath = Path.GetDirectoryName(CaPath)!, ReadOnlyProperty = true }],
            ],
            Resources = RucioPod.Resources(null, "100m", "256Mi"),
            SecurityContext = Restricted.Container(),
            TerminationMessagePolicy = "FallbackToLogsOnError",
        };
        return new V1Job
        {
            ApiVersion = "batch/v1",
            Kind = "Job",
            Metadata = Annotated(Meta(i, "backup"), move),
            Spec = new V1JobSpec
            {
                BackoffLimit = 1,
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = Labels.Of(i.Names.Instance, "backup") },
                    Spec = new V1PodSpec
                    {
                        ServiceAccountName = i.Names.ServiceAccount,
                        AutomountServiceAccountToken = false,
                        EnableServiceLinks = false,
                        RestartPolicy = "Never",
                        SecurityContext = Restricted.Pod(User),
                        ImagePullSecrets = Restricted.PullSecrets(i.Instance),
                        Containers = [container],
                        Volumes =
                        [
                            new V1Volume { Name = "backup", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = i.Names.Backup } },
                            new V1Volume { Name = "upgrade", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.Upgrade } },
                            .. i.Database.Address.CaPem is null ? (V1Volume[])[] : [new V1Volume { Name = "ca", Secret = new V1SecretVolumeSource { SecretName = i.Names.Backup, Items = [new V1KeyToPath { Key = "ca.crt", Path = "ca.crt" }] } }],
                        ],
                    },
                },
            },
        };
    }

    private static V1ObjectMeta Annotated(V1ObjectMeta meta, CatalogueMove move)
    {
        meta.Annotations = new Dictionary<string, string> { [RevisionAnnotation] = move.From };
        return meta;
    }

    private static V1ObjectMeta Meta(InstanceInputs i, string component) => new() { Name = i.Names.Backup, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, component) };
}
