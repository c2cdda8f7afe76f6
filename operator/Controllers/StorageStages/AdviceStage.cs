using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Desired;
using RucioOperator.Planning;

namespace RucioOperator.Controllers.StorageStages;

/// <summary>What is allowed and yet unwise: told in a condition that is there only while there is something to tell, and once in an event.</summary>
internal static class AdviceStage
{
    private const int Told = 5;

    public static readonly StorageStage Stage = new(StorageConditions.Advised, RunAsync);

    private static async Task<TimeSpan?> RunAsync(StorageWork work, CancellationToken ct)
    {
        if (work is { Vo: { } vo, Observed: { } observed, Planned.Count: > 0 })
        {
            var spec = work.Instance.Spec;
            var advice = new StorageAdvice(new(
                spec.MultiVo && vo.Spec.Tag != BaseVo.Tag, spec.External is not null || vo.Spec.PolicyPackageName is not null, spec.Transfers?.FtsServers is { Count: > 0 },
                [vo.Spec.Tag, .. NamesOf(vo)], observed)
            {
                WantsTokens = StorageDefaults.Of(work.Instance, vo).Tokens,
                NoTokens = NoTokens(work.Instance),
                Schemes = spec.Transfers?.Schemes,
            }).For([.. work.Planned.Values.Select(p => p.Rse)]);
            foreach (var planned in work.Planned.Values.Where(p => advice.ContainsKey(p.Rse.Name)))
            {
                await TellAsync(work, planned.Storage, advice[planned.Rse.Name], ct);
            }
            foreach (var storage in work.Active.Where(s => !advice.ContainsKey(s.Spec.Rse)))
            {
                work.Report(storage).Remove(StorageConditions.Advised);
            }
        }
        return null;
    }

    private static async Task TellAsync(StorageWork work, StorageElement storage, IReadOnlyList<Advice> advice, CancellationToken ct)
    {
        var before = storage.Status?.Conditions?.FirstOrDefault(c => c.Type == StorageConditions.Advised)?.Message ?? "";
        work.Report(storage).True(StorageConditions.Advised, advice[0].Reason, string.Join("; ", advice.Take(Told)));
        foreach (var news in advice.Where(a => !before.Contains($"({a.Reason})", StringComparison.Ordinal)))
        {
            await work.Parts.Events.WarningAsync(storage, news.Reason, "Advise", $"{news.Field}: {news.Text}", ct);
        }
    }

    /// <summary>As far as it can be known: of somebody else's Rucio nothing is.</summary>
    private static string? NoTokens(RucioInstance instance)
    {
        if (instance.Spec.External is not null)
        {
            return null;
        }
        if (instance.Spec.Oidc?.AdminIssuer is null)
        {
            return $"RucioInstance {instance.Metadata.Name} has no spec.oidc.adminIssuer";
        }
        return instance.Status?.Conditions?.FirstOrDefault(c => c.Type == InstanceConditions.OidcReady) is { Status: "False" }
            ? $"condition OidcReady of RucioInstance {instance.Metadata.Name} is not met"
            : null;
    }

    /// <summary>Parts of names that are long enough to mean somebody.</summary>
    private static IEnumerable<string> NamesOf(VirtualOrganisation vo) =>
        new[] { vo.Metadata.Name, vo.Spec.LongName ?? "" }.SelectMany(n => n.Split('.', '-')).Where(n => n.Length >= 4).Distinct();
}
