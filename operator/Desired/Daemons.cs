using System.Globalization;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>One Deployment for each daemon of the profile, and for each group.</summary>
public static class Daemons
{
    public const int MetricsPort = 8080;

    /// <summary>Of the RSEs a pod was started with, and since when.</summary>
    public const string RseSetAnnotation = ApiGroup.Name + "/rse-set";
    public const string RseSetAtAnnotation = ApiGroup.Name + "/rse-set-at";

    /// <summary>What this instance can use; the spec was found to be without <see cref="DaemonFaults"/>.</summary>
    public static IReadOnlyList<DaemonWorkload> Of(InstanceInputs i) => VoReapers.Split(DaemonWorkload.Of(i.Instance.Spec, i.Release), i.Reapers);

    public static IEnumerable<V1Deployment> Deployments(InstanceInputs i) => Of(i).Select(workload => Deployment(i, workload));

    private static V1Deployment Deployment(InstanceInputs i, DaemonWorkload workload)
    {
        var proxies = Proxies.OfDaemon(i, workload);
        var certificate = BrokerConfig.CertificateSecret(i.Instance.Spec, workload.Daemon);
        var container = new V1Container
        {
            Name = "daemon",
            Image = RucioPod.DaemonsImage(i),
            Env = [.. RucioPod.Environment(("RUCIO_DAEMON", workload.Daemon), ("RUCIO_DAEMON_ARGS", DaemonArguments.ForShell(workload.CommandLine))), .. proxies.Environment],
            Ports = [new V1ContainerPort { Name = "metrics", ContainerPort = MetricsPort }],
            VolumeMounts = [.. RucioPod.Mounts(i), .. certificate is null ? (V1VolumeMount[])[] : [new V1VolumeMount { Name = "broker", MountPath = BrokerConfig.CertificatePath, ReadOnlyProperty = true }], .. proxies.Mounts],
            Resources = RucioPod.Resources(workload.Resources, "50m", workload.Release.Memory, workload.Release.MemoryLimit),
            SecurityContext = RucioPod.Security(),
            // The exporter listens as long as the process lives; heartbeats tell the rest.
            StartupProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = "metrics" }, PeriodSeconds = 2, FailureThreshold = 60 },
            LivenessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = "metrics" }, PeriodSeconds = 30, FailureThreshold = 4 },
        };
        V1Volume[] volumes = [.. certificate is null ? (V1Volume[])[] : [new() { Name = "broker", Secret = new V1SecretVolumeSource { SecretName = certificate, DefaultMode = 0x120 } }], .. proxies.Volumes];
        string[] config = [i.Names.Config, i.Names.ConfigDaemons, .. ConfigObjects.HasOwn(i, workload) ? (string[])[i.Names.ConfigOf(workload.Name)] : [], i.Names.Vos];
        var template = RucioPod.Template(i, workload.Name, container, config, volumes, certificate is null ? null : i.Secret(certificate, "tls.crt") + i.Secret(certificate, "tls.key"), workload.Daemon);
        template.Spec.TerminationGracePeriodSeconds = workload.GracePeriodSeconds;
        if (!workload.Release.UsesX509Proxy)
        {
            // The start script writes rucio.cfg there; the images' defaults stay in /tmp.
            RucioPod.Restrict(template, readOnlyRoot: false, "/opt/rucio/etc");
        }
        if (i.RseSet is { } rses && workload.FixesRses(i.Instance.Spec.MultiVo))
        {
            template.Metadata.Annotations[RseSetAnnotation] = rses.Hash;
            template.Metadata.Annotations[RseSetAtAnnotation] = rses.At.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        }
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new V1ObjectMeta { Name = i.Names.Daemon(workload.Name), NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, workload.Name) },
            Spec = new V1DeploymentSpec
            {
                Replicas = workload.Replicas,
                RevisionHistoryLimit = 3,
                Selector = new V1LabelSelector { MatchLabels = Labels.Selector(i.Names.Instance, workload.Name) },
                // The new one first: work goes on, and heartbeats make room for it.
                Strategy = new V1DeploymentStrategy { Type = "RollingUpdate", RollingUpdate = new V1RollingUpdateDeployment { MaxUnavailable = 0, MaxSurge = 1 } },
                Template = template,
            },
        };
    }
}
