using System.Collections.Concurrent;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Controllers.StorageStages;

/// <summary>Tells Rucio how full storages are that have a capacity, and people how full all are.</summary>
internal static class SpaceStage
{
    private const int CallsAtOnce = 4;
    private const string ReportForbidden = nameof(ReportForbidden);

    /// <summary>Of storages over REST that nobody has asked about yet; the others follow with later passes.</summary>
    private const int AskedInOnePass = 20;

    public static readonly StorageStage Stage = new(StorageConditions.SpaceKnown, async (work, ct) =>
    {
        var refused = work.Connection is null || work.Observed is null ? new Dictionary<string, (string Reason, string Message)>() : await ReportAsync(work, ct);
        foreach (var (storage, rse) in work.Present)
        {
            Tell(work, storage, rse, refused.TryGetValue(rse.Name, out var why) ? why : null);
        }
        if (work.Observed is not null)
        {
            work.Parts.Metrics.Space(work.VoKey, [.. work.Present.Where(p => p.Rse.Space is not null).Select(p => (p.Storage.Metadata.Name, p.Rse.Space!))]);
        }
        return null;
    });

    /// <returns>RSE → why Rucio did not take the report.</returns>
    private static async Task<IReadOnlyDictionary<string, (string Reason, string Message)>> ReportAsync(StorageWork work, CancellationToken ct)
    {
        var refused = new ConcurrentDictionary<string, (string Reason, string Message)>(StringComparer.Ordinal);
        foreach (var (storage, rse) in work.Converged)
        {
            if (Forbidden(storage.Storage) is { } message)
            {
                refused[rse.Name] = (ReportForbidden, message);
            }
        }
        var unknown = work.Converged.Where(c => c.Rse.Space is null && c.Storage.Storage.Spec is { Capacity: not null } or { MinFreeSpace: not null }).Select(c => c.Rse.Name).Take(AskedInOnePass).ToList();
        if (unknown.Count > 0)
        {
            work.Observed = await work.Connection!.RefreshSpaceAsync(work.Look, unknown, ct);
        }
        if (Due(work, refused.Keys) is { Count: > 0 } maybe)
        {
            // The snapshot may be minutes old, and somebody else may report by now.
            work.Observed = await work.Connection!.RefreshSpaceAsync(work.Look, [.. maybe.Keys], ct);
            var due = Due(work, refused.Keys);
            var root = work.Connection.As(work.Look.Root!, work.Parts.Time);
            await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = CallsAtOnce, CancellationToken = ct }, async (report, token) =>
            {
                try
                {
                    await root.ReportSpaceAsync(report.Key, report.Value, token);
                    work.Parts.Metrics.SpaceReported();
                }
                catch (RucioRejectedException error) when (!error.IsOverload)
                {
                    refused[report.Key] = (error.ExceptionClass == "AccessDenied" ? ReportForbidden : "RucioRefused", error.Message);
                }
            });
            if (due.Count > 0)
            {
                work.Observed = await work.Connection.RefreshSpaceAsync(work.Look, [.. due.Keys], ct);
            }
        }
        return refused;
    }

    /// <summary>Only root may report (lib/rucio/core/permission/generic.py, perm_set_rse_usage): an account that may not is not tried again before somebody asks, or edits.</summary>
    private static string? Forbidden(StorageElement storage) =>
        storage.Status is { Conditions: { } conditions } status && status.ObservedGeneration == storage.Metadata.Generation && StatusPass.Token(storage) == status.LastHandledReconcileAt
            ? conditions.FirstOrDefault(c => c is { Type: StorageConditions.SpaceKnown, Status: "False", Reason: ReportForbidden })?.Message : null;

    private static Dictionary<string, SpaceReport> Due(StorageWork work, ICollection<string> refused) => work.Converged.Where(c => !refused.Contains(c.Rse.Name))
        .Select(c => (c.Rse.Name, Report: Decide(work, c.Storage.Storage, c.Rse)?.Report))
        .Where(d => d.Report is not null).ToDictionary(d => d.Name, d => d.Report!, StringComparer.Ordinal);

    private static SpaceDecision? Decide(StorageWork work, StorageElement storage, ObservedRse rse) => rse.Space is not { } space ? null : SpaceReporting.Decide(
        Bytes(storage.Spec.Capacity), Bytes(storage.Status?.Space?.Capacity), storage.Spec.MinFreeSpace is not null, space, work.Parts.Time.GetUtcNow().UtcDateTime);

    private static long? Bytes(string? quantity) => quantity is not null && Quantity.TryBytes(quantity, out var bytes) ? bytes : null;

    private static void Tell(StorageWork work, StorageElement storage, ObservedRse rse, (string Reason, string Message)? refused)
    {
        var (report, decision, before) = (work.Report(storage), Decide(work, storage, rse), storage.Status?.Space);
        if (decision is null)
        {
            report.Remove(rse.Space is null ? [] : [StorageConditions.SpaceKnown]);
        }
        else if (refused is var (reason, message))
        {
            report.False(StorageConditions.SpaceKnown, reason, message);
        }
        else if (decision.Report is null || !work.Converged.Any(c => c.Rse.Name == rse.Name))
        {
            var isTold = decision.Reason is SpaceReporting.Reported or SpaceReporting.ReportedByOthers;
            (isTold ? report.True : (Action<string, string, string>)report.False)(StorageConditions.SpaceKnown, decision.Reason, decision.Message);
        }
        var capacity = decision switch
        {
            { Reason: SpaceReporting.Reported, Report: null } => storage.Spec.Capacity,
            { Reason: SpaceReporting.ReportedByOthers } or null when rse.Space is not null => null,
            _ => before?.Capacity,
        };
        work.Status(storage, s => s with { Space = SpaceWords.Next(before, rse.Space, capacity) });
    }
}
