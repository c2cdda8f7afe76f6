using System.Text.Json.Nodes;
using k8s.Models;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>Metrics of servers and daemons for the Prometheus Operator: every pod of the instance with a port of that name.</summary>
public static class PodMonitors
{
    public const string PortName = "metrics";
    public const int Port = Daemons.MetricsPort;

    public static bool Wanted(InstanceInputs i) => i.Instance.Spec.Monitoring?.PodMonitor == true;

    /// <summary>Name of the container in a server's pod; daemons export by their configuration, always.</summary>
    private const string ServerContainer = "rucio";

    /// <summary>Servers export on a port of their own where somebody reads it (containers repository, server/rucio.conf.j2).</summary>
    public static void Export(InstanceInputs i, V1Container container)
    {
        if (!Wanted(i) || container.Name != ServerContainer)
        {
            return;
        }
        container.Env = [.. container.Env, new V1EnvVar { Name = "RUCIO_METRICS_PORT", Value = $"{Port}" }];
        container.Ports = [.. container.Ports, new V1ContainerPort { Name = PortName, ContainerPort = Port }];
    }

    public static IEnumerable<UntypedObject> Objects(InstanceInputs i)
    {
        if (!Wanted(i) || i.Kinds.Find(OptionalKinds.PodMonitor) is not { } kind)
        {
            yield break;
        }
        var labels = Labels.Of(i.Names.Instance, "monitoring");
        foreach (var (name, value) in i.Instance.Spec.Monitoring?.Labels ?? new Dictionary<string, string>())
        {
            labels.TryAdd(name, value);
        }
        yield return UntypedObject.Of(kind, new V1ObjectMeta { Name = i.Names.PodMonitor, NamespaceProperty = i.Names.Namespace, Labels = labels }, new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { [Labels.Instance] = i.Names.Instance } },
            ["podMetricsEndpoints"] = new JsonArray(new JsonObject { ["port"] = PortName, ["path"] = "/metrics", ["interval"] = "30s" }),
            // Which server or daemon a series is of.
            ["podTargetLabels"] = new JsonArray(Labels.Instance, Labels.Component),
        });
    }
}
