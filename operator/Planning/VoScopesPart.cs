using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Scopes and their owners. Rucio never deletes a scope: one that is no longer asked for stays as it is.</summary>
internal static class VoScopesPart
{
    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        foreach (var scope in desired.Spec.Scopes ?? [])
        {
            if (observed.DeletedScopes.Contains(scope.Name))
            {
                problems.Add(new Problem(VoConditions.ScopesReady, VoPlan.ScopeDeleted, $"scope {scope.Name} was deleted in Rucio's tables, and Rucio can't make it again: choose another name in spec.scopes"));
            }
            else if (!VoOwners.MayOwn(scope.Owner, desired, observed))
            {
                problems.Add(new Problem(VoConditions.ScopesReady, VoOwners.OwnerMissing, VoOwners.Message($"spec.scopes[{scope.Name}].owner", scope.Owner)));
            }
            else if (!observed.Scopes.TryGetValue(scope.Name, out var owner))
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
