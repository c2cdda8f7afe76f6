using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>
/// Carries out the plan for a VO's storages. An import is one transaction: refused, it is halved until the culprit stands
/// alone, and only that storage carries the error. No answer means unknown: stop, and observe again.
/// </summary>
public sealed class StoragePlanExecution(RucioSession root, string vo, ILogger logger)
{
    private readonly Dictionary<string, string> _errors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _refusedDistances = new(StringComparer.Ordinal);
    private bool _imported;
    private RucioRejectedException? _doubtful;

    /// <summary>RSE → what Rucio said of it.</summary>
    public IReadOnlyDictionary<string, string> Errors => _errors;

    /// <summary>RSE → what Rucio said of a distance that it asked for; of several, the last.</summary>
    public IReadOnlyDictionary<string, string> RefusedDistances => _refusedDistances;

    /// <exception cref="RucioUnavailableException">No usable answer.</exception>
    /// <exception cref="RucioRejectedException">The server refuses this account, is overloaded, or fails whatever is asked.</exception>
    public async Task RunAsync(IEnumerable<StorageChange> changes, CancellationToken ct)
    {
        foreach (var change in changes)
        {
            using var span = RuntimeTracing.Part("change");
            span?.SetTag("change", change.Describe());
            switch (change)
            {
                case ImportRses import:
                    await ImportAllAsync(import.Rses, ImportDocument.Of, (r, said) => _errors[r.Name] = said, ct);
                    break;
                case ImportDistances import:
                    await ImportAllAsync([.. import.Pairs.Where(Both)], ImportDocument.Of, Refuse, ct);
                    break;
                case RemoveProtocol c when !_errors.ContainsKey(c.Name):
                    await OneAsync(said => _errors[c.Name] = said, root.RemoveProtocolAsync(c.Name, c.Scheme, c.Hostname, c.Port, ct));
                    break;
                case RemoveAttribute c when !_errors.ContainsKey(c.Name):
                    await OneAsync(said => _errors[c.Name] = said, root.RemoveRseAttributeAsync(c.Name, c.Key, ct));
                    break;
                case RemoveMinFreeSpace c when !_errors.ContainsKey(c.Name):
                    await OneAsync(said => _errors[c.Name] = said, root.RemoveLimitAsync(c.Name, StoragePlan.MinFreeSpace, ct));
                    break;
                case RemoveDistance c when Both(c.Pair):
                    await OneAsync(said => Refuse(c.Pair, said), root.RemoveDistanceAsync(c.Pair.Source, c.Pair.Destination, ct));
                    break;
                case DeleteRse c:
                    await OneAsync(said => _errors[c.Name] = said, root.DeleteRseAsync(c.Name, ct));
                    break;
            }
            ApplyLog.Made(logger, vo, change);
        }
    }

    /// <summary>One that is refused isn't there to have distances.</summary>
    private bool Both(DistancePair pair) => !_errors.ContainsKey(pair.Source) && !_errors.ContainsKey(pair.Destination);

    private void Refuse(DistancePair pair, string said) => _refusedDistances[pair.For] = $"distance {pair.Source} → {pair.Destination}: {said}";

    /// <summary>
    /// A value that its column or Rucio's own code can't take ends as DatabaseException or a bare 500, which a server in
    /// trouble also answers: it is the storage's fault only if the same server took something else.
    /// </summary>
    private async Task ImportAllAsync<T>(IReadOnlyList<T> items, Func<IEnumerable<T>, System.Text.Json.Nodes.JsonObject> document, Action<T, string> blame, CancellationToken ct)
    {
        await ImportAsync(items, document, blame, ct);
        if (_doubtful is not null && !_imported)
        {
            throw _doubtful;
        }
    }

    private async Task ImportAsync<T>(IReadOnlyList<T> items, Func<IEnumerable<T>, System.Text.Json.Nodes.JsonObject> document, Action<T, string> blame, CancellationToken ct)
    {
        if (items.Count == 0)
        {
            return;
        }
        try
        {
            await root.ImportAsync(document(items), ct);
            _imported = true;
        }
        catch (RucioRejectedException refused) when (!refused.IsOverload && refused.ExceptionClass is not ("CannotAuthenticate" or "AccessDenied"))
        {
            if (items.Count == 1)
            {
                _doubtful = refused.IsTransient ? refused : _doubtful;
                blame(items[0], refused.Message);
                return;
            }
            var half = items.Count / 2;
            await ImportAsync([.. items.Take(half)], document, blame, ct);
            await ImportAsync([.. items.Skip(half)], document, blame, ct);
        }
    }

    private static async Task OneAsync(Action<string> blame, Task call)
    {
        try
        {
            await call;
        }
        catch (RucioRejectedException refused) when (!refused.IsTransient)
        {
            blame(refused.Message);
        }
    }
}
