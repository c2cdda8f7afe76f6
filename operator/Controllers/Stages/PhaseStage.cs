using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Which phase the instance is in, from what is there now.</summary>
internal static class PhaseStage
{
    /// <summary>What only a person can change about the database is looked at again after this.</summary>
    private static readonly TimeSpan Recheck = TimeSpan.FromMinutes(1);

    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var decision = PhaseDecision.For(await FactsAsync(work, ct));
        work.Phase = decision.Phase;
        if (!work.OnlyLooks)
        {
            work.Connection.Serving &= decision.Problem is null && decision.Phase == InstancePhase.Running;
        }
        return decision.Problem switch
        {
            { Reason: PhaseDecision.CatalogueMissing } p => new Outcome.Blocked(p.Reason, p.Message, Recheck),
            { } p => new Outcome.Rejected(p.Reason, p.Message),
            null => null,
        };
    }

    private static async Task<PhaseFacts> FactsAsync(InstanceWork work, CancellationToken ct)
    {
        var (spec, revision) = (work.Instance.Spec, work.Snapshot?.AlembicRevision);
        var migrates = revision is not null && revision != work.Release.AlembicHead;
        var deployments = work.Workloads.ToList();
        var daemonsAtZero = deployments.Where(d => Is(d, Phased.Daemon)).All(d => d.Spec.Replicas == 0);
        return new PhaseFacts
        {
            Version = spec.Version,
            Release = work.Release,
            Lines = ReleaseCatalogue.Lines,
            RanVersion = work.Instance.Status?.Version,
            Revision = revision,
            Complete = DatabaseStage.IsComplete(work.Instance, work.Snapshot),
            HadCatalogue = work.Instance.Status?.AlembicRevision is not null,
            Hibernate = spec.Hibernate == true,
            DaemonsAtZero = daemonsAtZero,
            // Pods are only asked for where it matters: a Deployment at 0 may have some that still end.
            DaemonsStopped = migrates && daemonsAtZero && await work.PodsAsync(Phased.Daemon, ct) == 0,
            ServersStopped = migrates && deployments.Where(d => Is(d, Phased.Server)).All(d => d.Spec.Replicas == 0) && await work.PodsAsync(Phased.Server, ct) == 0,
            ServersServe = work.Availability([work.Names.Admin, work.Names.Api]) is null && deployments.Any(d => Is(d, Phased.Server) && d.Metadata.Name == work.Names.Api && d.Spec.Replicas > 0),
            BackupWanted = (spec.Upgrade ?? new UpgradeSpec()).Backup != UpgradeBackup.None,
            BackedUp = migrates && await BackupStage.IsDoneAsync(work, revision!, ct),
        };
    }

    private static bool Is(V1Deployment deployment, string role) => deployment.Metadata.Labels[Phased.RoleLabel] == role;
}
