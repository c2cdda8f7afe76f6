using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>
/// Finalizers of StorageElements, and what they stand for: an RSE that goes when it is empty, under Decommission after it was
/// drained. Each pass looks anew, so a killed operator goes on where it was.
/// </summary>
internal sealed class StorageDeletion(StorageParts parts, ObjectKey voKey)
{
    private static readonly TimeSpan EmptyCheck = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan CounterCheck = TimeSpan.FromSeconds(10);

    /// <summary>To count so many files would cost the database seconds, each time: Rucio's own counter is good enough for them.</summary>
    private const long Many = 1_000_000;

    /// <summary>The catalogue says that the tag is held by another VirtualOrganisation.</summary>
    public bool VoIsAnothers { private get; set; }

    /// <summary>Only where deleting the resource means work in Rucio; under Retain nothing may ever hold up a namespace.</summary>
    public Task EnsureFinalizersAsync(IEnumerable<StorageElement> storages, CancellationToken ct) =>
        Parallel.ForEachAsync(storages.Where(s => Needs(s) != Has(s)), new ParallelOptions { MaxDegreeOfParallelism = StoragePass.WritesAtOnce, CancellationToken = ct },
            async (s, token) => await PatchFinalizersAsync(s, Needs(s), token));

    /// <summary>First rule that fits wins; done means the resource may go.</summary>
    /// <param name="siblings">All storages of the VO.</param>
    public async Task<Outcome> FinalizeAsync(StorageElement storage, IReadOnlyList<StorageElement> siblings, RucioConnection? connection, ObservedVo? observed, CancellationToken ct)
    {
        if (!Has(storage))
        {
            return new Outcome.Done();
        }
        var vo = parts.Vos.Store.Get(voKey);
        var parentGone = vo is null || vo.Metadata.DeletionTimestamp is not null || parts.Tenancy.Refuses(vo, out _) is not null || VoIsAnothers;
        // Never made by this resource, or described by another one as well: not this one's to delete.
        var notOurs = storage.Status?.Effective is null || siblings.Any(s => s.Metadata.Uid != storage.Metadata.Uid && s.Spec.Rse == storage.Spec.Rse && s.Metadata.DeletionTimestamp is null);
        Outcome outcome = parentGone || notOurs || storage.Spec.ManagementPolicy == ManagementPolicy.ObserveOnly ? new Outcome.Done()
            : connection is null || observed is null ? Needs(storage) ? new Outcome.Blocked(Tenancy.InstanceNotReady, "deletion waits until the RucioInstance is ready") : new Outcome.Done()
            : await WorkAsync(storage, vo!, connection, observed, ct);
        if (outcome is Outcome.Done)
        {
            if (parentGone)
            {
                await parts.Events.NormalAsync(storage, "Released", "Delete", "The VirtualOrganisation or its RucioInstance is gone: the resource is released, whatever the RSE holds stays in Rucio", ct);
            }
            await PatchFinalizersAsync(parts.Storages.Store.Get(ObjectKey.Of(storage)) ?? storage, add: false, ct);
        }
        return outcome;
    }

    public async Task<VoLook> LookAsync(RucioInstance instance, RucioConnection connection, VirtualOrganisation vo, CancellationToken ct) => new(vo.Spec.Tag)
    {
        Root = await RootCredentials.RequireAsync(instance, connection, vo.Spec.Tag, parts.References, ct),
        Accounts = [.. (vo.Spec.Accounts ?? []).Select(a => a.Name)],
        StoragesOnly = true,
    };

    private async Task<Outcome> WorkAsync(StorageElement storage, VirtualOrganisation vo, RucioConnection connection, ObservedVo observed, CancellationToken ct)
    {
        if (observed.Rses.GetValueOrDefault(storage.Spec.Rse) is not { Deleted: false } rse)
        {
            return new Outcome.Done();
        }
        try
        {
            var look = await LookAsync(parts.Tenancy.InstanceOf(vo)!, connection, vo, ct);
            var root = connection.As(look.Root!, parts.Time);
            return storage.Spec.DeletionPolicy switch
            {
                StorageDeletionPolicy.Decommission => await DrainAsync(storage, rse, connection, look, root, ct),
                StorageDeletionPolicy.DeleteIfEmpty => await DeleteIfEmptyAsync(storage, rse, connection, look, root, ct),
                _ => await KeepAsync(storage, rse, connection, look, root, ct),
            };
        }
        catch (Exception error) when (error is RucioUnavailableException or RucioRejectedException or DatabaseFault or Npgsql.NpgsqlException or SecretProblem or ImportModeException)
        {
            // Under Retain nothing may hold it up.
            return Needs(storage) ? new Outcome.Failed(error) : new Outcome.Done();
        }
    }

