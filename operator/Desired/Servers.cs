using k8s.Models;
using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>
/// The public API (closed endpoint list, plain HTTP behind whatever exposes it) and the internal admin API (the rest and
/// <c>vos</c>, HTTPS with a certificate only the operator pins): two Deployments, because Rucio's config table,
/// heartbeats and identities are global. Beside them, where the spec asks for it, servers for logins and for traces.
/// </summary>
public static class Servers
{
    public static V1Deployment PublicApi(InstanceInputs i) => Server(i, new ServerShape(i.Names.Api, "api", i.Names.ConfigApi)
    {
        // The HorizontalPodAutoscaler's, where there is one.
        Replicas = i.Instance.Spec.Api is { } api ? api.Autoscaling is null ? api.Replicas : null : 1,
        Resources = i.Instance.Spec.Api?.Resources,
        TlsSecret = Exposure.TlsInPod(i.Instance.Spec.Api) ? Exposure.TlsSecret(i.Names, "api", i.Instance.Spec.Api!.Tls!) : null,
    });

    public static V1Deployment AdminApi(InstanceInputs i) => Server(i, new ServerShape(i.Names.Admin, "admin", i.Names.ConfigAdmin)
    {
        Replicas = 1,
        Resources = i.Instance.Spec.Api?.Resources,
        PinnedSecret = i.Names.AdminTls,
    });

    public static IEnumerable<V1Deployment> Frontends(InstanceInputs i)
    {
        if (i.Instance.Spec.Auth is { } auth)
        {
            yield return Server(i, new ServerShape(i.Names.Auth, "auth", i.Names.ConfigAuth)
            {
                Replicas = auth.Replicas,
                Resources = auth.Resources,
                TlsSecret = Exposure.TlsSecret(i.Names, "auth", auth.Tls),
                X509 = i.Trust.Any,
            });
        }
        if (i.Instance.Spec.Trace is { } trace)
        {
            yield return Server(i, new ServerShape(i.Names.Trace, "trace", i.Names.ConfigTrace)
            {
                Replicas = trace.Replicas,
                Resources = trace.Resources,
                TlsSecret = Exposure.TlsInPod(trace) ? Exposure.TlsSecret(i.Names, "trace", trace.Tls!) : null,
            });
        }
        if (i.Instance.Spec.Webui is not null && Webui.Deployment(i) is { } webui)
        {
            yield return webui;
        }
    }

