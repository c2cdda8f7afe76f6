using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The catalogue is that of the release: made by the bootstrap Job where there was none.</summary>
internal static class CatalogueStage
{
    /// <summary>How long a failed bootstrap stays there to be looked at before it is tried again.</summary>
    private static readonly TimeSpan BootstrapRetry = TimeSpan.FromMinutes(2);

    /// <summary>Before anything is applied.</summary>
    public static Task<Outcome?> GuardAsync(InstanceWork work, CancellationToken ct) => Task.FromResult<Outcome?>(Refused(work));

    private static Outcome? Refused(InstanceWork work)
    {
        if (work.Snapshot is null && work.Instance.Status?.AlembicRevision is not null)
        {
            // Making an empty one now would hide the loss, and every VO would be made anew on top of it.
            return new Outcome.Blocked("CatalogueMissing", $"database {work.Connection.Access.Address} has no Rucio tables, and it had: restore it; to start with an empty catalogue, delete this RucioInstance and create it again", TimeSpan.FromMinutes(1));
        }
        var (wanted, other) = (work.Instance.Spec.RootAccount, work.Instance.Spec.MultiVo ? "root" : "super_root");
        if (work.Snapshot?.Vo(BaseVo.Tag).Accounts is { } accounts && accounts.ContainsKey(other) && !accounts.ContainsKey(wanted))
        {
            return new Outcome.Rejected("MultiVoFixed", $"the catalogue was made with multiVo {(work.Instance.Spec.MultiVo ? "false" : "true")} (it has account {other}, not {wanted}), and names in it are stored that way: delete this RucioInstance and create it with that spec.multiVo");
        }
        if (work.Snapshot?.AlembicRevision is { } revision && revision != work.Release.AlembicHead)
        {
            return new Outcome.Rejected("MigrationNeeded", $"the catalogue is at revision {revision} and Rucio {work.Instance.Spec.Version} needs {work.Release.AlembicHead}: migrations are not supported yet, set spec.version to the release the catalogue was made with");
        }
        return null;
    }

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (!work.Inputs.CatalogueReady)
        {
            return await BootstrapAsync(work, ct);
        }
        work.Report.True(InstanceConditions.CatalogueReady, "Bootstrapped", $"Catalogue is at revision {work.Release.AlembicHead}");
        return null;
    }

    private static async Task<Outcome> BootstrapAsync(InstanceWork work, CancellationToken ct)
    {
        var name = work.Names.Bootstrap;
        var job = work.Parts.Jobs.Store.Get(new ObjectKey(work.Names.Namespace, name));
        var state = WorkloadState.Of(name, job);
        if (state.Ready)
        {
            // Done, and yet not complete: somebody took things out again, or the observer reads another schema.
            await work.Parts.Api.DeleteAsync<V1Job>(ObjectKey.Of(job!), job!.Metadata.Uid, ct);
            return new Outcome.Requeue(TimeSpan.FromSeconds(2), "Bootstrapping", $"Job {name} ended, the catalogue is not complete yet");
        }
        if (state.Reason != WorkloadState.BootstrapFailed)
        {
            return new Outcome.Blocked(state.Reason, state.Message);
        }
        if (work.Now - WorkloadState.FailedAt(job!) > BootstrapRetry)
        {
            await work.Parts.Api.DeleteAsync<V1Job>(ObjectKey.Of(job!), job!.Metadata.Uid, ct);
        }
        return new Outcome.Blocked(state.Reason, state.Message, BootstrapRetry);
    }
}
