using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using RucioOperator.Grid;
using RucioOperator.Runtime;

namespace RucioOperator.Apply.Transfers;

/// <summary>
/// Keeps proxies alive and delegated, beside the loops: a pass says what it wants, gets what is known, and never waits for a server. Who lives by it is
/// woken only when something is different. The one writer at every FTS server, across the whole operator.
/// </summary>
/// <param name="reach">See <see cref="TransferTools"/>.</param>
/// <param name="chance">0 to 1.</param>
/// <param name="failed">Whose, step and reason.</param>
public sealed class ProxyKeeper(IGridServers servers, Func<VomsWish, CancellationToken, Task<IReadOnlyList<IPAddress>?>> reach, TimeProvider time, Func<double> chance, Action<Holder, string, string> failed, ILogger logger) : IDisposable
{
    private readonly GridTurns _turns = new();
    private readonly ConcurrentDictionary<Holder, ProxyFollower> _followers = new();

    /// <summary>Something about a holder's proxy or delegations is different.</summary>
    public event Action<Holder>? Changed;

    /// <summary>All that is kept, for gauges.</summary>
    public IEnumerable<(Holder Holder, DateTimeOffset CredentialNotAfter, TransferState State)> Kept =>
        _followers.Select(f => (f.Key, f.Value.Wish, f.Value.State)).Where(f => f.Wish is not null).Select(f => (f.Key, f.Wish!.CredentialNotAfter, f.State));

    /// <param name="saved">PEM of a proxy from before a restart, asked for once.</param>
    /// <param name="now">Somebody asks: look, and try what failed.</param>
    public TransferState Follow(TransferWish wish, Func<string?>? saved, bool now) => At(wish.Holder).Follow(wish, saved, now);

    /// <summary>Null: nothing is known that was made for this owner.</summary>
    public TransferState? Find(Holder holder, ObjectKey owner) => _followers.GetValueOrDefault(holder) is { } follower && follower.Owner == owner ? follower.State : null;

    /// <inheritdoc cref="ProxyFollower.Release"/>
    public IReadOnlyList<LeavingDelegation> Release(Holder holder, ObjectKey owner, IReadOnlyList<FormerDelegation> former, IReadOnlyList<ClientCredential> credentials, string authorities, bool now = false)
    {
        if (former.Count == 0 && !_followers.ContainsKey(holder))
        {
            return [];
        }
        var left = At(holder).Release(owner, former, credentials, authorities, now);
        if (former.Count == 0 && left.Count == 0)
        {
            Forget(holder, owner);
        }
        return left;
    }

    /// <summary>No more calls for now; what is known stays.</summary>
    public void Rest(Holder holder, ObjectKey owner)
    {
        if (_followers.TryGetValue(holder, out var follower) && follower.Owner == owner)
        {
            follower.Rest();
        }
    }

    /// <summary>What somebody else asked for stays.</summary>
    public void Forget(Holder holder, ObjectKey owner)
    {
        if (_followers.TryGetValue(holder, out var follower) && follower.Owner == owner && _followers.TryRemove(KeyValuePair.Create(holder, follower)))
        {
            follower.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var (holder, _) in _followers)
        {
            if (_followers.TryRemove(holder, out var follower))
            {
                follower.Dispose();
            }
        }
    }

    /// <summary>Null: nothing that can be read.</summary>
    public static ClientCredential? Read(string? pem)
    {
        try
        {
            return pem is null ? null : ClientCredential.FromPem(pem);
        }
        catch (Exception error) when (error is ArgumentException or CryptographicException)
        {
            return null;
        }
    }

    private ProxyFollower At(Holder holder) =>
        _followers.GetOrAdd(holder, key => new ProxyFollower(new(servers, reach, time, chance, (step, reason) => failed(key, step, reason)) { Holder = key, Turns = _turns, Logger = logger }, former => _followers.Values.Any(f => f.Wants(former)), () => Changed?.Invoke(key)));
}
