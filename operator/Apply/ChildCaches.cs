using k8s;
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>The caches the applier reads back from, one per kind of child.</summary>
public sealed class ChildCaches
{
    public ChildCaches Add<T>(Informer<T> informer) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();
}
