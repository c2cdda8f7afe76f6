using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace RucioOperator.Observed;

/// <summary>
/// Where names of hosts lead. Each is asked for once in a while, not in every pass; one that leads nowhere, or is slow to
/// tell, has no addresses: somebody's storage may be down.
/// </summary>
/// <param name="resolve">Addresses of a name.</param>
/// <param name="fresh">An answer is good for so long.</param>
public sealed class HostNames(Func<string, CancellationToken, Task<IPAddress[]>> resolve, TimeProvider time, TimeSpan fresh)
{
    /// <summary>A resolver that doesn't answer must not hold up the storages of everybody.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Retry = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, (IReadOnlyList<IPAddress> Addresses, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);

    public static HostNames System(TimeProvider time, TimeSpan fresh) => new((host, ct) => Dns.GetHostAddressesAsync(host, ct), time, fresh);

    /// <summary>Those of many hosts at once; what takes too long is asked for again in a minute.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<IPAddress>>> ResolveAsync(IEnumerable<string> hosts, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var wanted = hosts.Distinct(StringComparer.Ordinal).ToList();
        var stale = wanted.Where(h => !_known.TryGetValue(h, out var known) || known.Until <= now).ToList();
        if (stale.Count > 0)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(Patience);
            await Parallel.ForEachAsync(stale, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, async (host, _) => await AskAsync(host, now, patience.Token));
        }
        return wanted.ToDictionary(h => h, h => _known.TryGetValue(h, out var known) ? known.Addresses : [], StringComparer.Ordinal);
    }

    private async Task AskAsync(string host, DateTimeOffset now, CancellationToken patience)
    {
        try
        {
            // The resolver of the C library heeds no token.
            _known[host] = (await resolve(host, patience).WaitAsync(patience), now + fresh);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ArgumentException)
        {
            // What was known before is better than nothing.
            _known[host] = (_known.TryGetValue(host, out var before) ? before.Addresses : [], now + (Retry < fresh ? Retry : fresh));
        }
    }
}
