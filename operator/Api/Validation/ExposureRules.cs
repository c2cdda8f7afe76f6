using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>How servers are sized, exposed and given certificates; and whom they trust.</summary>
internal static class ExposureRules
{
    private const string NoTlsAtGateway = "TLS of an HTTPRoute ends at the Gateway";

    public static IEnumerable<FieldError> Servers(RucioInstanceSpec s) =>
    [
        .. Api(s.Api),
        .. Auth(s.Auth),
        .. Webui(s.Webui),
        .. Trace(s),
    ];

    public static IEnumerable<FieldError> Trust(RucioInstanceSpec s)
    {
        var bundles = (s.Trust?.CaBundles).Items("spec.trust.caBundles").ToList();
        return
        [
            .. When(s.Trust?.CrlRefresh is { } refresh && (!DurationText.TryParse(refresh, out var every) || every < TimeSpan.FromHours(1) || every > TimeSpan.FromDays(7)), Invalid("spec.trust.crlRefresh", "must be 1h to 7d, such as 6h")),
            .. When(s.Trust is { CrlRefresh: not null } && bundles.Count == 0, Invalid("spec.trust.crlRefresh", "needs spec.trust.caBundles: lists are fetched of the authorities in them")),
            .. bundles.Where(b => b.Item.Name == "").Select(b => Missing($"{b.Path}.name")),
            .. bundles.Unique(b => b.Name, "this name is listed twice"),
        ];
    }

    private static IEnumerable<FieldError> Api(ServerSpec? api) => api is null ? [] :
    [
        .. Server("spec.api", api),
        .. When(api.Autoscaling is not null && api.Replicas != 1, Invalid("spec.api.replicas", "is decided by spec.api.autoscaling: leave it out")),
        .. When(api is { Autoscaling: not null, Resources.Requests: { } requests } && !requests.ContainsKey("cpu"), Invalid("spec.api.resources.requests", "needs cpu: spec.api.autoscaling counts in percent of it")),
        .. Autoscaling("spec.api.autoscaling", api.Autoscaling),
        .. Route("spec.api", api),
    ];

    private static IEnumerable<FieldError> Auth(AuthSpec? auth) => auth is null ? [] :
    [
        .. Server("spec.auth", auth),
        .. When(auth.Host == "", Missing("spec.auth.host")),
    ];

    private static IEnumerable<FieldError> Webui(WebuiSpec? webui) => webui is null ? [] :
    [
        .. Server("spec.webui", webui),
        .. When(webui.Host == "", Missing("spec.webui.host")),
        .. When(webui.Exposure.Type == ExposureType.LoadBalancer, Invalid("spec.webui.exposure.type", "LoadBalancer is not possible, the pods of the web UI speak plain HTTP")),
        .. When(webui is { Tls: not null, Exposure.Type: not ExposureType.Ingress }, Invalid("spec.webui.tls", $"needs spec.webui.exposure of type Ingress: {NoTlsAtGateway}")),
    ];

    private static IEnumerable<FieldError> Trace(RucioInstanceSpec s) => s.Trace is not { } trace ? [] :
    [
        .. Server("spec.trace", trace),
        .. Route("spec.trace", trace),
        .. When(s.Messaging?.Traces is null, Invalid("spec.trace", "needs spec.messaging.traces: Rucio hands traces to a broker")),
    ];

    /// <summary>What all have in common.</summary>
    private static IEnumerable<FieldError> Server(string path, IFrontend server) =>
    [
        .. When(server.Replicas is < 1 or > 50, Invalid($"{path}.replicas", "must be 1 to 50")),
        .. Resources($"{path}.resources", server.Resources),
        .. When(server.Host is { Length: > 0 } host && (host.Length > 253 || !Forms.PublicHost().IsMatch(host)), Invalid($"{path}.host", "must be a host name with a domain, such as rucio.example.org")),
        .. Exposure($"{path}.exposure", server.Exposure),
        .. Tls($"{path}.tls", server.Tls),
    ];

    private static IEnumerable<FieldError> Exposure(string path, ExposureSpec? exposure) => exposure is null ? [] :
    [
        .. When((exposure.Type == ExposureType.Gateway) != (exposure.GatewayRef is not null), Invalid($"{path}.gatewayRef", "belongs to type: Gateway, which needs it")),
        .. When(exposure is { Type: ExposureType.Gateway, ClassName: not null }, Invalid($"{path}.className", "belongs to Ingress and LoadBalancer: a Gateway has its own class")),
        .. When(exposure.GatewayRef is { Name: "" }, Missing($"{path}.gatewayRef.name")),
    ];

    private static IEnumerable<FieldError> Tls(string path, TlsSpec? tls) => tls is null ? [] :
    [
        .. When(tls.SecretRef is null == tls.IssuerRef is null, Invalid(path, "needs exactly one of: secretRef, issuerRef")),
        .. Secret($"{path}.secretRef", tls.SecretRef),
        .. When(tls.IssuerRef is { Name: "" }, Missing($"{path}.issuerRef.name")),
    ];

    /// <summary>Servers whose TLS ends in front of them, but behind a load balancer.</summary>
    private static IEnumerable<FieldError> Route(string path, IFrontend server) =>
    [
        .. When(server is { Exposure: not null, Host: null }, new($"{path}.host", ValidationReasons.MissingField, $"{path}.exposure needs {path}.host")),
        .. When(server is { Tls: not null, Exposure: null or { Type: ExposureType.Gateway } }, Invalid($"{path}.tls", $"needs {path}.exposure of type Ingress or LoadBalancer: {NoTlsAtGateway}")),
        .. When(server is { Exposure.Type: ExposureType.LoadBalancer, Tls: null }, new($"{path}.tls", ValidationReasons.MissingField, $"{path}.exposure.type: LoadBalancer needs {path}.tls, since nothing in front of the pods adds TLS")),
    ];

    private static IEnumerable<FieldError> Autoscaling(string path, AutoscalingSpec? a) => a is null ? [] :
    [
        .. When(a.MinReplicas is < 1 or > 50, Invalid($"{path}.minReplicas", "must be 1 to 50")),
        .. When(a.MaxReplicas is < 1 or > 50, Invalid($"{path}.maxReplicas", "must be 1 to 50")),
        .. When(a.MinReplicas > a.MaxReplicas, Invalid($"{path}.minReplicas", "must not be more than maxReplicas")),
        .. When(a.TargetCpuPercent is < 1 or > 100, Invalid($"{path}.targetCpuPercent", "must be 1 to 100")),
    ];
}