    private async Task<Outcome> DrainAsync(StorageElement storage, ObservedRse rse, RucioConnection connection, VoLook look, RucioSession root, CancellationToken ct)
    {
        if (Draining.Changes(rse).Count > 0)
        {
            // The snapshot may be minutes old: act only on what is true now.
            if ((await connection.RefreshVoAsync(look, ct)).Rses.GetValueOrDefault(rse.Name) is not { Deleted: false } now)
            {
                return new Outcome.Done();
            }
            if (Draining.Changes(now) is { Count: > 0 } changes)
            {
                if (await ExecuteAsync(rse.Name, changes, connection, root, ct) is { } refused)
                {
                    return refused;
                }
                await connection.RefreshVoAsync(look, ct);
                await parts.Events.NormalAsync(storage, "Draining", "Decommission", $"RSE {rse.Name} takes no more files, and what no rule holds is deleted. Deletion of a resource can't be taken back: to keep the RSE, set spec.deletionPolicy to Retain", ct);
            }
        }
        var count = await CountAsync(rse, connection, root, ct);
        if (count.Files > 0)
        {
            var (reason, message) = Draining.Waits(rse, count);
            return new Outcome.Blocked(reason, message, EmptyCheck);
        }
        return await DeleteAsync(storage, rse, connection, look, root, ct);
    }

    private static async Task<ReplicaCount> CountAsync(ObservedRse rse, RucioConnection connection, RucioSession root, CancellationToken ct) =>
        rse.Space is { Files: > Many and var files, Used: { } used } ? new(files, used) : await connection.CountReplicasAsync(rse, root, ct);

    private async Task<Outcome> DeleteIfEmptyAsync(StorageElement storage, ObservedRse rse, RucioConnection connection, VoLook look, RucioSession root, CancellationToken ct)
    {
        var count = await CountAsync(rse, connection, root, ct);
        if (count.Files > 0)
        {
            await KeepAsync(storage, rse, connection, look, root, ct);
            return new Outcome.Blocked("NotEmpty", $"{Draining.Waits(rse, count).Message}. Or set spec.deletionPolicy to Decommission or Retain", EmptyCheck);
        }
        return await DeleteAsync(storage, rse, connection, look, root, ct);
    }

    private async Task<Outcome> DeleteAsync(StorageElement storage, ObservedRse rse, RucioConnection connection, VoLook look, RucioSession root, CancellationToken ct)
    {
        var refused = await ExecuteAsync(rse.Name, [new DeleteRse(rse.Name)], connection, root, ct);
        await connection.RefreshVoAsync(look, ct);
        if (refused is null)
        {
            await parts.Events.NormalAsync(storage, "RseDeleted", "Delete", $"RSE {rse.Name} held no file and is deleted; a StorageElement with that name makes it again", ct);
        }
        return refused switch
        {
            null => new Outcome.Done(),
            // Its emptiness is what the counter says.
            { Message: var words } when words.Contains("RSEOperationNotSupported", StringComparison.Ordinal) => new Outcome.Blocked("WaitingForCounter", $"RSE {rse.Name} holds no file any more, but Rucio has not counted yet: abacus-rse does", CounterCheck),
            _ => refused,
        };
    }

    /// <summary>Somebody changed their mind: what draining had changed is put back.</summary>
    private async Task<Outcome> KeepAsync(StorageElement storage, ObservedRse rse, RucioConnection connection, VoLook look, RucioSession root, CancellationToken ct)
    {
        if (Draining.IsMarked(rse) && StorageElementRules.Validate(storage).Count == 0)
        {
            var observed = await connection.RefreshVoAsync(look, ct);
            var changes = StoragePlan.For([DesiredStorage.For(storage, Defaults(storage))], observed, []).Changes;
            await ExecuteAsync(rse.Name, changes, connection, root, ct);
            await connection.RefreshVoAsync(look, ct);
        }
        return new Outcome.Done();
    }

    /// <returns>Null: done.</returns>
    private async Task<Outcome.Blocked?> ExecuteAsync(string rse, IReadOnlyList<StorageChange> changes, RucioConnection connection, RucioSession root, CancellationToken ct)
    {
        await connection.RequireEditModeAsync(changes, root, ct);
        var execution = new StoragePlanExecution(root, voKey.ToString(), parts.Logger);
        await execution.RunAsync(changes, ct);
        return execution.Errors.TryGetValue(rse, out var error) ? new Outcome.Blocked("RucioRefused", error, EmptyCheck) : null;
    }

    private StorageDefaults Defaults(StorageElement storage) =>
        parts.Vos.Store.Get(Indexes.VoOf(storage)) is { } vo && parts.Tenancy.InstanceOf(vo) is { } instance ? StorageDefaults.Of(instance, vo) : StorageDefaults.None;

    private static bool Needs(StorageElement storage) => storage.Spec.DeletionPolicy != StorageDeletionPolicy.Retain;

    private static bool Has(StorageElement storage) => storage.Metadata.Finalizers?.Contains(StorageController.Finalizer) == true;

    private Task PatchFinalizersAsync(StorageElement storage, bool add, CancellationToken ct)
    {
        var others = (storage.Metadata.Finalizers ?? []).Where(f => f != StorageController.Finalizer);
        return Finalizers.PatchAsync(parts.Api, parts.Storages, storage, add ? others.Append(StorageController.Finalizer) : others, $"rucio-operator/{StorageController.Name}", ct);
    }
}
