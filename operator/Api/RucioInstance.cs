using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace RucioOperator.Api;

/// <summary>One Rucio: its catalogue, servers and daemons.</summary>
[KubernetesEntity(Group = ApiGroup.Name, ApiVersion = ApiGroup.Version, Kind = KubeKind, PluralName = "rucioinstances")]
public sealed record RucioInstance : IRucioResource, ISpec<RucioInstanceSpec>, IStatus<RucioInstanceStatus?>
{
    public const string KubeKind = "RucioInstance";

    public string ApiVersion { get; set; } = ApiGroup.ApiVersion;
    public string Kind { get; set; } = KubeKind;
    public V1ObjectMeta Metadata { get; set; } = new();
    public RucioInstanceSpec Spec { get; set; } = new();
    public RucioInstanceStatus? Status { get; set; }

    [JsonIgnore] public bool Suspended => Spec.Suspend;
    [JsonIgnore] public ResourceStatus? CommonStatus => Status;
}

public sealed record RucioInstanceSpec
{
    /// <summary>Rucio release such as <c>41.0.0</c>; its line must be in Releases/. Required, but for an external one.</summary>
    public string Version { get; set; } = "";
    public bool MultiVo { get; set; } = true;
    public ExternalSpec? External { get; init; }

    /// <summary>Required, but for an external one.</summary>
    public DatabaseSpec Database { get; set; } = new();
    public ImageSpec? Images { get; init; }
    public ServerSpec? Api { get; init; }
    public AuthSpec? Auth { get; init; }
    public WebuiSpec? Webui { get; init; }
    public TraceSpec? Trace { get; init; }
    public DaemonsSpec? Daemons { get; init; }
    public TransfersSpec? Transfers { get; init; }
    public OidcSpec? Oidc { get; init; }
    public TrustSpec? Trust { get; init; }
    public MessagingSpec? Messaging { get; init; }
    public MailSpec? Mail { get; init; }

    /// <summary>Section → option → text, on top of what the operator renders; reserved options are refused.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Config { get; init; }

    /// <summary>Options that are credentials; the Secret's change rolls what reads the section.</summary>
    public IReadOnlyList<ConfigSecret>? ConfigSecrets { get; init; }
    public IReadOnlyList<PolicyPackageSpec>? PolicyPackages { get; init; }
    public TenancySpec? Tenancy { get; init; }
    public UpgradeSpec? Upgrade { get; init; }
    public bool? Hibernate { get; init; }
    public CacheSpec? Cache { get; init; }
    public MonitoringSpec? Monitoring { get; init; }
    public NetworkPolicySpec? NetworkPolicy { get; init; }
    public InstanceDeletionPolicy DeletionPolicy { get; set; } = InstanceDeletionPolicy.Retain;
    public DriftPolicy DriftPolicy { get; set; } = DriftPolicy.Heal;
    public ManagementPolicy ManagementPolicy { get; set; } = ManagementPolicy.Full;
    public bool Suspend { get; init; }

    /// <summary>The account of VO <c>def</c> that rules this Rucio (lib/rucio/db/sqla/util.py, create_root_account).</summary>
    [JsonIgnore] public string RootAccount => MultiVo ? "super_root" : "root";
}

[JsonConverter(typeof(JsonStringEnumConverter<InstanceDeletionPolicy>))]
public enum InstanceDeletionPolicy { Retain, Delete }

/// <summary>Exactly one of the modes.</summary>
public sealed record DatabaseSpec
{
    /// <summary>MySQL exists to be refused with its reason.</summary>
    public DatabaseEngine Engine { get; set; } = DatabaseEngine.PostgreSQL;
    public ExistingDatabase? Existing { get; init; }
    public ProvisionedDatabase? Provision { get; init; }
    public CloudNativePGDatabase? CloudNativePG { get; init; }
    public EmbeddedDatabase? Embedded { get; init; }

    /// <summary>Name of the mode's field.</summary>
    [JsonIgnore] public string Mode => this switch { { Provision: not null } => "provision", { CloudNativePG: not null } => "cloudNativePG", { Embedded: not null } => "embedded", _ => "existing" };
}

[JsonConverter(typeof(JsonStringEnumConverter<DatabaseEngine>))]
public enum DatabaseEngine { PostgreSQL, MySQL }

/// <summary>How TLS to PostgreSQL is demanded and checked (libpq's words).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DatabaseSslMode>))]
public enum DatabaseSslMode { Disable, Require, VerifyCA, VerifyFull }

/// <summary>A database somebody else made; the Secret holds <c>username</c> and <c>password</c>.</summary>
public sealed record ExistingDatabase
{
    public string Host { get; set; } = "";
    public int Port { get; set; } = 5432;
    public string Name { get; set; } = "";
    public string Schema { get; set; } = "rucio";
    public DatabaseSslMode SslMode { get; set; } = DatabaseSslMode.VerifyFull;

