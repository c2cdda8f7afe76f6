using k8s.Models;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>One Deployment per daemon of the profile.</summary>
public static class Daemons
{
    public static IEnumerable<ReleaseDaemon> Of(InstanceInputs i) =>
        i.Release.Daemons(i.Instance.Spec.Daemons?.Profile ?? Api.DaemonProfile.Minimal)
            .Where(d => !d.NeedsFts || i.Instance.Spec.Transfers?.FtsServers is { Count: > 0 });

    public static IEnumerable<V1Deployment> Deployments(InstanceInputs i) => Of(i).Select(d => Deployment(i, d));

    private static V1Deployment Deployment(InstanceInputs i, ReleaseDaemon daemon)
    {
        var container = new V1Container
        {
            Name = "daemon",
            Image = RucioPod.Image(i, "rucio-daemons"),
            Env = RucioPod.Environment(("RUCIO_DAEMON", daemon.Name), ("RUCIO_DAEMON_ARGS", daemon.ArgumentLine)),
            Ports = [new V1ContainerPort { Name = "metrics", ContainerPort = 8080 }],
            VolumeMounts = RucioPod.Mounts(i),
            Resources = RucioPod.Resources(null, "50m", daemon.Memory),
            SecurityContext = RucioPod.Security(),
            // The exporter listens as long as the process lives; heartbeats tell the rest.
            StartupProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = "metrics" }, PeriodSeconds = 2, FailureThreshold = 60 },
            LivenessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = "metrics" }, PeriodSeconds = 30, FailureThreshold = 4 },
        };
        var template = RucioPod.Template(i, daemon.Name, container, [i.Names.Config, i.Names.ConfigDaemons, i.Names.Vos]);
        // Longer than one cycle: a daemon that is killed leaves a heartbeat which keeps its share of the work.
        template.Spec.TerminationGracePeriodSeconds = 120;
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new V1ObjectMeta { Name = i.Names.Daemon(daemon.Name), NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, daemon.Name) },
            Spec = new V1DeploymentSpec
            {
                Replicas = 1,
                RevisionHistoryLimit = 3,
                Selector = new V1LabelSelector { MatchLabels = Labels.Selector(i.Names.Instance, daemon.Name) },
                Template = template,
            },
        };
    }
}
