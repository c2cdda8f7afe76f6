using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Those of the spec as it says; those the operator made and nobody asks for any more, inactive. Others' are left alone.</summary>
internal static class VoSubscriptionsPart
{
    /// <summary>An end beyond this is as good as none, see <see cref="UpdateSubscription.Extend"/>.</summary>
    private const int NoEnd = 2100;

    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        var wanted = desired.Spec.Subscriptions ?? [];
        foreach (var subscription in wanted)
        {
            if (Refusal(subscription, desired, observed) is { } refusal)
            {
                problems.Add(refusal);
                continue;
            }
            if (Waits(subscription, observed) is { } waits)
            {
                problems.Add(waits);
            }
            if (observed.Subscriptions.FirstOrDefault(s => s.Name == subscription.Name && s.Owner == subscription.Owner) is not { } have)
            {
                yield return new CreateSubscription(subscription);
            }
            else if (Differences(subscription, have, desired.Spec.Tag).ToList() is { Count: > 0 } differences)
            {
                yield return new UpdateSubscription(subscription, string.Join(", ", differences), Ends(have));
            }
        }
        foreach (var surplus in observed.Subscriptions.Where(s => s.IsActive && SubscriptionDocument.IsOurs(s.Rules) && !wanted.Any(w => w.Name == s.Name && w.Owner == s.Owner))
            .OrderBy(s => s.Name, StringComparer.Ordinal).ThenBy(s => s.Owner, StringComparer.Ordinal))
        {
            yield return new DeactivateSubscription(surplus.Name, surplus.Owner);
        }
    }

    /// <summary>First rule that fits wins.</summary>
    private static Problem? Refusal(SubscriptionSpec s, DesiredVo desired, ObservedVo observed) => s switch
    {
        _ when !VoOwners.MayOwn(s.Owner, desired, observed) => Problem(VoOwners.OwnerMissing, VoOwners.Message($"spec.subscriptions[{s.Name}].owner", s.Owner)),
        _ when Size(SubscriptionDocument.Filter(s, desired.Spec.Tag).ToJsonString()) || Size(SubscriptionDocument.Rules(s).ToJsonString()) =>
            Problem(VoPlan.SubscriptionTooLarge, $"spec.subscriptions[{s.Name}]: filter and rules must each fit into {SubscriptionDocument.MaxLength} characters of Rucio's table; make two of it"),
        _ => null,
    };

    /// <summary>Rucio skips it until then, or makes no rule; it is there all the same.</summary>
    private static Problem? Waits(SubscriptionSpec s, ObservedVo observed) =>
        s.Rules.FirstOrDefault(r => RseSelection.Of(RseExpression.Parse(r.RseExpression), observed).Count < r.Copies) is { } rule
            ? Problem(VoPlan.WaitingForStorage, $"spec.subscriptions[{s.Name}].rules: {rule.Copies} {(rule.Copies == 1 ? "copy needs" : "copies need")} as many storages of this VO that match {rule.RseExpression}, and there are {RseSelection.Of(RseExpression.Parse(rule.RseExpression), observed).Count}")
            : null;

    private static IEnumerable<string> Differences(SubscriptionSpec wanted, ObservedSubscription have, string tag) => new[]
    {
        ("state", !have.IsActive),
        ("filter", !SubscriptionDocument.Same(have.Filter, SubscriptionDocument.Filter(wanted, tag))),
        ("rules", !SubscriptionDocument.Same(have.Rules, SubscriptionDocument.Rules(wanted))),
        ("priority", have.Priority != wanted.Priority),
        ("comments", have.Comments != SubscriptionDocument.Comments(wanted)),
        ("end", Ends(have)),
    }.Where(f => f.Item2).Select(f => f.Item1);

    private static bool Ends(ObservedSubscription s) => s.EndsAt is { Year: < NoEnd };

    /// <summary>With the blanks that Python puts behind , and :, and the tags the server appends.</summary>
    private static bool Size(string json) => json.Length + json.Count(c => c is ',' or ':') + 4 * json.Count(c => c == '"') / 2 > SubscriptionDocument.MaxLength;

    private static Problem Problem(string reason, string message) => new(VoConditions.SubscriptionsReady, reason, message);
}