    private static V1Deployment Server(InstanceInputs i, ServerShape s)
    {
        var tls = s.TlsSecret ?? s.PinnedSecret;
        var proxies = Proxies.OfServer(i, s.Component);
        var (port, health) = tls is not null ? (443, 444) : (80, 81);
        var scheme = tls is not null ? "HTTPS" : "HTTP";
        // The health port answers from a small application of its own; only the main port proves that Rucio loaded.
        var serving = new V1HTTPGetAction { Path = "/ping", Port = port, Scheme = scheme };
        var alive = new V1HTTPGetAction { Path = "/ping", Port = health, Scheme = scheme };
        var container = new V1Container
        {
            Name = "rucio",
            Image = RucioPod.ServerImage(i),
            Command = s.TlsSecret is null ? null : Httpd.ServeCommand(),
            Env = RucioPod.Environment(
            [
                ("RUCIO_HEALTH_CHECK_PORT", $"{health}"),
                ("RUCIO_HTTPD_ENCODED_SLASHES_NO_DECODE", "True"),
                ("RUCIO_LOG_FORMAT", Httpd.LogFormat),
                .. tls is null ? [] : Httpd.TlsEnvironment,
                .. s.X509 ? Httpd.X509Environment(i.Trust.Revocation) : [],
            ]),
            Ports = [new V1ContainerPort { Name = PortName(tls is not null), ContainerPort = port }, new V1ContainerPort { Name = "health", ContainerPort = health }],
            VolumeMounts =
            [
                .. RucioPod.Mounts(i), Httpd.ConfigMount(s.X509),
                .. s.PinnedSecret is null ? [] : PinnedMounts(),
                .. s.TlsSecret is null ? [] : Httpd.ServeMounts(s.X509),
                .. proxies.Mounts,
            ],
            Resources = RucioPod.Resources(s.Resources, "250m", "1Gi"),
            SecurityContext = RucioPod.Security(),
            StartupProbe = new V1Probe { HttpGet = serving, PeriodSeconds = 2, FailureThreshold = 60, TimeoutSeconds = 5 },
            ReadinessProbe = new V1Probe { HttpGet = serving, PeriodSeconds = 10, TimeoutSeconds = 5 },
            LivenessProbe = new V1Probe { HttpGet = alive, PeriodSeconds = 20, TimeoutSeconds = 10, FailureThreshold = 6 },
        };
        V1Volume[] volumes =
        [
            new() { Name = "httpd", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.Httpd } },
            .. tls is null ? (V1Volume[])[] : [new() { Name = "tls", Secret = new V1SecretVolumeSource { SecretName = tls, DefaultMode = 0x100 } }],
            .. s.X509 ? (V1Volume[])[Authorities.OfClients(i)] : [],
            .. proxies.Volumes,
        ];
        var extra = (s.X509 ? Httpd.Verified : Httpd.Closed) + (s.TlsSecret is null ? "" : Httpd.Serve) + (s.PinnedSecret is null ? "" : i.AdminCertificate.Certificate);
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new V1ObjectMeta { Name = s.Name, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, s.Component) },
            Spec = new V1DeploymentSpec
            {
                Replicas = s.Replicas,
                RevisionHistoryLimit = 3,
                Selector = new V1LabelSelector { MatchLabels = Labels.Selector(i.Names.Instance, s.Component) },
                Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxUnavailable = 0, MaxSurge = 1 } },
                Template = RucioPod.Template(i, s.Component, container, [i.Names.Config, s.ConfigSecret, i.Names.Vos], volumes, extra),
            },
        };
    }

    /// <summary>httpd does not start without a CA file; the server's own certificate is one that vouches for nobody else.</summary>
    private static V1VolumeMount[] PinnedMounts() =>
    [
        new() { Name = "tls", MountPath = "/etc/grid-security/hostcert.pem", SubPath = "tls.crt", ReadOnlyProperty = true },
        new() { Name = "tls", MountPath = "/etc/grid-security/hostkey.pem", SubPath = "tls.key", ReadOnlyProperty = true },
        new() { Name = "tls", MountPath = "/etc/grid-security/ca.pem", SubPath = "tls.crt", ReadOnlyProperty = true },
    ];

    public static IEnumerable<V1Service> Services(InstanceInputs i)
    {
        var spec = i.Instance.Spec;
        yield return Service(i, i.Names.Api, "api", Exposure.TlsInPod(spec.Api));
        yield return Service(i, i.Names.Admin, "admin", tls: true);
        if (spec.Auth is not null)
        {
            yield return Service(i, i.Names.Auth, "auth", tls: true);
        }
        if (spec.Trace is not null)
        {
            yield return Service(i, i.Names.Trace, "trace", Exposure.TlsInPod(spec.Trace));
        }
        if (spec.Webui is not null)
        {
            yield return Service(i, i.Names.Webui, "webui", tls: false);
        }
    }

    public static string PortName(bool tls) => tls ? "https" : "http";

    public static V1ServicePort Port(bool tls) => new() { Name = PortName(tls), Port = tls ? 443 : 80, TargetPort = PortName(tls), Protocol = "TCP" };

    private static V1Service Service(InstanceInputs i, string name, string component, bool tls) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, component) },
        Spec = new V1ServiceSpec { Type = "ClusterIP", Selector = Labels.Selector(i.Names.Instance, component), Ports = [Port(tls)] },
    };

    /// <summary>How one server differs from another.</summary>
    private sealed record ServerShape(string Name, string Component, string ConfigSecret)
    {
        /// <summary>Null: somebody else's decision.</summary>
        public required int? Replicas { get; init; }
        public ResourcesSpec? Resources { get; init; }

        /// <summary>Secret with a certificate that is renewed, where TLS ends in the pod.</summary>
        public string? TlsSecret { get; init; }

        /// <summary>Secret with a certificate that stays.</summary>
        public string? PinnedSecret { get; init; }

        /// <summary>Logs in by certificate.</summary>
        public bool X509 { get; init; }
    }
}
