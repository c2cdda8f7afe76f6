using System.Text;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Planning;

/// <summary>
/// What an account's quotas come to on the storages that are there now. Where several match one storage, the one that names it
/// wins, then the first in the list, and * last.
/// </summary>
/// <param name="Local">RSE → bytes; −1 is unlimited.</param>
/// <param name="Totals">Expression → bytes over all its storages.</param>
/// <param name="Unmatched">Expressions that mean no storage yet; <c>*</c> is never among them.</param>
public sealed record WantedQuotas(IReadOnlyDictionary<string, long> Local, IReadOnlyDictionary<string, long> Totals, IReadOnlyList<string> Unmatched)
{
    public static WantedQuotas Of(AccountSpec account, ObservedVo observed)
    {
        var (local, totals, unmatched) = (new SortedDictionary<string, long>(StringComparer.Ordinal), new SortedDictionary<string, long>(StringComparer.Ordinal), new List<string>());
        foreach (var quota in (account.Quotas ?? []).OrderBy(q => Rank(RseExpression.Parse(q.RseExpression))))
        {
            var rses = RseSelection.Of(RseExpression.Parse(quota.RseExpression), observed);
            foreach (var rse in rses)
            {
                local.TryAdd(rse, Quantity.Bytes(quota.Bytes));
            }
            // Rucio makes no rule for an account while one of its global limits means no storage: InvalidRSEExpression (core/rse_selector.py).
            if (quota.Total is { } total && rses.Count > 0)
            {
                totals[quota.RseExpression] = Quantity.Bytes(total);
            }
            if (rses.Count == 0 && quota.RseExpression != "*")
            {
                unmatched.Add(quota.RseExpression);
            }
        }
        return new(local, totals, unmatched);
    }

    /// <summary>Changes with the spec, and with storages that come, go, or get other attributes; never with somebody's change of a limit.</summary>
    public static string Basis(IEnumerable<AccountSpec> accounts, ObservedVo observed)
    {
        var text = new StringBuilder();
        foreach (var account in accounts)
        {
            var wanted = Of(account, observed);
            text.Append(account.Name).AppendJoin(' ', wanted.Local.Concat(wanted.Totals)).Append('\n');
        }
        return Digest.Of(text.ToString(), 16);
    }

    private static int Rank(RseExpression expression) => expression switch
    {
        RseExpression.Flag => 0,
        RseExpression.All => 2,
        _ => 1,
    };
}