    /// <summary>Secret with key <c>ca.crt</c>, for VerifyCA and VerifyFull with a private CA.</summary>
    public SecretRef? CaSecretRef { get; init; }
    public SecretRef CredentialsSecretRef { get; set; } = new();
}

/// <summary>Role, database and schema are made by an admin with CREATEROLE and CREATEDB; the Secret holds <c>username</c> and <c>password</c>.</summary>
public sealed record ProvisionedDatabase
{
    public string Host { get; set; } = "";
    public int Port { get; set; } = 5432;

    /// <summary>Database and role name; absent: <c>rucio_</c> + namespace + <c>_</c> + name of the instance, in PostgreSQL's letters.</summary>
    public string? Name { get; init; }
    public string Schema { get; set; } = "rucio";
    public DatabaseSslMode SslMode { get; set; } = DatabaseSslMode.VerifyFull;
    public SecretRef? CaSecretRef { get; init; }
    public SecretRef AdminSecretRef { get; set; } = new();
}

public sealed record ImageSpec
{
    /// <summary>Registry and path before <c>/rucio-server</c>, for mirrors.</summary>
    public string Registry { get; set; } = "docker.io/rucio";
    public IReadOnlyList<LocalRef>? PullSecrets { get; init; }
}

public sealed record ServerSpec : IFrontend
{
    public int Replicas { get; set; } = 1;
    public ResourcesSpec? Resources { get; init; }

    /// <summary>Section → option → text, for this server alone.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Config { get; init; }
    public AutoscalingSpec? Autoscaling { get; init; }
    public string? Host { get; init; }
    public ExposureSpec? Exposure { get; init; }
    public TlsSpec? Tls { get; init; }
}

/// <summary>As a container's: resource name → quantity.</summary>
public sealed record ResourcesSpec
{
    [JsonConverter(typeof(QuantityMapConverter))]
    public IReadOnlyDictionary<string, string>? Requests { get; init; }

    [JsonConverter(typeof(QuantityMapConverter))]
    public IReadOnlyDictionary<string, string>? Limits { get; init; }
}

public sealed record TenancySpec
{
    public AllowedNamespaces? AllowedNamespaces { get; init; }

    /// <summary>Grants for VOs that exist in Rucio without a claim.</summary>
    public IReadOnlyList<VoGrant>? Vos { get; init; }
    public TenancyLimits? Limits { get; init; }
    public IReadOnlyList<string>? AllowedHosts { get; init; }
    public IReadOnlyList<string>? SharedIdentities { get; init; }

    /// <summary>Logins of super_root and of root in each VO are replaced when they are this old (<c>30d</c>); absent: only when asked for.</summary>
    public string? RootCredentialMaxAge { get; init; }
}

public sealed record AllowedNamespaces
{
    public NamespacesFrom From { get; set; } = NamespacesFrom.Same;

    /// <summary>For <c>Selector</c>: labels of the Namespace object, all must match. The instance's own namespace is always allowed.</summary>
    public IReadOnlyDictionary<string, string>? MatchLabels { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<NamespacesFrom>))]
public enum NamespacesFrom { Same, All, Selector }

public sealed record VoGrant
{
    public string Tag { get; set; } = "";
    public string Namespace { get; set; } = "";
}

/// <summary>Per VO.</summary>
public sealed record TenancyLimits
{
    public int? Storages { get; init; }
    public int? Accounts { get; init; }
}

public sealed record RucioInstanceStatus : ResourceStatus
{
    /// <summary>The release whose images run now.</summary>
    public string? Version { get; init; }

    /// <summary>Where clients find the public API: its host, else its name inside the cluster.</summary>
    public string? Url { get; init; }

    /// <summary>Of the auth server, once it is exposed: certificates are verified before.</summary>
    public string? AuthUrl { get; init; }
    public string? WebuiUrl { get; init; }
    public string? TraceUrl { get; init; }
    public int? Vos { get; init; }
    public string? AlembicRevision { get; init; }

    /// <summary>Token of the annotation whose password is the only one that works.</summary>
    public string? LastHandledPasswordRotation { get; init; }

    /// <summary>Token of the annotation: every login of super_root, and of root in any VO, from before is dead.</summary>
    public string? LastHandledRootRotation { get; init; }
    public DatabaseStatus? Database { get; init; }
    public IReadOnlyList<PolicyPackageStatus>? PolicyPackages { get; init; }

    /// <summary>Of the default credential.</summary>
    public TransfersStatus? Transfers { get; init; }
}

public sealed record DatabaseStatus
{
    /// <summary>existing, provision, cloudNativePG or embedded: it never changes.</summary>
    public string? Mode { get; init; }
    public string? Host { get; init; }
    public string? Name { get; init; }
    public string? Schema { get; init; }
}
