using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Controllers.VoStages;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Planning.Checks;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

public sealed record VoParts(
    Tenancy Tenancy, GeneratedSecrets Secrets, ReferencedSecrets References, InstanceConnections Connections,
    Informer<VirtualOrganisation> Vos,
    StatusWriter<VirtualOrganisation> Status, EventWriter Events, OperatorMetrics Metrics, TimeProvider Time, ILogger Logger)
{
    public required CheckParts Checks { get; init; }
    public required ServerSideApplier Applier { get; init; }

    /// <summary>The operator's own.</summary>
    public required Informer<V1ConfigMap> Maps { get; init; }
    public required Members Members { get; init; }
    public required Transfers Transfers { get; init; }
}

/// <summary>
/// One VO: claim, root credential, accounts, scopes, quotas. Deleting the resource leaves the VO, its data and its claim in
/// Rucio, which can't delete a VO; under Offboard see <see cref="VoOffboarding"/>.
/// </summary>
public sealed class VoController(VoParts parts) : IEntityController<VirtualOrganisation>
{
    public const string Name = "virtualorganisation";

    public async Task<ReconciliationResult<VirtualOrganisation>> ReconcileAsync(VirtualOrganisation vo, CancellationToken ct)
    {
        if (vo.Suspended)
        {
            parts.Transfers.Keeper.Rest(TransfersStage.HolderOf(vo), ObjectKey.Of(vo));
            await StatusPass.SuspendAsync(vo, parts.Status, parts.Events, parts.Time, (v, c) => v with { Status = (v.Status ?? new()) with { Conditions = c } }, ct);
            return ReconciliationResult<VirtualOrganisation>.Success(vo);
        }
        if (vo.Metadata.DeletionTimestamp is not null)
        {
            return ReconciliationResult<VirtualOrganisation>.Success(vo);
        }
        if (parts.Tenancy.InstanceOf(vo) is { } instance && Tenancy.Pauses(instance) is { } pause)
        {
            parts.Transfers.Keeper.Rest(TransfersStage.HolderOf(vo), ObjectKey.Of(vo));
            await StatusPass.SuspendAsync(vo, parts.Status, parts.Events, parts.Time, (v, c) => v with { Status = (v.Status ?? new()) with { Conditions = c } }, ct, Tenancy.InstanceHibernates, pause);
            return ReconciliationResult<VirtualOrganisation>.Success(vo);
        }
        var pass = new VoPass(parts, vo with { Spec = DataPathCheck.Within(vo.Spec) });
        try
        {
            if (!await pass.RunAsync(ct))
            {
                return ReconciliationResult<VirtualOrganisation>.Success(vo);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            pass.Fail(error);
        }
        await pass.ReportAsync(ct);
        return ReconciliationResult<VirtualOrganisation>.Of(vo, pass.Report.Outcome);
    }

    /// <summary>Under Retain what was delegated stays until it is over: users go on working.</summary>
    public Task<ReconciliationResult<VirtualOrganisation>> DeletedAsync(VirtualOrganisation vo, CancellationToken ct)
    {
        parts.Transfers.Keeper.Forget(TransfersStage.HolderOf(vo), ObjectKey.Of(vo));
        return Task.FromResult(ReconciliationResult<VirtualOrganisation>.Success(vo));
    }
}
