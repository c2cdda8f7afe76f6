using k8s;
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Desired;

/// <summary>Objects that hold data: they outlive their RucioInstance and are never pruned, whatever becomes of the field that asked for them.</summary>
public static class Stateful
{
    public static bool Holds(IKubernetesObject<V1ObjectMeta> child) => child is V1PersistentVolumeClaim or V1StatefulSet or UntypedObject { Kind: "Backup" };
}
