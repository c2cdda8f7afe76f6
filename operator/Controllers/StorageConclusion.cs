using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>What a plan that was carried out, or must not be, means for each storage. What an earlier phase said of one stands.</summary>
/// <param name="left">What is still to do, of those that were acted on.</param>
internal sealed class StorageConclusion(StorageWork work, StorageOutlook outlook, Plan<StorageChange> left)
{
    private const int MaxNames = 5;

    public void Draw()
    {
        var unset = left.Changes.SelectMany(c => c switch { ImportDistances i => i.Pairs, RemoveDistance r => [r.Pair], _ => [] }).CountBy(p => p.For).ToDictionary(StringComparer.Ordinal);
        foreach (var planned in work.Planned.Values)
        {
            var report = work.Report(planned.Storage);
            if (report.Outcome is not Outcome.Done)
            {
                continue;
            }
            if (Unmet(planned) is { } unmet)
            {
                report.Stop(StorageConditions.RseReady, unmet);
                continue;
            }
            report.True(StorageConditions.RseReady, "AsDesired", $"RSE {planned.Rse.Name} has id {work.Observed!.Rses.GetValueOrDefault(planned.Rse.Name)?.Id}");
            if (work.RefusedDistances.TryGetValue(planned.Rse.Name, out var refused))
            {
                report.Stop(StorageConditions.DistancesReady, new Outcome.Rejected("RucioRefused", refused));
                continue;
            }
            if (unset.GetValueOrDefault(planned.Rse.Name) is > 0 and var pairs)
            {
                report.Stop(StorageConditions.DistancesReady, new Outcome.Failed(new ReconcileFailedException($"{pairs} distances are not as wanted")));
                continue;
            }
            report.True(StorageConditions.DistancesReady, "AsDesired", Words(planned.Rse.Name));
            StatusPass.ReportDrifted(report, planned.Mode, planned.Own);
        }
    }

    private string Words(string rse) => outlook.Missing(rse) switch
    {
        [] => "Distances follow the policy of the VO",
        { Count: <= MaxNames } missing => $"Distances follow the policy of the VO, but this Rucio has no RSE {string.Join(", ", missing)} yet",
        var missing => $"Distances follow the policy of the VO, but this Rucio has no RSE {string.Join(", ", missing.Take(MaxNames))} and {missing.Count - MaxNames} more yet",
    };

    private Outcome? Unmet(PlannedStorage planned)
    {
        if (planned.Mode is PassMode.DryRun or PassMode.ObserveOnly && planned.Own.Count > 0)
        {
            return StatusPass.PlanOnly(planned.Mode, planned.Own[0], planned.Own.Count - 1);
        }
        var name = planned.Rse.Name;
        return planned.Mode == PassMode.Act && left.Changes.FirstOrDefault(c => c.Rse == name || c is ImportRses i && i.Rses.Any(r => r.Name == name)) is { } still
            ? new Outcome.Failed(new ReconcileFailedException($"Rucio took the change and yet differs: {still.Describe()}"))
            : null;
    }
}
