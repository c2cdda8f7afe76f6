using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>One Deployment per daemon of the profile.</summary>
public static class Daemons
{
    /// <summary>Daemons of the profile that this instance can use.</summary>
    public static IEnumerable<string> Of(InstanceInputs i)
    {
        var profile = (i.Instance.Spec.Daemons ?? new DaemonsSpec()).Profile.ToString();
        var hasFts = i.Instance.Spec.Transfers?.FtsServers is { Count: > 0 };
        return i.Release.Profiles[profile].Where(name => hasFts || i.Release.Daemons[name].Needs is null);
    }

    public static IEnumerable<V1Deployment> Deployments(InstanceInputs i) => Of(i).Select(name => Deployment(i, name));

    private static V1Deployment Deployment(InstanceInputs i, string name)
    {
        var arguments = DaemonArguments.ForShell(DaemonArguments.Of(i.Release.Daemons[name]));
        var container = new V1Container
        {
            Name = "daemon",
            Image = RucioPod.DaemonsImage(i),
            Env = RucioPod.Environment(("RUCIO_DAEMON", name), ("RUCIO_DAEMON_ARGS", arguments)),
            Ports = [new V1ContainerPort { Name = "metrics", ContainerPort = 8080 }],
            VolumeMounts = RucioPod.Mounts(i),
            Resources = RucioPod.Resources(null, "50m", "256Mi"),
            SecurityContext = RucioPod.Security(),
            // The exporter listens as long as the process lives; heartbeats tell the rest.
            StartupProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = "metrics" }, PeriodSeconds = 2, FailureThreshold = 60 },
            LivenessProbe = new V1Probe { TcpSocket = new V1TCPSocketAction { Port = "metrics" }, PeriodSeconds = 30, FailureThreshold = 4 },
        };
        var template = RucioPod.Template(i, name, container, [i.Names.Config, i.Names.ConfigDaemons, i.Names.Vos]);
        // Longer than one cycle: a daemon that is killed leaves a heartbeat which keeps its share of the work.
        template.Spec.TerminationGracePeriodSeconds = 120;
        return new V1Deployment
        {
            ApiVersion = "apps/v1",
            Kind = "Deployment",
            Metadata = new V1ObjectMeta { Name = i.Names.Daemon(name), NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, name) },
            Spec = new V1DeploymentSpec
            {
                Replicas = 1,
                RevisionHistoryLimit = 3,
                Selector = new V1LabelSelector { MatchLabels = Labels.Selector(i.Names.Instance, name) },
                Template = template,
            },
        };
    }
}
