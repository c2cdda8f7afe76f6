using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The catalogue is that of the release: made by the bootstrap Job where there was none.</summary>
internal static class CatalogueStage
{
    /// <summary>Before anything is applied.</summary>
    public static Task<Outcome?> GuardAsync(InstanceWork work, CancellationToken ct) => Task.FromResult<Outcome?>(Refused(work));

    private static Outcome? Refused(InstanceWork work)
    {
        var (wanted, other) = (work.Instance.Spec.RootAccount, work.Instance.Spec.MultiVo ? "root" : "super_root");
        if (work.Snapshot?.Vo(BaseVo.Tag).Accounts is { } accounts && accounts.ContainsKey(other) && !accounts.ContainsKey(wanted))
        {
            return new Outcome.Rejected("MultiVoFixed", $"the catalogue was made with multiVo {(work.Instance.Spec.MultiVo ? "false" : "true")} (it has account {other}, not {wanted}), and names in it are stored that way: delete this RucioInstance and create it with that spec.multiVo");
        }
        return null;
    }

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Phase != InstancePhase.Bootstrap)
        {
            work.Report.True(InstanceConditions.CatalogueReady, "Bootstrapped", $"Catalogue is at revision {work.Release.AlembicHead}");
            return null;
        }
        var name = work.Names.Bootstrap;
        if (await GuardedJob.OutcomeAsync(work, name, "Bootstrapping", "is making the catalogue", "BootstrapFailed", ct) is { } unmet)
        {
            return unmet;
        }
        // Done, and yet not complete: somebody took things out again, or the observer reads another schema.
        var job = work.Job(name)!;
        await work.Parts.Api.DeleteAsync<V1Job>(ObjectKey.Of(job), job.Metadata.Uid, ct);
        return new Outcome.Requeue(TimeSpan.FromSeconds(2), "Bootstrapping", $"Job {name} ended, the catalogue is not complete yet");
    }
}
