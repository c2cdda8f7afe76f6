using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using RucioOperator.Runtime;

namespace RucioOperator.Grid;

/// <summary>Authorities of one instance, and where their revocation lists are.</summary>
/// <param name="Fingerprint">Of the authorities, the addresses and the interval together, so that equal is equal.</param>
public sealed record WatchedAuthorities(ObjectKey Instance, string Fingerprint, IReadOnlyList<X509Certificate2> Authorities, IReadOnlyList<string> Urls, TimeSpan Interval);

/// <param name="Lists">The newest of each issuer that was ever seen.</param>
/// <param name="Faults">Address → what was wrong there at the last look.</param>
/// <param name="Looked">At every address, at least once since the process started or the authorities changed.</param>
public sealed record RevocationState(IReadOnlyList<RevocationList> Lists, IReadOnlyDictionary<string, string> Faults, bool Looked)
{
    public static readonly RevocationState Empty = Of([]);

    public static RevocationState Of(IReadOnlyList<RevocationList> lists) => new(lists, new Dictionary<string, string>(), Looked: false);
}

/// <summary>
/// Fetches revocation lists beside the loops: a pass asks for what is known and never waits for a server. A list is taken
/// only with its authority's signature, and kept until there is a newer one. Who lives by them is woken when something is different.
/// </summary>
/// <param name="fetch">What is at an address; it throws <see cref="HttpRequestException"/> with words for people.</param>
/// <param name="chance">0 to 1.</param>
public sealed class RevocationWatch(Func<Uri, CancellationToken, Task<byte[]>> fetch, TimeProvider time, Func<double> chance)
{
    private readonly ConcurrentDictionary<ObjectKey, RevocationFollower> _followers = new();

    /// <summary>How many are fetched at once, of all instances.</summary>
    private readonly SemaphoreSlim _turns = new(8);

    /// <summary>Of an instance.</summary>
    public event Action<ObjectKey>? Changed;

    /// <summary>Of each instance's authorities, when their list runs out.</summary>
    public IEnumerable<(ObjectKey Instance, string Authority, DateTimeOffset NextUpdate)> Ends =>
        _followers.SelectMany(f => f.Value.Ends().Select(e => (f.Key, e.Authority, e.NextUpdate)));

    /// <summary>What is known. An instance's authorities are followed until <see cref="Forget"/>.</summary>
    /// <param name="saved">PEM of the lists that an earlier process had; asked for once.</param>
    public RevocationState Follow(WatchedAuthorities wish, Func<IEnumerable<string>> saved) =>
        _followers.GetOrAdd(wish.Instance, key => new RevocationFollower(time, chance, TakeTurnAsync, () => Changed?.Invoke(key))).Follow(wish, saved);

    public void Forget(ObjectKey instance)
    {
        if (_followers.TryRemove(instance, out var follower))
        {
            follower.Dispose();
        }
    }

    private async Task<byte[]> TakeTurnAsync(Uri url, CancellationToken ct)
    {
        using var turn = await Turn.TakeAsync(_turns, ct);
        return await fetch(url, ct);
    }
}
