using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Controllers.Stages;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>load → guard → observe → plan → act → report; each stage is one condition and the first unmet one ends the pass.</summary>
public sealed class InstanceController(InstanceParts parts) : IEntityController<RucioInstance>, IEntityFinalizer<RucioInstance>
{
    public const string Name = "rucioinstance";
    public const string Finalizer = ApiGroup.Name + "/instance";

    public async Task<ReconciliationResult<RucioInstance>> ReconcileAsync(RucioInstance instance, CancellationToken ct)
    {
        var pass = new InstancePass(parts, instance);
        if (instance.Suspended)
        {
            await pass.ReportSuspendedAsync(ct);
            return ReconciliationResult<RucioInstance>.Success(instance);
        }
        try
        {
            await pass.RunAsync(ct);
        }
        catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            pass.Fail(error);
            if (error is DatabaseFault)
            {
                // What was true of this database may not be any more: look, and provision, from the start.
                await parts.Connections.ForgetAsync(ObjectKey.Of(instance));
            }
        }
        await pass.ReportAsync(ct);
        return ReconciliationResult<RucioInstance>.Of(instance, pass.Report.Outcome);
    }

    private async Task<bool> NamespaceEndsAsync(RucioInstance instance, CancellationToken ct) =>
        await parts.Api.GetAsync<PartialObject>(new ObjectKey("", instance.Metadata.NamespaceProperty), ct, ResourceKind.Of(typeof(V1Namespace))) is not { Metadata.DeletionTimestamp: null };

    /// <summary>Under Retain there is no finalizer: this is where the catalogue is let go.</summary>
    public async Task<ReconciliationResult<RucioInstance>> DeletedAsync(RucioInstance instance, CancellationToken ct)
    {
        parts.Revocation.Forget(ObjectKey.Of(instance));
        parts.Transfers.Keeper.Forget(TransfersStage.HolderOf(ObjectKey.Of(instance)), ObjectKey.Of(instance));
        await parts.Databases.ReleaseAsync(instance, ct);
        return ReconciliationResult<RucioInstance>.Success(instance);
    }

    /// <summary>Retain: the children go with their owner, credentials and catalogue stay. Delete: what was provisioned goes too.</summary>
    public async Task<ReconciliationResult<RucioInstance>> FinalizeAsync(RucioInstance instance, CancellationToken ct)
    {
        var pass = new InstancePass(parts, instance);
        try
        {
            if (instance.Spec.DeletionPolicy == InstanceDeletionPolicy.Delete)
            {
                await pass.DeleteAsync(ct);
            }
        }
        catch (Exception error) when (error is SecretProblem or KubeApiException { Kind: KubeErrorKind.Forbidden } or DatabaseFault { Reason: DatabaseFault.CredentialsRejected })
        {
            if (await NamespaceEndsAsync(instance, ct))
            {
                await parts.Events.WarningAsync(instance, "CatalogueLeft", "Delete", "The namespace ends and took the Secrets along that dropping the database needs: database and roles stay on the server", ct);
            }
            else
            {
                pass.Fail(error);
            }
        }
        catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            pass.Fail(error);
        }
        if (pass.Report.Outcome is not Outcome.Done)
        {
            await pass.ReportAsync(ct);
            return ReconciliationResult<RucioInstance>.Of(instance, pass.Report.Outcome);
        }
        await parts.Connections.ForgetAsync(ObjectKey.Of(instance));
        return ReconciliationResult<RucioInstance>.Success(instance);
    }
}
