using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace RucioOperator.Api;

/// <summary>One experiment in one Rucio: a VO, its accounts, scopes and quotas.</summary>
[KubernetesEntity(Group = ApiGroup.Name, ApiVersion = ApiGroup.Version, Kind = KubeKind, PluralName = "virtualorganisations")]
public sealed record VirtualOrganisation : IRucioResource, ISpec<VirtualOrganisationSpec>, IStatus<VirtualOrganisationStatus?>
{
    public const string KubeKind = "VirtualOrganisation";

    public string ApiVersion { get; set; } = ApiGroup.ApiVersion;
    public string Kind { get; set; } = KubeKind;
    public V1ObjectMeta Metadata { get; set; } = new();
    public VirtualOrganisationSpec Spec { get; set; } = new();
    public VirtualOrganisationStatus? Status { get; set; }

    [JsonIgnore] public bool Suspended => Spec.Suspend;
    [JsonIgnore] public ResourceStatus? CommonStatus => Status;
}

public sealed record VirtualOrganisationSpec
{
    public NamespacedRef InstanceRef { get; set; } = new();

    /// <summary>Three characters, <c>^[a-z][a-z0-9]{2}$</c>, not <c>def</c>.</summary>
    public string Tag { get; set; } = "";

    /// <summary>What clients may say instead of the tag; a claim like it.</summary>
    public string? LongName { get; init; }
    public string? Description { get; init; }
    public string? Email { get; init; }
    public IReadOnlyList<AccountSpec>? Accounts { get; init; }
    public MembershipSpec? Membership { get; init; }
    public IReadOnlyList<ScopeSpec>? Scopes { get; init; }
    public IReadOnlyList<SubscriptionSpec>? Subscriptions { get; init; }

    /// <summary>Absent: as <c>new DistancesSpec()</c>.</summary>
    public DistancesSpec? Distances { get; init; }
    public VoTransfersSpec? Transfers { get; init; }
    public string? PolicyPackageName { get; init; }
    public ClientConfigSpec? ClientConfig { get; init; }
    public CheckSpec? Check { get; init; }
    public RootMappings? RootMappings { get; init; }
    public VoDeletionPolicy DeletionPolicy { get; set; } = VoDeletionPolicy.Retain;
    public DriftPolicy DriftPolicy { get; set; } = DriftPolicy.Heal;
    public ManagementPolicy ManagementPolicy { get; set; } = ManagementPolicy.Full;
    public bool Suspend { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<VoDeletionPolicy>))]
public enum VoDeletionPolicy { Retain, Offboard }

/// <summary>On a VO somebody else made; on one this operator made its root is always the operator's alone.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RootMappings>))]
public enum RootMappings { Shared, Exclusive }

public sealed record AccountSpec
{
    /// <summary>The operator's own: it says that the operator manages the account.</summary>
    public const string MarkAttribute = "rucio-operator";

    /// <summary>At most 25 characters of <c>[a-z0-9-_]</c>; <c>root</c> belongs to the operator.</summary>
    public string Name { get; set; } = "";
    public AccountType Type { get; set; } = AccountType.User;
    public string? Email { get; init; }

    /// <summary>Rucio's account attribute <c>admin</c>.</summary>
    public bool Admin { get; init; }

    /// <summary>Nobody gets in and nothing can be placed; everything else of the account waits.</summary>
    public bool Suspended { get; init; }

    /// <summary>Keys and values of 1 to 30 characters (account_attribute in lib/rucio/common/schema/generic_multi_vo.py).</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
    public IReadOnlyList<IdentitySpec>? Identities { get; init; }
    public IReadOnlyList<QuotaSpec>? Quotas { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<AccountType>))]
public enum AccountType { User, Group, Service }

public sealed record IdentitySpec
{
    public IdentityType Type { get; set; } = IdentityType.Userpass;

    /// <summary>Secret with key <c>password</c>; absent: one is generated into <c>&lt;vo&gt;-&lt;account&gt;-login</c>.</summary>
    public SecretRef? SecretRef { get; init; }

    /// <summary>Of type X509: see <see cref="DistinguishedName"/>.</summary>
    public string? Dn { get; init; }

    /// <summary>Of type Oidc: <c>sub</c> of the token.</summary>
    public string? Subject { get; init; }

    /// <summary>Of type Oidc: name or URL of one of the instance's issuers; absent: the only one.</summary>
    public string? Issuer { get; init; }

    /// <summary>Of type Ssh: see <see cref="SshKey"/>.</summary>
    public string? PublicKey { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<IdentityType>))]
public enum IdentityType { Userpass, X509, Oidc, Ssh }

public sealed record QuotaSpec
{
    /// <summary>See <see cref="Api.RseExpression"/>: each storage of the VO that matches, also later ones.</summary>
    public string RseExpression { get; set; } = "";

    /// <summary>Bytes on each matching storage, as a Kubernetes quantity (<c>10Ti</c>), or <c>unlimited</c>.</summary>
    [JsonConverter(typeof(QuantityTextConverter))]
    public string Bytes { get; set; } = "";

    /// <summary>Bytes on all matching storages together; absent: no more than the sum.</summary>
    [JsonConverter(typeof(QuantityTextConverter))]
    public string? Total { get; init; }
}

public sealed record ScopeSpec
{
    public string Name { get; set; } = "";

    /// <summary>Account of this VO that owns it.</summary>
    public string Owner { get; set; } = "root";
}

public sealed record DistancesSpec
{
    public DistancePolicy Policy { get; set; } = DistancePolicy.Mesh;

    /// <summary>Distance of every pair the policy makes; 1 is the nearest.</summary>
    public int Default { get; set; } = 1;

    /// <summary>RSE at one end of each pair of a Star.</summary>
    public string? Hub { get; init; }
    public IReadOnlyList<DistanceOverride>? Overrides { get; init; }
}

public sealed record DistanceOverride
{
    public string Source { get; set; } = "";
    public string Destination { get; set; } = "";

    /// <summary>Null: no way.</summary>
    public int? Distance { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<DistancePolicy>))]
public enum DistancePolicy { Mesh, Star, None }

public sealed record VirtualOrganisationStatus : ResourceStatus
{
    public string? Tag { get; init; }

    /// <summary>The one that Rucio's servers were told last.</summary>
    public string? LongName { get; init; }

    /// <summary>Token of the instance's annotation: every login of root before it is dead.</summary>
    public string? LastHandledRootRotation { get; init; }

    /// <summary>The public API of the instance.</summary>
    public string? Url { get; init; }
    public int? Accounts { get; init; }
    public MembershipStatus? Membership { get; init; }

    /// <summary>Token of the annotation since which every generated password is another one.</summary>
    public string? LastHandledLoginRotation { get; init; }
    public int? Storages { get; init; }

    public VoSpace? Space { get; init; }

    /// <summary>Hash of what the quotas came to on the storages of the last pass: whether it was they that changed, or somebody.</summary>
    public string? QuotaBasis { get; init; }
    public ChecksStatus? Checks { get; init; }

    /// <summary>Of the VO's own credential.</summary>
    public TransfersStatus? Transfers { get; init; }
}

/// <summary>On all storages of a VO together, by Rucio's own counters; written anew when it is off by more than a hundredth.</summary>
public sealed record VoSpace
{
    /// <summary>Quantity.</summary>
    public string? Used { get; init; }
    public long? Files { get; init; }
}
