using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RucioOperator.Grid;
using RucioOperator.Runtime;

namespace RucioOperator.Apply.Transfers;

/// <summary>What all followers of a holder share.</summary>
/// <param name="Reach">Where a VOMS host leads; null: the operator does not connect there for a tenant, empty: nowhere.</param>
/// <param name="Chance">0 to 1.</param>
/// <param name="Failed">Step and reason: for a counter.</param>
internal sealed record TransferTools(IGridServers Servers, Func<VomsWish, CancellationToken, Task<IReadOnlyList<IPAddress>?>> Reach, TimeProvider Time, Func<double> Chance, Action<string, string> Failed)
{
    /// <summary>Null: a look on nobody's behalf.</summary>
    public Holder? Holder { get; init; }

    public GridTurns Turns { get; init; } = new();

    public ILogger Logger { get; init; } = NullLogger.Instance;

    public DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>What an exception comes to; an unknown one's text may hold anything.</summary>
    public TransferFault Fault(string step, Exception error)
    {
        var reason = error is GridRefusedException refused ? refused.Reason : "Failed";
        return Fault(step, reason, error is GridRefusedException ? error.Message : $"internal error ({error.GetType().Name})");
    }

    public TransferFault Fault(string step, string reason, string message)
    {
        Failed(step, reason);
        return new(step, reason, message, Now);
    }
}

/// <summary>
/// How many work at once: making keys takes a processor, servers that hang must hold up nobody else's; and of one identity at one FTS server only
/// one at all, since two that renew it at the same time lose it (rucio/helm-charts, pull requests 47 and 52).
/// </summary>
internal sealed class GridTurns
{
    private const int Keys = 2, OfServer = 8, OfVoms = 16;

    private readonly SemaphoreSlim _keys = new(Keys), _voms = new(OfVoms);
    private readonly ConcurrentDictionary<Uri, SemaphoreSlim> _servers = new();
    private readonly ConcurrentDictionary<(Uri, string), SemaphoreSlim> _identities = new();

    public Task<Turn> KeyAsync(CancellationToken ct) => Turn.TakeAsync(_keys, ct);

    public Task<Turn> VomsAsync(CancellationToken ct) => Turn.TakeAsync(_voms, ct);

    /// <summary>From the narrower to the wider, so that nobody waits in a circle.</summary>
    public async Task<IDisposable> FtsAsync(Uri server, ClientCredential credential, CancellationToken ct)
    {
        var identity = await Turn.TakeAsync(_identities.GetOrAdd((server, Identity(credential.Dn, credential.Fqans)), _ => new(1)), ct);
        try
        {
            return new Both(await Turn.TakeAsync(_servers.GetOrAdd(server, _ => new(OfServer)), ct), identity);
        }
        catch (OperationCanceledException)
        {
            identity.Dispose();
            throw;
        }
    }

    /// <summary>FTS makes the delegation's id of them, in their order.</summary>
    public static string Identity(string dn, IEnumerable<string> fqans) => string.Join('\n', [dn, .. fqans]);

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}
