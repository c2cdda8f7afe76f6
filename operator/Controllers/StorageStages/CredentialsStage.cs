using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.StorageStages;

/// <summary>Does Rucio have the keys of this storage? The instance's pass hands them over; without them nobody can use it, so it is not ready.</summary>
internal static class CredentialsStage
{
    public static readonly StorageStage Stage = new(StorageConditions.CredentialsReady, async (work, ct) =>
    {
        var signing = work.Planned.Values.Where(p => StorageKeys.ServiceOf(p.Rse) is not null).Select(p => p.Storage.Metadata.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var storage in work.Active.Where(s => s.Spec.CredentialsSecretRef is null))
        {
            if (signing.Contains(storage.Metadata.Name) && work.Instance.Spec.External is null)
            {
                work.Report(storage).False(StorageConditions.CredentialsReady, "NoKeys",
                    $"{StorageKeySource.Field}: attribute {StorageKeys.Attribute} says that Rucio signs URLs of this storage, and it has no keys: who may sign can't list its files, and nothing is deleted");
            }
            else
            {
                work.Report(storage).Remove(StorageConditions.CredentialsReady);
            }
        }
        var counting = StorageGuards.Describing(work.All).Where(s => s.Spec.CredentialsSecretRef is not null).ToHashSet();
        foreach (var (storage, rse) in work.Present.Where(p => counting.Contains(p.Storage)).ToList())
        {
            if (await ProblemAsync(work, storage, rse.Id, ct) is { } problem)
            {
                work.Report(storage).Unmet(StorageConditions.CredentialsReady, problem);
            }
            else
            {
                work.Report(storage).True(StorageConditions.CredentialsReady, "HandedOver",
                    $"Rucio signs URLs with the keys of Secret {storage.Spec.CredentialsSecretRef!.Name}; it may go on with those before for 20 minutes after a change");
            }
        }
        return null;
    });

    /// <summary>First rule that fits wins; null: the keys are where Rucio reads them.</summary>
    private static async Task<Outcome?> ProblemAsync(StorageWork work, StorageElement storage, string rseId, CancellationToken ct)
    {
        if (work.Instance.Spec.External is not null)
        {
            return new Outcome.Rejected("ExternalInstance", $"{StorageKeySource.Field}: RucioInstance {ObjectKey.Of(work.Instance)} is run by somebody else, who keeps its rse-accounts.cfg: leave it out and hand the keys over to them");
        }
        var names = InstanceNames.Of(work.Instance);
        var present = RseAccounts.Parse(work.Parts.ConfigSecrets.Store.Get(new ObjectKey(names.Namespace, names.RseAccounts)));
        var has = present.GetValueOrDefault(rseId);
        var (keys, problem) = await StorageKeySource.ReadAsync(storage, work.Parts.References, ct);
        return problem switch
        {
            Outcome.Blocked blocked when has is not null => blocked with { Message = $"{blocked.Message}; Rucio goes on with the keys it has" },
            not null => problem,
            _ when keys == has => null,
            _ when StatusPass.Mode(storage, storage.Spec.ManagementPolicy, DriftPolicy.Heal, nothingToDo: true) != PassMode.Act => new Outcome.Blocked(StatusPass.PlanOnlyReason, $"not changed: keys of RSE {storage.Spec.Rse} in rse-accounts.cfg"),
            _ when !RseAccounts.HasRoom(present, rseId, keys!) => new Outcome.Blocked("NoRoom", $"{StorageKeySource.Field}: RucioInstance {ObjectKey.Of(work.Instance)} has keys of {present.Count} storages, and more do not fit into one Secret", TimeSpan.FromMinutes(10)),
            _ => new Outcome.Blocked("WaitingForInstance", $"RucioInstance {ObjectKey.Of(work.Instance)} has not handed the keys over yet: see its conditions"),
        };
    }
}
