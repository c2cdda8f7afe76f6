namespace RucioOperator.Runtime;

/// <summary>
/// Brings one key to its desired state. Never called for the same key by two workers at once; what happened is
/// deliberately not passed on, only that something may have. A thrown exception counts as <see cref="Outcome.Failed"/>.
/// </summary>
public interface IReconciler
{
    Task<Outcome> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken);
}
