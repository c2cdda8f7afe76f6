using System.Text.Json.Serialization;

namespace RucioOperator.Api;

/// <summary>Pods by CPU use instead of a fixed number.</summary>
public sealed record AutoscalingSpec
{
    public int MinReplicas { get; set; } = 2;
    public int MaxReplicas { get; set; } = 5;

    /// <summary>Percent of the CPU request, averaged over the pods.</summary>
    public int TargetCpuPercent { get; set; } = 70;
}

/// <summary>How a host is reached from outside the cluster.</summary>
public sealed record ExposureSpec
{
    public ExposureType Type { get; set; } = ExposureType.Ingress;

    /// <summary>Class of the Ingress or load balancer; absent: the cluster's default.</summary>
    public string? ClassName { get; init; }
    public NamespacedRef? GatewayRef { get; init; }
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<ExposureType>))]
public enum ExposureType { Ingress, Gateway, LoadBalancer }

/// <summary>Exactly one of them.</summary>
public sealed record TlsSpec
{
    /// <summary>Secret with <c>tls.crt</c> and <c>tls.key</c>.</summary>
    public SecretRef? SecretRef { get; init; }
    public IssuerRef? IssuerRef { get; init; }
}

/// <summary>cert-manager's.</summary>
public sealed record IssuerRef
{
    public string Name { get; set; } = "";
    public IssuerKind Kind { get; set; } = IssuerKind.Issuer;
}

[JsonConverter(typeof(JsonStringEnumConverter<IssuerKind>))]
public enum IssuerKind { Issuer, ClusterIssuer }

/// <summary>A server beside the API.</summary>
public interface IFrontend
{
    int Replicas { get; }
    ResourcesSpec? Resources { get; }
    string? Host { get; }
    ExposureSpec? Exposure { get; }
    TlsSpec? Tls { get; }
}

/// <summary>Logins, those with X.509 too, so TLS always ends in its pods.</summary>
public sealed record AuthSpec : IFrontend
{
    public int Replicas { get; set; } = 1;
    public ResourcesSpec? Resources { get; init; }
    public string Host { get; set; } = "";
    public ExposureSpec? Exposure { get; init; }
    public TlsSpec Tls { get; set; } = new();
}

/// <summary>A web UI without a host is of no use: browsers are sent back to it.</summary>
public sealed record WebuiSpec : IFrontend
{
    public int Replicas { get; set; } = 1;
    public ResourcesSpec? Resources { get; init; }
    public string Host { get; set; } = "";
    public ExposureSpec Exposure { get; set; } = new();
    public TlsSpec? Tls { get; init; }
}

/// <summary>Takes clients' traces and hands them to the broker in <c>messaging.traces</c>.</summary>
public sealed record TraceSpec : IFrontend
{
    public int Replicas { get; set; } = 1;
    public ResourcesSpec? Resources { get; init; }
    public string? Host { get; init; }
    public ExposureSpec? Exposure { get; init; }
    public TlsSpec? Tls { get; init; }
}
