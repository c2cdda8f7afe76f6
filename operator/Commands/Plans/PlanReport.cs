using RucioOperator.Commands.Manifests;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Plans;

public enum PlannedAction { Unchanged, Create, Change, Delete }

/// <param name="Fields">Paths, never values: some of them are secret.</param>
public sealed record PlannedObject(PlannedAction Action, string Kind, ObjectKey Key, IReadOnlyList<string> Fields);

/// <summary>What becomes of one custom resource.</summary>
/// <param name="Place">File and line; null: it isn't in the files, and is touched by what is.</param>
/// <param name="Fields">Of the spec; of one that is made, none.</param>
/// <param name="Rucio">What would be done there, in its order.</param>
/// <param name="Waits">What stands in the way, or is not known here.</param>
public sealed record ResourcePlan(string Kind, ObjectKey Key, string? Place, PlannedAction Action, IReadOnlyList<SpecDifference> Fields, IReadOnlyList<PlannedObject> Objects, IReadOnlyList<string> Rucio, IReadOnlyList<string> Waits)
{
    public bool HasChanges => Action != PlannedAction.Unchanged || Objects.Count > 0 || Rucio.Count > 0;
}

/// <param name="Errors">Of manifests that would be refused; then nothing else is planned.</param>
/// <param name="Remarks">What the plan could not look at.</param>
public sealed record PlanReport(IReadOnlyList<ResourcePlan> Resources, IReadOnlyList<ManifestError> Errors, IReadOnlyList<string> Remarks)
{
    public bool HasChanges => Resources.Any(r => r.HasChanges);
}
