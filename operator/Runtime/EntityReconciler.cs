using System.Collections.Concurrent;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>Load from the store → deleted? finalizer : ensure the finalizer → controller.</summary>
/// <param name="finalizerName">Given as a constant: renaming a class must never orphan finalizers.</param>
/// <param name="needsFinalizer">Whether deleting this object means work; absent: always. One that is not needed is taken off again, so that nothing holds up a namespace without cause.</param>
public sealed class EntityReconciler<T>(
    KubeApi api, Informer<T> informer, IEntityController<T> controller, IEntityFinalizer<T>? finalizer, string? finalizerName, string fieldManager, Func<T, bool>? needsFinalizer = null) : IReconciler
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly ConcurrentDictionary<ObjectKey, T> lastSeen = [];

    public async Task<Outcome> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        if (!informer.Store.TryGet(key, out var entity))
        {
            if (lastSeen.TryRemove(key, out var last))
                await controller.DeletedAsync(last, cancellationToken);
            return new Outcome.Gone();
        }
        lastSeen[key] = entity;
        if (entity.Metadata.DeletionTimestamp is not null)
            return await FinalizeAsync(key, entity, cancellationToken);
        if (finalizer is not null && (needsFinalizer?.Invoke(entity) ?? true) != HasFinalizer(entity))
        {
            var others = (entity.Metadata.Finalizers ?? []).Where(name => name != finalizerName);
            if (await Finalizers.PatchAsync(api, informer, entity, HasFinalizer(entity) ? others : others.Append(finalizerName!), fieldManager, cancellationToken) is not { } patched)
                return new Outcome.Gone();
            entity = patched;
        }
        return (await controller.ReconcileAsync(entity, cancellationToken)).Outcome;
    }

    private async Task<Outcome> FinalizeAsync(ObjectKey key, T entity, CancellationToken cancellationToken)
    {
        // Others may still hold it: their last word removes it from the store, and that is an event.
        if (finalizer is null || !HasFinalizer(entity))
            return new Outcome.Gone();
        var result = await finalizer.FinalizeAsync(entity, cancellationToken);
        if (result.Outcome is not (Outcome.Done or Outcome.Gone))
            return result.Outcome;
        // The finalizer may have written status meanwhile, and the store holds the server's answer to that.
        var latest = informer.Store.Get(key);
        if (latest is not null && latest.Metadata.Uid == entity.Metadata.Uid)
            await Finalizers.PatchAsync(api, informer, latest, (latest.Metadata.Finalizers ?? []).Where(name => name != finalizerName), fieldManager, cancellationToken);
        return new Outcome.Gone();
    }

    private bool HasFinalizer(T entity) => entity.Metadata.Finalizers?.Contains(finalizerName!) == true;
}
