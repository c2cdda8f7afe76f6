using System.Collections.Concurrent;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>How many endpoints are looked at at once: those of one VO that all hang must not hold up the neighbours'.</summary>
internal sealed class EndpointTurns
{
    public const int OfVo = 2;
    public const int OfInstance = 8;
    public const int Total = 16;

    private readonly SemaphoreSlim _total = new(Total);
    private readonly ConcurrentDictionary<ObjectKey, SemaphoreSlim> _instances = new(), _vos = new();

    /// <summary>Always from the narrowest to the widest, so that nobody waits in a circle.</summary>
    public async Task<T> TakeAsync<T>(WatchedStorage storage, Func<Task<T>> act, CancellationToken ct)
    {
        using var vo = await Turn.TakeAsync(_vos.GetOrAdd(storage.Vo, _ => new(OfVo)), ct);
        using var instance = await Turn.TakeAsync(_instances.GetOrAdd(storage.Instance, _ => new(OfInstance)), ct);
        using var any = await Turn.TakeAsync(_total, ct);
        return await act();
    }
}
