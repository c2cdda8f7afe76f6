using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Desired;

/// <param name="Field">What asks for it.</param>
public sealed record RequiredKind(OptionalKind Kind, string Field);

/// <summary>Which kinds of other products a spec can't do without.</summary>
public static class RequiredKinds
{
    public static IEnumerable<RequiredKind> Of(RucioInstanceSpec spec) =>
    [
        .. When(spec.Database.CloudNativePG is not null, OptionalKinds.Cluster, "spec.database.cloudNativePG"),
        .. When(spec.Upgrade?.Backup == UpgradeBackup.CloudNativePG, OptionalKinds.Backup, "spec.upgrade.backup"),
        .. Exposure.Servers(spec).SelectMany(Server),
        .. When(spec.Monitoring?.PodMonitor == true, OptionalKinds.PodMonitor, "spec.monitoring.podMonitor"),
        .. When(spec.Monitoring?.PrometheusRule == true, OptionalKinds.PrometheusRule, "spec.monitoring.prometheusRule"),
    ];

    private static IEnumerable<RequiredKind> Server(PublicServer server) =>
    [
        .. When(server.Spec.Exposure?.Type == ExposureType.Gateway, server.Route, $"{server.Field}.exposure.type"),
        .. When(server.Spec.Tls?.IssuerRef is not null, OptionalKinds.Certificate, $"{server.Field}.tls.issuerRef"),
    ];

    private static RequiredKind[] When(bool needed, OptionalKind kind, string field) => needed ? [new(kind, field)] : [];
}
