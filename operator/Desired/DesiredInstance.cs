using k8s;
using k8s.Models;
using RucioOperator.Planning;

namespace RucioOperator.Desired;

/// <summary>Everything one instance should have in its namespace now, in the order it is applied.</summary>
public static class DesiredInstance
{
    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects(InstanceInputs i)
    {
        var objects = WithoutBudgets(i);
        return [.. objects, .. DisruptionBudgets.For(objects)];
    }

    private static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> WithoutBudgets(InstanceInputs i)
    {
        // Until no daemon is left, servers and what they mount stay at the release that runs.
        var serving = i.Phase != InstancePhase.StopDaemons ? i : i.Previous is { } previous ? i.As(previous) : i with { Phase = InstancePhase.EnterMaintenance };
        List<IKubernetesObject<V1ObjectMeta>> objects =
        [
            ServiceAccount(i),
            .. ConfigObjects.ConfigMaps(serving),
            .. ConfigObjects.Secrets(serving),
            .. PolicyPackageObjects.Of(serving),
        ];
        objects.AddRange(NetworkPolicies.All(i));
        if (i.Phase == InstancePhase.Bootstrap)
        {
            return [.. objects, BootstrapJob.For(i)];
        }
        objects =
        [
            .. objects,
            .. Memcached.Objects(i),
            .. PodMonitors.Objects(i),
            .. PrometheusRules.Objects(i),
            .. Servers.Services(serving),
            .. Phased.Servers(serving, [Servers.AdminApi(serving), Servers.PublicApi(serving), .. Servers.Frontends(serving)]),
            .. Autoscaling.Of(serving),
            .. Exposure.Objects(serving),
            .. Phased.Daemons(i, Daemons.Deployments(i)),
            .. UpgradeObjects.For(i),
        ];
        // An autoscaler would not let a server go to 0, nor a stand-in stay alone.
        return serving.Phase.HasServers() ? objects : [.. objects.Where(o => o is not V2HorizontalPodAutoscaler)];
    }

    private static V1ServiceAccount ServiceAccount(InstanceInputs i) => new()
    {
        ApiVersion = "v1",
        Kind = "ServiceAccount",
        Metadata = new V1ObjectMeta { Name = i.Names.ServiceAccount, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "rucio") },
        AutomountServiceAccountToken = false,
    };
}
