using System.Text.Json.Nodes;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>What CloudNativePG says of a Cluster (api/v1 ClusterStatus).</summary>
public static class CnpgState
{
    /// <summary>Null: there is a primary to talk to, though replicas may still be coming.</summary>
    public static string? NotUp(ObjectKey key, JsonObject? status)
    {
        if (status?["readyInstances"]?.GetValue<int>() > 0 && Text(status, "currentPrimary") is { Length: > 0 })
        {
            return null;
        }
        return Text(status, "phase") is { Length: > 0 } phase
            ? $"Cluster {key}: {phase}{(Text(status, "phaseReason") is { Length: > 0 } why ? $" ({why})" : "")}"
            : $"Cluster {key} is there, and CloudNativePG has not taken it up yet: see that its operator runs";
    }

    private static string? Text(JsonObject? status, string name) => status?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
