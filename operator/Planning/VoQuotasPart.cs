using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>How much each account may place on which storage, and on several together: exactly what its quotas say.</summary>
internal static class VoQuotasPart
{
    private static readonly IReadOnlyDictionary<string, long> None = new Dictionary<string, long>();

    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        foreach (var account in desired.Accounts.Where(a => !a.Suspended))
        {
            var wanted = WantedQuotas.Of(account, observed);
            problems.AddRange(wanted.Unmatched.Select(e => new Problem(VoConditions.QuotasReady, VoPlan.WaitingForStorage,
                $"the quota of account {account.Name} waits for storage {e}: no StorageElement of this VO {(Api.RseExpression.Parse(e) is Api.RseExpression.Flag ? "has made it yet" : "matches that yet")}")));
            var have = observed.Accounts.GetValueOrDefault(account.Name);
            var (limits, totals) = (have?.Limits ?? None, have?.Totals ?? None);
            foreach (var (rse, bytes) in Differing(wanted.Local, limits))
            {
                yield return new SetQuota(account.Name, rse, bytes);
            }
            foreach (var (expression, bytes) in Differing(wanted.Totals, totals))
            {
                yield return new SetTotal(account.Name, expression, bytes);
            }
            foreach (var rse in Surplus(wanted.Local, limits))
            {
                yield return new RemoveQuota(account.Name, rse);
            }
            foreach (var expression in Surplus(wanted.Totals, totals))
            {
                yield return new RemoveTotal(account.Name, expression);
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, long>> Differing(IReadOnlyDictionary<string, long> wanted, IReadOnlyDictionary<string, long> have) =>
        wanted.Where(w => !have.TryGetValue(w.Key, out var bytes) || bytes != w.Value);

    private static IEnumerable<string> Surplus(IReadOnlyDictionary<string, long> wanted, IReadOnlyDictionary<string, long> have) =>
        have.Keys.Where(k => !wanted.ContainsKey(k)).Order(StringComparer.Ordinal);

    /// <summary>What an account that is closed gives back while it is still active.</summary>
    internal static IEnumerable<VoChange> Release(ObservedAccount account) =>
    [
        .. account.Limits.Keys.Order(StringComparer.Ordinal).Select(rse => new RemoveQuota(account.Name, rse)),
        .. account.Totals.Keys.Order(StringComparer.Ordinal).Select(expression => new RemoveTotal(account.Name, expression)),
    ];
}
