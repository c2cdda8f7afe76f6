using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>Finalizers of StorageElements, and what they stand for: an RSE that goes when it is empty.</summary>
internal sealed class StorageDeletion(StorageParts parts, ObjectKey voKey)
{
    private static readonly TimeSpan EmptyCheck = TimeSpan.FromMinutes(1);

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
        Outcome outcome = parentGone || notOurs || !Needs(storage) ? new Outcome.Done()
            : connection is null || observed is null ? new Outcome.Blocked(Tenancy.InstanceNotReady, "deletion waits until the RucioInstance is ready")
            : await DeleteIfEmptyAsync(storage, vo!, connection, observed, ct);
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

    private async Task<Outcome> DeleteIfEmptyAsync(StorageElement storage, VirtualOrganisation vo, RucioConnection connection, ObservedVo observed, CancellationToken ct)
    {
        if (observed.Rses.GetValueOrDefault(storage.Spec.Rse) is not { Deleted: false } rse)
        {
            return new Outcome.Done();
        }
        try
        {
            var look = await LookAsync(parts.Tenancy.InstanceOf(vo)!, connection, vo, ct);
            var root = connection.As(look.Root!, parts.Time);
            var (files, bytes) = await connection.CountReplicasAsync(rse, root, ct);
            if (files > 0)
            {
                return new Outcome.Blocked("NotEmpty", $"RSE {rse.Name} still holds {files} files, {bytes} bytes: remove their rules, or set spec.deletionPolicy to Retain", EmptyCheck);
            }
            var execution = new StoragePlanExecution(root, voKey.ToString(), parts.Logger);
            await execution.RunAsync([new DeleteRse(rse.Name)], ct);
            await connection.RefreshVoAsync(look, ct);
            return execution.Errors.TryGetValue(rse.Name, out var error) ? new Outcome.Blocked("RucioRefused", error, EmptyCheck) : new Outcome.Done();
        }
        catch (Exception error) when (error is RucioUnavailableException or RucioRejectedException or DatabaseFault or Npgsql.NpgsqlException or SecretProblem)
        {
            return new Outcome.Failed(error);
        }
    }

    private static bool Needs(StorageElement storage) => storage.Spec.DeletionPolicy != StorageDeletionPolicy.Retain;

    private static bool Has(StorageElement storage) => storage.Metadata.Finalizers?.Contains(StorageController.Finalizer) == true;

    private Task PatchFinalizersAsync(StorageElement storage, bool add, CancellationToken ct)
    {
        var others = (storage.Metadata.Finalizers ?? []).Where(f => f != StorageController.Finalizer);
        return Finalizers.PatchAsync(parts.Api, parts.Storages, storage, add ? others.Append(StorageController.Finalizer) : others, $"rucio-operator/{StorageController.Name}", ct);
    }
}
