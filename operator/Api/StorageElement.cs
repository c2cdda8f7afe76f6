using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace RucioOperator.Api;

/// <summary>One storage of a VO: an RSE with its protocols, attributes, limits and distances.</summary>
[KubernetesEntity(Group = ApiGroup.Name, ApiVersion = ApiGroup.Version, Kind = KubeKind, PluralName = "storageelements")]
public sealed record StorageElement : IRucioResource, ISpec<StorageElementSpec>, IStatus<StorageElementStatus?>
{
    public const string KubeKind = "StorageElement";

    public string ApiVersion { get; set; } = ApiGroup.ApiVersion;
    public string Kind { get; set; } = KubeKind;
    public V1ObjectMeta Metadata { get; set; } = new();
    public StorageElementSpec Spec { get; set; } = new();
    public StorageElementStatus? Status { get; set; }

    [JsonIgnore] public bool Suspended => Spec.Suspend;
    [JsonIgnore] public ResourceStatus? CommonStatus => Status;
}

public sealed record StorageElementSpec
{
    public LocalRef VoRef { get; set; } = new();

    /// <summary><c>^[A-Z0-9]+([_-][A-Z0-9]+)*$</c>: <c>/import</c> takes any name, so the check is ours.</summary>
    public string Rse { get; set; } = "";

    /// <summary>Null: the plainest that speaks the endpoints' schemes.</summary>
    public StorageTechnology? Technology { get; init; }
    public StorageType Type { get; set; } = StorageType.DISK;
    public bool Deterministic { get; set; } = true;
    public bool Volatile { get; init; }
    public bool StagingArea { get; init; }
    public IReadOnlyList<EndpointSpec>? Endpoints { get; init; }

    /// <summary>RSE attributes, as text.</summary>
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }
    public AttributesPolicy AttributesPolicy { get; set; } = AttributesPolicy.Merge;
    public AvailabilitySpec? Availability { get; init; }

    /// <summary>Quantity; what the reaper keeps free.</summary>
    [JsonConverter(typeof(QuantityTextConverter))]
    public string? MinFreeSpace { get; init; }

    /// <summary>Quantity; how much Rucio may put there, which is then reported to it.</summary>
    [JsonConverter(typeof(QuantityTextConverter))]
    public string? Capacity { get; init; }

    /// <summary>One of the instance's FTS servers.</summary>
    public string? Fts { get; init; }
    public TokensSpec? Tokens { get; init; }
    public ChecksumsSpec? Checksums { get; init; }

    /// <summary>Path algorithm; absent: Rucio's own default, <c>hash</c>. Others than hash and identity come from the VO's policy package.</summary>
    public string? Lfn2pfn { get; init; }
    public bool? GreedyDeletion { get; init; }
    public IReadOnlyList<StorageDistance>? Distances { get; init; }
    public SecretRef? CredentialsSecretRef { get; init; }
    public StorageCheckSpec? Check { get; init; }
    public StorageDeletionPolicy DeletionPolicy { get; set; } = StorageDeletionPolicy.Retain;
    public DriftPolicy DriftPolicy { get; set; } = DriftPolicy.Heal;
    public ManagementPolicy ManagementPolicy { get; set; } = ManagementPolicy.Full;
    public bool Suspend { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<StorageTechnology>))]
public enum StorageTechnology { EOS, CTA, DCache, StoRM, XRootD, WebDAV, S3, Posix }

[JsonConverter(typeof(JsonStringEnumConverter<StorageType>))]
public enum StorageType { DISK, TAPE }

[JsonConverter(typeof(JsonStringEnumConverter<AttributesPolicy>))]
public enum AttributesPolicy { Merge, Exact }

[JsonConverter(typeof(JsonStringEnumConverter<StorageDeletionPolicy>))]
public enum StorageDeletionPolicy { Retain, DeleteIfEmpty, Decommission }

public sealed record EndpointSpec
{
    /// <summary>Scheme, host, port and prefix in one: <c>davs://eospublic.cern.ch:443/eos/x/</c>, <c>file:///data/x/</c>.</summary>
    public string Url { get; set; } = "";

    /// <summary>Priorities; absent: this endpoint's place in the list (1 is tried first) for everything.</summary>
    public LanPriorities? Lan { get; init; }
    public WanPriorities? Wan { get; init; }

