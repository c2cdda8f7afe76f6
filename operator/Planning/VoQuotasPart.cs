using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>How much each account may place on which storage.</summary>
internal static class VoQuotasPart
{
    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        var rses = observed.Rses.Values.Where(r => !r.Deleted).Select(r => r.Name).Order(StringComparer.Ordinal).ToList();
        foreach (var account in desired.Accounts)
        {
            var wanted = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var quota in account.Quotas ?? [])
            {
                var bytes = Quantity.Bytes(quota.Bytes);
                if (quota.RseExpression == "*")
                {
                    foreach (var rse in rses)
                    {
                        wanted.TryAdd(rse, bytes);
                    }
                }
                else if (rses.Contains(quota.RseExpression))
                {
                    wanted[quota.RseExpression] = bytes;
                }
                else
                {
                    problems.Add(new Problem(VoConditions.QuotasReady, VoPlan.WaitingForStorage, $"the quota of account {account.Name} waits for storage {quota.RseExpression}: no StorageElement of this VO has made it yet"));
                }
            }
            var have = observed.Accounts.GetValueOrDefault(account.Name)?.Limits ?? new Dictionary<string, long>();
            foreach (var (rse, bytes) in wanted)
            {
                if (!have.TryGetValue(rse, out var limit) || limit != bytes)
                {
                    yield return new SetQuota(account.Name, rse, bytes);
                }
            }
            foreach (var rse in have.Keys.Where(r => !wanted.ContainsKey(r)).Order(StringComparer.Ordinal))
            {
                yield return new RemoveQuota(account.Name, rse);
            }
        }
    }
}
