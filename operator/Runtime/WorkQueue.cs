#pragma warning disable CS9113
namespace RucioOperator.Runtime;

/// <summary>
/// Keys waiting for a worker. Duplicate adds collapse, a key is never handed out twice at once, an add during
/// processing runs once afterwards; the earliest due time and the highest priority win.
/// </summary>
public sealed class WorkQueue<TKey>(TimeProvider time, Backoff backoff) where TKey : notnull
{
    public void Add(TKey key, TimeSpan delay = default, int priority = QueuePriority.Related) => throw new NotImplementedException();

    /// <summary>Adds after the item's own back-off, which grows with each call until <see cref="Forget"/>.</summary>
    public TimeSpan AddRateLimited(TKey key, int priority = QueuePriority.Resync, TimeSpan atLeast = default) => throw new NotImplementedException();

    public void Forget(TKey key) => throw new NotImplementedException();

    /// <summary>Waits for a key; each must be given back with <see cref="Done"/>.</summary>
    public Task<TKey> TakeAsync(CancellationToken cancellationToken) => throw new NotImplementedException();

    public void Done(TKey key) => throw new NotImplementedException();
}
