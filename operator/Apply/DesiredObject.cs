using k8s;
using k8s.Models;

namespace RucioOperator.Apply;

/// <summary>
/// An object as the builders want it: only fields we mean to own. Retained objects carry no ownerReference and are
/// never pruned; the others belong to the owner and go with it.
/// </summary>
public sealed record DesiredObject(IKubernetesObject<V1ObjectMeta> Object, bool Retain = false);
