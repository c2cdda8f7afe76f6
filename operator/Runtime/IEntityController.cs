using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

public interface IEntityController<TEntity> where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Called with the cached entity, finalizer already present. Treat the entity as read-only: it is shared.</summary>
    Task<ReconciliationResult<TEntity>> ReconcileAsync(TEntity entity, CancellationToken cancellationToken);

    /// <summary>Informational: the object is gone. Not called for what was deleted while the operator was down.</summary>
    Task<ReconciliationResult<TEntity>> DeletedAsync(TEntity entity, CancellationToken cancellationToken) =>
        Task.FromResult(ReconciliationResult<TEntity>.Success(entity));
}

public interface IEntityFinalizer<TEntity> where TEntity : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>The finalizer is removed only on success (<see cref="Outcome.Done"/>).</summary>
    Task<ReconciliationResult<TEntity>> FinalizeAsync(TEntity entity, CancellationToken cancellationToken);
}
