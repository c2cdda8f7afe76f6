using System.Text.Json.Serialization;

namespace RucioOperator.Api;

// The part of the schema whose behaviour comes later: every field here is refused as NotSupportedYet,
// by the schema and again in the loop. A record moves to RucioInstance.cs with its behaviour.

public sealed record AutoscalingSpec
{
    public int? MinReplicas { get; init; }
    public int? MaxReplicas { get; init; }
    public int? TargetCpuPercent { get; init; }
}

public sealed record ExposureSpec
{
    public ExposureType? Type { get; init; }
    public string? ClassName { get; init; }
    public NamespacedRef? GatewayRef { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<ExposureType>))]
public enum ExposureType { Ingress, Gateway, LoadBalancer }

public sealed record TlsSpec
{
    public SecretRef? SecretRef { get; init; }
    public IssuerRef? IssuerRef { get; init; }
}

public sealed record IssuerRef
{
    public string Name { get; set; } = "";
    public IssuerKind? Kind { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<IssuerKind>))]
public enum IssuerKind { Issuer, ClusterIssuer }

/// <summary>Auth, web UI and trace servers.</summary>
public sealed record FrontendSpec
{
    public int? Replicas { get; init; }
    public ResourcesSpec? Resources { get; init; }
    public string? Host { get; init; }
    public ExposureSpec? Exposure { get; init; }
    public TlsSpec? Tls { get; init; }
}

public sealed record TrustSpec
{
    public IReadOnlyList<CaBundle>? CaBundles { get; init; }
    public string? CrlRefresh { get; init; }
}

public sealed record CaBundle
{
    public string Name { get; set; } = "";
    public CaBundleKind? Kind { get; init; }
    public string? Key { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<CaBundleKind>))]
public enum CaBundleKind { ConfigMap, Secret }

public sealed record PolicyPackageSpec
{
    public string Name { get; set; } = "";
    public string? Module { get; init; }
    public string? Image { get; init; }
    public LocalRef? ConfigMapRef { get; init; }
    public IReadOnlyList<string>? AllowedNamespaces { get; init; }
}
