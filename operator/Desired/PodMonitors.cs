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

    /// <summary>With the labels by which a Prometheus selects.</summary>
    internal static V1ObjectMeta Meta(InstanceInputs i, string name)
    {
        var labels = Labels.Of(i.Names.Instance, "monitoring");
        foreach (var (label, value) in i.Instance.Spec.Monitoring?.Labels ?? new Dictionary<string, string>())
        {
            labels.TryAdd(label, value);
        }
        return new() { Name = name, NamespaceProperty = i.Names.Namespace, Labels = labels };
    }

    public static IEnumerable<UntypedObject> Objects(InstanceInputs i)
    {
        if (!Wanted(i) || i.Kinds.Find(OptionalKinds.PodMonitor) is not { } kind)
        {
            yield break;
        }
        yield return UntypedObject.Of(kind, Meta(i, i.Names.PodMonitor), new JsonObject
        {
            ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { [Labels.Instance] = i.Names.Instance } },
            ["podMetricsEndpoints"] = new JsonArray(new JsonObject { ["port"] = PortName, ["path"] = "/metrics", ["interval"] = "30s" }),
            // Which server or daemon a series is of.
            ["podTargetLabels"] = new JsonArray(Labels.Instance, Labels.Component),
        });
    }
}
