#pragma warning disable CS9113
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>Load from the store → deleted? finalizer : ensure the finalizer → controller.</summary>
/// <param name="finalizerName">Given as a constant: renaming a class must never orphan finalizers.</param>
public sealed class EntityReconciler<T>(
    KubeApi api, Informer<T> informer, IEntityController<T> controller, IEntityFinalizer<T>? finalizer, string? finalizerName, string fieldManager) : IReconciler
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public Task<Outcome> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken) => throw new NotImplementedException();
}
