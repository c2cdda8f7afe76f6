using System.Collections.Concurrent;
using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>One storage whose endpoints are looked at.</summary>
/// <param name="Vo">Of its VirtualOrganisation: who is woken.</param>
/// <param name="Urls">Joined by line breaks, so that equal is equal.</param>
public sealed record WatchedStorage(ObjectKey Storage, ObjectKey Vo, ObjectKey Instance, string Urls, TimeSpan Interval);

/// <summary>
/// Looks at endpoints beside the loops, each storage in its own time: a pass asks for what is known and never waits for a
/// server. Who lives by it is woken only when something is different.
/// </summary>
/// <param name="look">At one endpoint of an instance's tenant; null: not now.</param>
/// <param name="chance">0 to 1.</param>
public sealed class EndpointWatch(Func<ObjectKey, string, CancellationToken, Task<EndpointResult?>> look, TimeProvider time, Func<double> chance)
{
    private readonly ConcurrentDictionary<ObjectKey, EndpointFollower> _followers = new();
    private readonly EndpointTurns _turns = new();

    /// <summary>Of a VirtualOrganisation: something about its storages' endpoints is different.</summary>
    public event Action<ObjectKey>? Changed;

    /// <summary>When the first certificate of each storage expires.</summary>
    public IEnumerable<(ObjectKey Storage, DateTimeOffset Expires)> Certificates =>
        _followers.Select(f => (f.Key, f.Value.Known?.Min(r => r.Expires))).Where(f => f.Item2 is not null).Select(f => (f.Key, f.Item2!.Value));

    /// <summary>What is known; null: nothing yet. A storage is looked at until <see cref="Forget"/>.</summary>
    /// <param name="before">Somebody knew something of these endpoints, before a restart: no hurry.</param>
    /// <param name="now">Somebody asks: look now.</param>
    public IReadOnlyList<EndpointResult>? Results(WatchedStorage storage, bool before, bool now)
    {
        var follower = _followers.GetOrAdd(storage.Storage, key => new EndpointFollower(time, chance, LookAsync, vo => Changed?.Invoke(vo)));
        return follower.Follow(storage, before, now);
    }

    public void Forget(ObjectKey storage)
    {
        if (_followers.TryRemove(storage, out var follower))
        {
            follower.Dispose();
        }
    }

    /// <summary>All of a VO but these.</summary>
    public void Keep(ObjectKey vo, IReadOnlySet<ObjectKey> storages)
    {
        foreach (var gone in _followers.Where(f => f.Value.Vo == vo && !storages.Contains(f.Key)).Select(f => f.Key))
        {
            Forget(gone);
        }
    }

    private Task<EndpointResult?> LookAsync(WatchedStorage storage, string url, CancellationToken ct) =>
        _turns.TakeAsync(storage, () => look(storage.Instance, url, ct), ct);
}
