using k8s.Models;
using RucioOperator.Planning;

namespace RucioOperator.Desired;

/// <summary>
/// What the phase makes of the workloads of Rucio: their builders describe a running instance and know nothing of
/// upgrades or hibernation.
/// </summary>
public static class Phased
{
    /// <summary>On Deployments and pods: what kind of process of Rucio has its hands on the catalogue.</summary>
    public const string RoleLabel = Api.ApiGroup.Name + "/role";
    public const string Server = "server";
    public const string Daemon = "daemon";

    /// <summary>Answers 503 in a server's place and touches no catalogue.</summary>
    public const string Maintenance = "maintenance";

    public static IEnumerable<V1Deployment> Daemons(InstanceInputs i, IEnumerable<V1Deployment> running) =>
        running.Select(d => Marked(d, Daemon)).Select(d => i.Phase.HasDaemons() ? d : AtZero(d));

    /// <param name="running">Servers that answer clients (api, auth) keep their Services alive with a 503 during an upgrade.</param>
    public static IEnumerable<V1Deployment> Servers(InstanceInputs i, IEnumerable<V1Deployment> running) =>
        running.Select(d => Marked(d, Server)).Select(d => i.Phase.HasServers() ? d : i.Phase.IsUpgrade() && MaintenanceServer.StandsIn(d) ? MaintenanceServer.For(i, d) : AtZero(d));

    public static V1Deployment Marked(V1Deployment deployment, string role)
    {
        deployment.Metadata.Labels = new Dictionary<string, string>(deployment.Metadata.Labels) { [RoleLabel] = role };
        deployment.Spec.Template.Metadata.Labels = new Dictionary<string, string>(deployment.Spec.Template.Metadata.Labels) { [RoleLabel] = role };
        return deployment;
    }

    private static V1Deployment AtZero(V1Deployment deployment)
    {
        deployment.Spec.Replicas = 0;
        return deployment;
    }
}
