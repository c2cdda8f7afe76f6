using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>All that the objects of one instance depend on.</summary>
/// <param name="VoTags">VOs this operator manages in the instance.</param>
public sealed record InstanceInputs(
    RucioInstance Instance,
    Release Release,
    DatabaseAccess Database,
    DatabaseLogin SuperRoot,
    ServerCertificate AdminCertificate,
    IReadOnlyList<string> VoTags)
{
    /// <summary>Tag → long name, of those that have one.</summary>
    public IReadOnlyDictionary<string, string> VoNames { get; init; } = new Dictionary<string, string>();

    public InstancePhase Phase { get; init; } = InstancePhase.Running;

    /// <summary>Set in the steps of an upgrade that changes the catalogue.</summary>
    public CatalogueMove? Move { get; init; }

    /// <summary>The release whose servers still run while daemons stop; null: none do.</summary>
    public RunningRelease? Previous { get; init; }

    /// <summary>Of the server: a dump is best made by its own version.</summary>
    public int PostgresMajor { get; init; } = 17;

    /// <summary>The same instance with another release.</summary>
    public InstanceInputs As(RunningRelease release) => this with { Release = release.Release, Instance = Instance with { Spec = Instance.Spec with { Version = release.Version } } };

    /// <summary>What the cluster serves besides Kubernetes' own kinds.</summary>
    public ApiKinds Kinds { get; init; } = ApiKinds.None;

    /// <summary>What daemons that read the RSEs once are started with; null: there is none.</summary>
    public RseSet? RseSet { get; init; }

    /// <summary>Content of what <see cref="InstanceSecrets"/> lists: (Secret, key) → text.</summary>
    public IReadOnlyDictionary<(string Name, string Key), string> Secrets { get; init; } = new Dictionary<(string, string), string>();

    public string Secret(string name, string key) => Secrets[(name, key)];

    /// <summary>Token issuers whose discovery works, in the order of the spec.</summary>
    public IReadOnlyList<OidcClient> OidcClients { get; init; } = [];

    /// <summary>Where the operator runs; null: outside the cluster.</summary>
    public string? OperatorNamespace { get; init; }

    public Trusted Trust { get; init; } = Trusted.Nothing;

    /// <summary>PEM of who vouches for the servers people reach; null: those that every system knows, or nobody knows who.</summary>
    public string? ClientAuthorities { get; init; }

    /// <summary>RSE id → its keys.</summary>
    public IReadOnlyDictionary<string, StorageKeys> StorageKeys { get; init; } = new Dictionary<string, StorageKeys>();

    public InstanceProxies Proxies { get; init; } = InstanceProxies.None;

    public ReaperShares Reapers { get; init; } = ReaperShares.Together;

    /// <summary>Forged certificates were seen to be refused, or no certificate is taken at all.</summary>
    public bool AuthMayBeExposed { get; init; }

    /// <summary>Those that were checked: in every pod.</summary>
    public IReadOnlyList<PolicyPackage> PolicyPackages { get; init; } = [];

    /// <summary>Those that are to be checked.</summary>
    public IReadOnlyList<PolicyPackage> PolicyCandidates { get; init; } = [];

    /// <summary>Tag of a VO → name of its policy package; all others have the tenant policy.</summary>
    public IReadOnlyDictionary<string, string> SelectedPackages { get; init; } = new Dictionary<string, string>();

    public InstanceNames Names => new(Instance.Metadata.NamespaceProperty, Instance.Metadata.Name);
}

public sealed record RunningRelease(string Version, Release Release);

/// <summary>PEM texts.</summary>
public sealed record ServerCertificate(string Certificate, string Key)
{
    public override string ToString() => "(certificate and key)";
}

/// <summary>Authorities the instance trusts, as files of a directory that OpenSSL reads.</summary>
/// <param name="Probe">The operator's own, for the auth server alone.</param>
/// <param name="Bundle">All certificates in one text; null: nobody is trusted beyond the public ones.</param>
/// <param name="Revocation">There are revocation lists, so they are checked.</param>
public sealed record Trusted(IReadOnlyDictionary<string, string> Files, IReadOnlyDictionary<string, string> Probe, string? Bundle, bool Revocation)
{
    public static readonly Trusted Nothing = new(new Dictionary<string, string>(), new Dictionary<string, string>(), null, false);

    public bool Any => Bundle is not null;

    /// <summary>Lists that were fetched; what is new in them reaches running pods, so they are no part of <see cref="Fingerprint"/>.</summary>
    public RevocationShards Fetched { get; init; } = RevocationShards.None;

    public string Fingerprint => Digest.Of(string.Concat(Files.Concat(Probe).OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}\n{f.Value}\n")), 16);
}
