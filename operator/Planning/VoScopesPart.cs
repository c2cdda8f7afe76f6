using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Scopes and their owners.</summary>
internal static class VoScopesPart
{
    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        foreach (var scope in desired.Spec.Scopes ?? [])
        {
            if (!observed.Scopes.TryGetValue(scope.Name, out var owner))
            {
                yield return new CreateScope(scope.Name, scope.Owner);
            }
            else if (owner != scope.Owner)
            {
                yield return new SetScopeOwner(scope.Name, scope.Owner);
            }
        }
    }
}
