namespace RucioOperator.Sandbox.Kubernetes.Rights;

/// <summary>Rights granted against rights needed.</summary>
/// <param name="Faults">One each; empty: nothing is wrong as far as this run can tell.</param>
/// <param name="Summary">A line for people.</param>
public sealed record RightsVerdict(IReadOnlyList<string> Faults, string Summary)
{
    /// <param name="ran">Of the tests that make up a whole run, those that ran and did not fail.</param>
    public static RightsVerdict Of(IReadOnlyList<Right> granted, UsedRights used, int ran, int all)
    {
        string[] missing = [.. used.Denied.Select(request => $"not granted, and asked for: {request}")];
        var needed = granted.Intersect(used.Needed).Count();
        if (ran < all || needed == 0)
        {
            // Of part of the tests nothing follows about the rest of the rights, and where there is no bed all are skipped.
            return new(missing, $"rights: {needed} of {granted.Count} were needed by the {ran} of {all} behaviour tests that ran and passed: whether the others are, only a run of all can tell");
        }

        string[] surplus = [.. granted.Except(used.Needed).Select(right => $"granted, and needed by no behaviour test: {right}")];
        return new([.. missing, .. surplus], $"rights: {needed} of {granted.Count} were needed by all {all} behaviour tests, {missing.Length} more were asked for");
    }
}
