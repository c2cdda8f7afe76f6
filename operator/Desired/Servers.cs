using k8s.Models;

namespace RucioOperator.Desired;

/// <summary>
/// The public API (closed endpoint list, plain HTTP behind whatever exposes it) and the internal admin API (the rest and
/// <c>vos</c>, HTTPS with a certificate only the operator pins): two Deployments, because Rucio's config table,
/// heartbeats and identities are global.
/// </summary>
public static class Servers
{
    public static V1Deployment PublicApi(InstanceInputs i) => Server(i, i.Names.Api, "api", i.Names.ConfigApi, replicas: i.Instance.Spec.Api?.Replicas ?? 1, tls: false);

    public static V1Deployment AdminApi(InstanceInputs i) => Server(i, i.Names.Admin, "admin", i.Names.ConfigAdmin, replicas: 1, tls: true);

    private static V1Deployment Server(InstanceInputs i, string name, string component, string config, int replicas, bool tls)
    {
        var (port, health) = tls ? (443, 444) : (80, 81);
        var scheme = tls ? "HTTPS" : "HTTP";
        // The health port answers from a small application of its own; only the main port proves that Rucio loaded.
        var serving = new V1HTTPGetAction { Path = "/ping", Port = port, Scheme = scheme };
        var alive = new V1HTTPGetAction { Path = "/ping", Port = health, Scheme = scheme };
        var container = new V1Container
        {
            Name = "rucio",
            Image = RucioPod.ServerImage(i),
            Env = RucioPod.Environment(
            [
                ("RUCIO_HEALTH_CHECK_PORT", $"{health}"),
                ("RUCIO_HTTPD_ENCODED_SLASHES_NO_DECODE", "True"),
                ("RUCIO_LOG_FORMAT", Httpd.LogFormat),
                .. tls ? ((string, string)[])[("RUCIO_ENABLE_SSL", "True")] : [],
            ]),
            Ports = [new V1ContainerPort { Name = tls ? "https" : "http", ContainerPort = port }, new V1ContainerPort { Name = "health", ContainerPort = health }],
            VolumeMounts = [.. RucioPod.Mounts(i), Httpd.ConfigMount(x509: false), .. tls ? TlsMounts() : []],
            Resources = RucioPod.Resources(i.Instance.Spec.Api?.Resources, "250m", "1Gi"),
            SecurityContext = RucioPod.Security(),
            StartupProbe = new V1Probe { HttpGet = serving, PeriodSeconds = 2, FailureThreshold = 60, TimeoutSeconds = 5 },
            ReadinessProbe = new V1Probe { HttpGet = serving, PeriodSeconds = 10, TimeoutSeconds = 5 },
            LivenessProbe = new V1Probe { HttpGet = alive, PeriodSeconds = 20, TimeoutSeconds = 10, FailureThreshold = 6 },
        };
        V1Volume[] volumes =
        [
            new() { Name = "httpd", ConfigMap = new V1ConfigMapVolumeSource { Name = i.Names.Httpd } },
            .. tls ? (V1Volume[])[new() { Name = "tls", Secret = new V1SecretVolumeSource { SecretName = i.Names.AdminTls, DefaultMode = 0x100 } }] : [],
        ];
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, component) },
            Spec = new V1DeploymentSpec
            {
                Replicas = replicas,
                RevisionHistoryLimit = 3,
                Selector = new V1LabelSelector { MatchLabels = Labels.Selector(i.Names.Instance, component) },
                Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxUnavailable = 0, MaxSurge = 1 } },
                Template = RucioPod.Template(i, component, container, [i.Names.Config, config, i.Names.Vos], volumes, Httpd.Closed + (tls ? i.AdminCertificate.Certificate : "")),
            },
        };
    }

    /// <summary>httpd does not start without a CA file; the server's own certificate is one that vouches for nobody else.</summary>
    private static V1VolumeMount[] TlsMounts() =>
    [
        new() { Name = "tls", MountPath = "/etc/grid-security/hostcert.pem", SubPath = "tls.crt", ReadOnlyProperty = true },
        new() { Name = "tls", MountPath = "/etc/grid-security/hostkey.pem", SubPath = "tls.key", ReadOnlyProperty = true },
        new() { Name = "tls", MountPath = "/etc/grid-security/ca.pem", SubPath = "tls.crt", ReadOnlyProperty = true },
    ];

    public static IEnumerable<V1Service> Services(InstanceInputs i)
    {
        yield return Service(i, i.Names.Api, "api", 80, "http");
        yield return Service(i, i.Names.Admin, "admin", 443, "https");
    }

    private static V1Service Service(InstanceInputs i, string name, string component, int port, string target) => new()
    {
        ApiVersion = "v1",
        Kind = "Service",
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, component) },
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            Selector = Labels.Selector(i.Names.Instance, component),
            Ports = [new V1ServicePort { Name = target, Port = port, TargetPort = target, Protocol = "TCP" }],
        },
    };
}
