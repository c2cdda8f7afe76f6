using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Planning.Checks;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.StorageStages;

/// <summary>Tells what is known of the endpoints. A pass never waits for a server, and a storage that is down is no fault of the manifests: Ready stays.</summary>
internal static class EndpointsStage
{
    public const string Checking = nameof(Checking);

    public static readonly StorageStage Stage = new(StorageConditions.EndpointsReachable, RunAsync);

    private static async Task<TimeSpan?> RunAsync(StorageWork work, CancellationToken ct)
    {
        var watched = work.Planned.Values.Where(p => p.Storage.Spec is { Check.Endpoints: true, Endpoints.Count: > 0 }).Select(p => p.Storage).ToDictionary(ObjectKey.Of);
        work.Parts.Endpoints.Keep(work.VoKey, watched.Keys.ToHashSet());
        foreach (var storage in work.Active)
        {
            if (watched.ContainsKey(ObjectKey.Of(storage)))
            {
                await TellAsync(work, storage, ct);
            }
            else if (storage.Spec is { Check.Endpoints: true, Endpoints.Count: > 0 })
            {
                work.Report(storage).Unknown(StorageConditions.EndpointsReachable, "Waiting", "Not looked at: an earlier condition is not met");
            }
            else
            {
                work.Report(storage).Remove(StorageConditions.EndpointsReachable);
                work.Status(storage, s => s with { Endpoints = null });
            }
        }
        return null;
    }

    private static async Task TellAsync(StorageWork work, StorageElement storage, CancellationToken ct)
    {
        var (spec, report, before) = (storage.Spec, work.Report(storage), storage.Status?.Endpoints ?? []);
        var urls = spec.Endpoints!.Select(e => e.Url).ToList();
        var knownBefore = before.Select(e => e.Url).SequenceEqual(urls);
        var watched = new WatchedStorage(ObjectKey.Of(storage), work.VoKey, Indexes.InstanceOf(work.Vo!), string.Join('\n', urls), DurationText.Parse(spec.Check!.Interval));
        var asked = StatusPass.IsAsked(storage);
        var now = work.Parts.Time.GetUtcNow();
        if (work.Parts.Endpoints.Results(watched, knownBefore, asked) is not { } results)
        {
            if (!knownBefore)
            {
                report.Unknown(StorageConditions.EndpointsReachable, Checking, "The first look is under way");
                work.Status(storage, s => s with { Endpoints = null });
            }
            else if (before.All(e => e.Result == EndpointResult.Answers))
            {
                // Time alone may have brought a certificate near its end.
                await VerdictAsync(work, storage, [.. before.Select(e => new EndpointResult(e.Url, e.Result, e.CertificateExpires))], now, ct);
            }
            return;
        }
        work.Status(storage, s => s with { Endpoints = [.. results.Select((r, n) => Status(r, before.FirstOrDefault(e => e.Url == r.Url), now))] });
        await VerdictAsync(work, storage, results, now, ct);
    }

    private static async Task VerdictAsync(StorageWork work, StorageElement storage, IReadOnlyList<EndpointResult> results, DateTimeOffset now, CancellationToken ct)
    {
        var verdict = EndpointsVerdict.Of(results, now);
        switch (verdict.Status)
        {
            case true: work.Report(storage).True(StorageConditions.EndpointsReachable, verdict.Reason, verdict.Message); break;
            case false: work.Report(storage).False(StorageConditions.EndpointsReachable, verdict.Reason, verdict.Message); break;
            case null: work.Report(storage).Unknown(StorageConditions.EndpointsReachable, verdict.Reason, verdict.Message); break;
        }
        if (verdict.IsNews && storage.Status?.Conditions?.Any(c => c.Type == StorageConditions.EndpointsReachable && c.Reason == verdict.Reason && c.Message == verdict.Message) != true)
        {
            await work.Parts.Events.WarningAsync(storage, verdict.Reason, "Check", verdict.Message, ct);
        }
    }

    private static EndpointStatus Status(EndpointResult result, EndpointStatus? before, DateTimeOffset now) => new()
    {
        Url = result.Url,
        Result = result.Result,
        Since = before?.Result == result.Result && before.Since is { } since ? since : MetaTime.Of(now),
        CertificateExpires = result.Expires?.UtcDateTime,
    };
}
