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
        .. Server("spec.api", spec.Api?.Exposure, spec.Api?.Tls, OptionalKinds.HttpRoute),
        // The TLS connection of an X.509 login must end in the pod.
        .. Server("spec.auth", spec.Auth?.Exposure, spec.Auth?.Tls, OptionalKinds.TlsRoute),
        .. Server("spec.webui", spec.Webui?.Exposure, spec.Webui?.Tls, OptionalKinds.HttpRoute),
        .. Server("spec.trace", spec.Trace?.Exposure, spec.Trace?.Tls, OptionalKinds.HttpRoute),
        .. When(spec.Monitoring?.PodMonitor == true, OptionalKinds.PodMonitor, "spec.monitoring.podMonitor"),
    ];

    private static IEnumerable<RequiredKind> Server(string path, ExposureSpec? exposure, TlsSpec? tls, OptionalKind route) =>
    [
        .. When(exposure?.Type == ExposureType.Gateway, route, $"{path}.exposure.type"),
        .. When(tls?.IssuerRef is not null, OptionalKinds.Certificate, $"{path}.tls.issuerRef"),
    ];

    private static RequiredKind[] When(bool needed, OptionalKind kind, string field) => needed ? [new(kind, field)] : [];
}
