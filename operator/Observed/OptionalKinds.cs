using System.Collections.Immutable;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>A kind of object that a cluster serves only where somebody installed a product.</summary>
/// <param name="Versions">Those we can write, the preferred one first.</param>
public sealed record OptionalKind(string Product, string Group, string Kind, string Plural, params ImmutableArray<string> Versions)
{
    public IEnumerable<ResourceKind> Candidates => Versions.Select(version => new ResourceKind(Group, version, Kind, Plural));

    public override string ToString() => $"{Kind} ({Group})";
}

public static class OptionalKinds
{
    private const string GatewayApi = "Gateway API";
    private const string CloudNativePG = "CloudNativePG";

    public static readonly OptionalKind Cluster = new(CloudNativePG, "postgresql.cnpg.io", "Cluster", "clusters", "v1");
    public static readonly OptionalKind Backup = new(CloudNativePG, "postgresql.cnpg.io", "Backup", "backups", "v1");
    public static readonly OptionalKind Certificate = new("cert-manager", "cert-manager.io", "Certificate", "certificates", "v1");
    public static readonly OptionalKind HttpRoute = new(GatewayApi, "gateway.networking.k8s.io", "HTTPRoute", "httproutes", "v1");
    public static readonly OptionalKind TlsRoute = new(GatewayApi, "gateway.networking.k8s.io", "TLSRoute", "tlsroutes", "v1", "v1alpha3", "v1alpha2");
    public static readonly OptionalKind PodMonitor = new("the Prometheus Operator", "monitoring.coreos.com", "PodMonitor", "podmonitors", "v1");
    public static readonly OptionalKind PrometheusRule = new("the Prometheus Operator", "monitoring.coreos.com", "PrometheusRule", "prometheusrules", "v1");

    public static readonly ImmutableArray<OptionalKind> All = [Cluster, Backup, Certificate, HttpRoute, TlsRoute, PodMonitor, PrometheusRule];
}