    /// <summary>One of Rucio's that knows the scheme; absent: the technology's.</summary>
    public string? Impl { get; init; }
    public IReadOnlyDictionary<string, string>? ExtendedAttributes { get; init; }
}

/// <summary>Transfers and deletions with tokens: <c>davs://</c> alone (lib/rucio/transfertool/fts3.py, _use_tokens).</summary>
public sealed record TokensSpec
{
    /// <summary>RSE attribute <c>oidc_support</c>.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Cut off the front of the prefix in a token's scopes (<c>oidc_base_path</c>).</summary>
    public string? BasePath { get; init; }
}

public sealed record ChecksumsSpec
{
    /// <summary>RSE attribute <c>verify_checksum</c>.</summary>
    public bool Verify { get; set; } = true;

    /// <summary>Absent: the technology's.</summary>
    public IReadOnlyList<ChecksumAlgorithm>? Supported { get; init; }
}

/// <summary>lib/rucio/common/checksum.py, GLOBALLY_SUPPORTED_CHECKSUMS: Rucio keeps no other of a file.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChecksumAlgorithm>))]
public enum ChecksumAlgorithm { Adler32, Md5 }

/// <summary>Smaller wins; absent = not offered.</summary>
public record LanPriorities
{
    public int? Read { get; init; }
    public int? Write { get; init; }
    public int? Delete { get; init; }
}

public sealed record WanPriorities : LanPriorities
{
    public int? ThirdPartyCopyRead { get; init; }
    public int? ThirdPartyCopyWrite { get; init; }
}

public sealed record AvailabilitySpec
{
    public bool Read { get; set; } = true;
    public bool Write { get; set; } = true;
    public bool Delete { get; set; } = true;
}

/// <summary>Smaller is nearer.</summary>
public sealed record StorageDistance
{
    /// <summary>The other one.</summary>
    public string Rse { get; set; } = "";
    public int? To { get; init; }
    public int? From { get; init; }
}

public sealed record StorageElementStatus : ResourceStatus
{
    public string? Rse { get; init; }

    /// <summary>Rucio's id of the RSE, 32 hexadecimal digits.</summary>
    public string? RseId { get; init; }
    public string? Vo { get; init; }

    /// <summary>What the preset and the spec came to, so that nothing is hidden.</summary>
    public EffectiveStorage? Effective { get; init; }
    public StorageSpace? Space { get; init; }

    /// <summary>With <c>spec.check.endpoints</c>.</summary>
    public IReadOnlyList<EndpointStatus>? Endpoints { get; init; }
}

/// <summary>How full it is, in words: written anew when it is off by more than a hundredth.</summary>
public sealed record StorageSpace
{
    /// <summary>Quantity, by Rucio's own counter.</summary>
    public string? Used { get; init; }
    public long? Files { get; init; }

    /// <summary>Quantity, as somebody or this operator reported it to Rucio.</summary>
    public string? Free { get; init; }

    /// <summary>Quantity in this operator's last report; null: it has not reported.</summary>
    public string? Capacity { get; init; }
}

public sealed record EffectiveStorage
{
    public StorageTechnology? Technology { get; init; }

    /// <summary>Distance to and from the VO's other storages; absent: the VO's policy makes none.</summary>
    public int? Distance { get; init; }

    /// <summary>The one of them that <c>distance</c> is to and from; absent: all.</summary>
    public string? Hub { get; init; }

    /// <summary>What is said of single pairs, on either side or by the VO.</summary>
    public IReadOnlyList<StorageDistance>? Distances { get; init; }
    public IReadOnlyDictionary<string, string>? Attributes { get; init; }

    /// <summary>Those of the attributes that the technology brought, not the spec.</summary>
    public IReadOnlyList<string>? PresetAttributes { get; init; }
    public IReadOnlyList<EffectiveProtocol>? Protocols { get; init; }
    public AvailabilitySpec? Availability { get; init; }

    /// <summary>Bytes.</summary>
    public long? MinFreeSpace { get; init; }
}

public sealed record EffectiveProtocol
{
    public string Url { get; set; } = "";
    public string Impl { get; set; } = "";
    public LanPriorities? Lan { get; init; }
    public WanPriorities? Wan { get; init; }
    public IReadOnlyDictionary<string, string>? ExtendedAttributes { get; init; }
}
