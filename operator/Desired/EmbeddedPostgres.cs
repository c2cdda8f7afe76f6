using k8s;
using k8s.Models;
using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>
/// One PostgreSQL with one volume. TLS only, with a certificate of the operator's own authority; the pod gets the
/// superuser's password and nothing of Rucio's: role, database and schema are made from outside, as on any other server.
/// </summary>
public static class EmbeddedPostgres
{
    public const string Component = "postgres";
    public const string Superuser = "postgres";

    /// <summary>Another major version can't read the volume of this one: never raise that part of it.</summary>
    public const string DefaultImage = "docker.io/library/postgres:17.6";

    private const int Port = 5432;
    private const string Tls = "/etc/rucio-postgres/tls", Login = "/etc/rucio-postgres/login", Access = "/etc/rucio-postgres/access", Data = "/var/lib/postgresql/data";

    /// <summary>Uid and gid of <c>postgres</c> in the official image.</summary>
    private const long User = 999;

    private const string HbaFile = "pg_hba.conf";

    /// <summary>No connection without TLS, none without a password.</summary>
    private const string Hba = """
        local   all all     scram-sha-256
        hostssl all all all scram-sha-256

        """;

    public static IEnumerable<IKubernetesObject<V1ObjectMeta>> Objects(InstanceNames names, EmbeddedDatabase wanted, IReadOnlyList<LocalRef>? pullSecrets) =>
    [
        Claim(names, wanted), AccessRules(names), Service(names), Server(names, wanted, pullSecrets),
    ];

    private static V1PersistentVolumeClaim Claim(InstanceNames names, EmbeddedDatabase wanted) => new()
    {
        ApiVersion = "v1",
        Kind = "PersistentVolumeClaim",
        Metadata = Meta(names),
        Spec = new V1PersistentVolumeClaimSpec
        {
            AccessModes = ["ReadWriteOnce"],
            StorageClassName = wanted.StorageClassName,
            Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new(wanted.StorageSize) } },
        },
    };

    private static V1ConfigMap AccessRules(InstanceNames names) => new()
    {
        ApiVersion = "v1",
        Kind = "ConfigMap",
        Metadata = Meta(names),
        Data = new Dictionary<string, string> { [HbaFile] = Hba },
    };

    private static V1Service Service(InstanceNames names) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = Meta(names),
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            Selector = Labels.Selector(names.Instance, Component),
            Ports = [new V1ServicePort { Name = Component, Port = Port, TargetPort = Component, Protocol = "TCP" }],
        },
    };

    private static V1StatefulSet Server(InstanceNames names, EmbeddedDatabase wanted, IReadOnlyList<LocalRef>? pullSecrets) => new()
    {
        ApiVersion = "apps/v1",
        Kind = "StatefulSet",
        Metadata = Meta(names),
        Spec = new V1StatefulSetSpec
        {
            ServiceName = names.Postgres,
            Replicas = 1,
            Selector = new V1LabelSelector { MatchLabels = Labels.Selector(names.Instance, Component) },
            Template = new V1PodTemplateSpec
            {
                Metadata = new V1ObjectMeta { Labels = Labels.Of(names.Instance, Component) },
                Spec = new V1PodSpec
                {
                    AutomountServiceAccountToken = false,
                    EnableServiceLinks = false,
                    ImagePullSecrets = Restricted.PullSecrets(pullSecrets),
                    // The image stops PostgreSQL with SIGINT: connections are cut, nothing is lost.
                    TerminationGracePeriodSeconds = 60,
                    SecurityContext = Restricted.Pod(User),
                    Containers = [Container(wanted)],
                    Volumes =
                    [
                        new() { Name = "data", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = names.Postgres } },
                        // PostgreSQL takes a key that belongs to root only where others can't read it.
                        new() { Name = "tls", Secret = new V1SecretVolumeSource { SecretName = names.PostgresTls, DefaultMode = 0x120, Items = [File("tls.crt"), File("tls.key")] } },
                        new() { Name = "login", Secret = new V1SecretVolumeSource { SecretName = names.PostgresLogin, DefaultMode = 0x120, Items = [File("password")] } },
                        new() { Name = "access", ConfigMap = new V1ConfigMapVolumeSource { Name = names.Postgres } },
                        new() { Name = "run", EmptyDir = new V1EmptyDirVolumeSource() },
                        new() { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() },
                    ],
                },
            },
        },
    };

    private static V1Container Container(EmbeddedDatabase wanted) => new()
    {
        Name = Component,
        Image = wanted.ImageName ?? DefaultImage,
        Args =
        [
            "postgres", "-c", "ssl=on", "-c", $"ssl_cert_file={Tls}/tls.crt", "-c", $"ssl_key_file={Tls}/tls.key",
            "-c", $"hba_file={Access}/{HbaFile}", "-c", "password_encryption=scram-sha-256", "-c", "max_connections=300",
        ],
        Env =
        [
            new() { Name = "PGDATA", Value = $"{Data}/pgdata" },
            new() { Name = "POSTGRES_USER", Value = Superuser },
            new() { Name = "POSTGRES_PASSWORD_FILE", Value = $"{Login}/password" },
            new() { Name = "POSTGRES_INITDB_ARGS", Value = "--encoding=UTF8 --locale=C --auth=scram-sha-256" },
        ],
        Ports = [new() { Name = Component, ContainerPort = Port }],
        VolumeMounts =
        [
            new() { Name = "data", MountPath = Data },
            new() { Name = "tls", MountPath = Tls, ReadOnlyProperty = true },
            new() { Name = "login", MountPath = Login, ReadOnlyProperty = true },
            new() { Name = "access", MountPath = Access, ReadOnlyProperty = true },
            new() { Name = "run", MountPath = "/var/run/postgresql" },
            new() { Name = "tmp", MountPath = "/tmp" },
        ],
        Resources = RucioPod.Resources(wanted.Resources, "100m", "512Mi"),
        SecurityContext = Restricted.Container(),
        // After a crash it first reads its log again, and that may take long.
        StartupProbe = Probe(period: 5, failures: 120),
        ReadinessProbe = Probe(period: 5, failures: 2),
        LivenessProbe = Probe(period: 20, failures: 6),
    };

    private static V1Probe Probe(int period, int failures) => new()
    {
        Exec = new V1ExecAction { Command = ["pg_isready", "-h", "127.0.0.1", "-U", Superuser, "-q"] },
        PeriodSeconds = period,
        FailureThreshold = failures,
        TimeoutSeconds = 5,
    };

    private static V1KeyToPath File(string key) => new() { Key = key, Path = key };

    private static V1ObjectMeta Meta(InstanceNames names) => new() { Name = names.Postgres, NamespaceProperty = names.Namespace, Labels = Labels.Of(names.Instance, Component) };
}
