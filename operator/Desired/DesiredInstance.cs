using k8s;
using k8s.Models;

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
        List<IKubernetesObject<V1ObjectMeta>> objects =
        [
            ServiceAccount(i),
            .. ConfigObjects.ConfigMaps(i),
            .. ConfigObjects.Secrets(i),
        ];
        objects.AddRange(NetworkPolicies.All(i));
        if (!i.CatalogueReady)
        {
            return [.. objects, BootstrapJob.For(i)];
        }
        return
        [
            .. objects,
            .. Memcached.Objects(i),
            .. PodMonitors.Objects(i),
            .. Servers.Services(i),
            Servers.AdminApi(i),
            Servers.PublicApi(i),
            .. Daemons.Deployments(i),
        ];
    }

    private static V1ServiceAccount ServiceAccount(InstanceInputs i) => new()
    {
        ApiVersion = "v1",
        Kind = "ServiceAccount",
        Metadata = new V1ObjectMeta { Name = i.Names.ServiceAccount, NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "rucio") },
        AutomountServiceAccountToken = false,
    };
}
