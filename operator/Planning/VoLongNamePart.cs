using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>
/// What clients may say instead of the tag: rows of Rucio's section <c>vo-map</c>, which has no VO. The row is the claim, so
/// it outlives the resource; who is second gets nothing.
/// </summary>
internal static class VoLongNamePart
{
    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        var (tag, wanted) = (desired.Spec.Tag, desired.Spec.LongName);
        if (desired.Reach != VoReach.Catalogue)
        {
            if (wanted is not null)
            {
                problems.Add(new(VoConditions.LongNameReady, VoPlan.NotPermitted, "spec.longName: in a Rucio that somebody else runs, names of VOs (section vo-map) are its owner's; leave it out"));
            }
            yield break;
        }
        var holder = wanted is null ? null : observed.LongNames.GetValueOrDefault(wanted);
        if (holder is not null && holder != tag)
        {
            // The name before stays: people use it.
            problems.Add(new(VoConditions.LongNameReady, VoPlan.LongNameTaken, $"spec.longName: {wanted} is another VO's: choose another"));
            yield break;
        }
        if (wanted is not null && holder is null)
        {
            yield return new ClaimLongName(tag, wanted);
        }
        foreach (var former in observed.LongNames.Where(n => n.Value == tag && n.Key != wanted).Select(n => n.Key).Order(StringComparer.Ordinal))
        {
            // On a VO that somebody else made, theirs stay.
            if (observed.CreatedByOperator || former == desired.FormerLongName)
            {
                yield return new ReleaseLongName(tag, former);
            }
        }
    }
}
