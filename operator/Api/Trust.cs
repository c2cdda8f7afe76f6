using System.Text.Json.Serialization;

namespace RucioOperator.Api;

/// <summary>Authorities whose certificates servers and daemons accept.</summary>
public sealed record TrustSpec
{
    public IReadOnlyList<CaBundle>? CaBundles { get; init; }

    /// <summary>How often revocation lists are fetched, such as <c>6h</c>; 1h to 7d. Absent: only those in the bundles are used.</summary>
    public string? CrlRefresh { get; init; }
}

/// <summary>An object in the instance's namespace with PEM texts: certificates of authorities, and revocation lists.</summary>
public sealed record CaBundle
{
    public string Name { get; set; } = "";
    public CaBundleKind Kind { get; set; } = CaBundleKind.ConfigMap;

    /// <summary>Absent: every key.</summary>
    public string? Key { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<CaBundleKind>))]
public enum CaBundleKind { ConfigMap, Secret }
