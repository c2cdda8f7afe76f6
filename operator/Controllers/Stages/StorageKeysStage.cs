using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>
/// Gathers the keys of all storages for rse-accounts.cfg. Whose an RSE is, and its id, only the catalogue says: no tenant can write another's entry.
/// What a Secret lost or made worse stays as it was, since Rucio remembers for 15 minutes that a storage had no keys.
/// </summary>
internal static class StorageKeysStage
{
    private const int ReadsAtOnce = 8;

    /// <summary>No event tells that a Secret can be read again.</summary>
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var present = RseAccounts.Parse(work.Parts.ConfigSecrets.Store.Get(new ObjectKey(work.Names.Namespace, work.Names.RseAccounts)));
        if (work.Snapshot is not { Vos.Count: > 0 } snapshot)
        {
            work.Inputs = work.Inputs with { StorageKeys = present };
            return null;
        }
        // A claim outlives its VirtualOrganisation: without it users go on working, and so do the keys.
        var holders = InputsStage.Holders(work).ToDictionary(v => v.Spec.Tag, StringComparer.Ordinal);
        var storages = snapshot.Vos.Values.Where(v => v.Claim is not null)
            .SelectMany(v => Storages(work, v.Claim!, present.Count > 0).Select(s => (Vo: holders.GetValueOrDefault(v.Tag), Storage: s, Rse: v.Rses.GetValueOrDefault(s.Spec.Rse))))
            .Where(s => s.Rse is not null).OrderBy(s => s.Storage.Metadata.CreationTimestamp).ThenBy(s => s.Rse!.Id, StringComparer.Ordinal).ToList();
        var wanted = new (string RseId, StorageKeys? Keys)?[storages.Count];
        var problems = new Outcome?[storages.Count];
        await Parallel.ForAsync(0, storages.Count, new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = ct }, async (n, token) =>
        {
            var (vo, storage, rse) = storages[n];
            var frozen = IsFrozen(work, vo, storage);
            var (keys, problem) = frozen ? default : await StorageKeySource.ReadAsync(storage, work.Parts.References, token);
            wanted[n] = frozen || storage.Spec.CredentialsSecretRef is not null ? (rse!.Id, keys) : null;
            problems[n] = problem;
        });
        work.LookAgainIn(problems.Any(p => p is Outcome.Failed) ? LookAgain : null);
        work.Inputs = work.Inputs with { StorageKeys = RseAccounts.Next(present, [.. wanted.Where(w => w is not null).Select(w => w!.Value)]) };
        return null;
    }

    /// <param name="claim">namespace/name of the VirtualOrganisation.</param>
    private static IEnumerable<StorageElement> Storages(InstanceWork work, string claim, bool any)
    {
        var storages = work.Parts.Storages.Store.ByIndex(Indexes.ByVo, claim);
        return any || storages.Any(s => s.Spec.CredentialsSecretRef is not null) ? StorageGuards.Describing(storages) : [];
    }

    /// <summary>Nothing of it is changed now: the reaper needs the keys of a storage that is emptied, too.</summary>
    private static bool IsFrozen(InstanceWork work, VirtualOrganisation? vo, StorageElement storage) =>
        vo is null || storage.Suspended || storage.Metadata.DeletionTimestamp is not null || work.Parts.Tenancy.Refuses(vo, out _) is not null
        || StatusPass.Mode(storage, storage.Spec.ManagementPolicy, DriftPolicy.Heal, nothingToDo: true) != PassMode.Act;
}
