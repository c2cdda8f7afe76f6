using k8s.Models;

namespace RucioOperator.Observed;

/// <summary>What Kubernetes says of a workload, in one word and one sentence.</summary>
public sealed record WorkloadState(bool Ready, string Reason, string Message)
{
    public const string RollingOut = nameof(RollingOut);

    public static WorkloadState Of(string name, V1Deployment? deployment)
    {
        if (deployment is null)
        {
            return new(false, "Creating", $"Deployment {name} is being created");
        }
        var (wanted, status) = (deployment.Spec.Replicas ?? 1, deployment.Status);
        if (status?.ObservedGeneration is null || status.ObservedGeneration < deployment.Metadata.Generation || (status.UpdatedReplicas ?? 0) < wanted)
        {
            return new(false, RollingOut, $"Deployment {name} is rolling out");
        }
        var stuck = status.Conditions?.FirstOrDefault(c => c is { Type: "Progressing", Status: "False" });
        if (stuck is not null)
        {
            return new(false, "RolloutFailed", $"Deployment {name} does not become available ({stuck.Reason}): see its pods");
        }
        return (status.AvailableReplicas ?? 0) >= wanted
            ? new(true, "Available", $"Deployment {name} is available")
            : new(false, "Unavailable", $"Deployment {name} has {status.AvailableReplicas ?? 0} of {wanted} replicas available: see its pods");
    }

    public static WorkloadState Of(string name, V1StatefulSet? set) => set?.Status switch
    {
        null when set is null => new(false, "Creating", $"StatefulSet {name} is being created"),
        { ObservedGeneration: { } seen, ReadyReplicas: > 0 } when seen >= set!.Metadata.Generation => new(true, "Available", $"StatefulSet {name} is available"),
        _ => new(false, "Unavailable", $"StatefulSet {name} has no ready pod yet: see its pod and PersistentVolumeClaim {name}"),
    };
}
