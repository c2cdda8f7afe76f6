using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Apply;
using RucioOperator.Controllers.VoStages;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>One pass over one VirtualOrganisation: guard, then rounds of observe, plan and act until nothing is left to do, then the stages.</summary>
internal sealed class VoPass(VoParts parts, VirtualOrganisation vo)
{
    /// <summary>Claim, creation, clean-up, details: each may show the next something new. More means it does not converge.</summary>
    public const int MaxRounds = 6;

    private static readonly IReadOnlyList<VoStage> Stages =
    [
        MembershipStage.Stage,
        PolicyPackageStage.Stage,
        LoginsStage.Stage,
        ClientConfigStage.Stage,
        TransfersStage.Stage,
        IsolationStage.Stage,
        DataPathStage.Stage,
    ];

    private readonly VoWork _work = new(parts, vo);

    public Report Report => _work.Report;

    /// <returns>False: nothing can be said yet (the operator has just started), so nothing is written.</returns>
    public async Task<bool> RunAsync(CancellationToken ct)
    {
        RucioInstance? instance = null;
        if ((StatusPass.Invalid(VirtualOrganisationRules.Validate(vo)) ?? parts.Tenancy.Refuses(vo, out instance)) is { } refused)
        {
            // Only who has no place in the instance any more: otherwise what was made before is kept alive until the spec is mended.
            if (refused is Outcome.Blocked { Reason: Tenancy.InstanceNotFound or Tenancy.NamespaceNotAllowed })
            {
                parts.Transfers.Keeper.Forget(TransfersStage.HolderOf(vo), ObjectKey.Of(vo));
            }
            Report.Stop(VoConditions.Claimed, refused);
            return true;
        }
        var connection = parts.Connections.Find(ObjectKey.Of(instance!));
        if (connection is not { IsOpen: true })
        {
            if (StatusPass.IsReady(instance!))
            {
                return false;
            }
            Report.Stop(VoConditions.Claimed, new Outcome.Blocked(Tenancy.InstanceNotReady, $"RucioInstance {ObjectKey.Of(instance!)} is not ready yet: see its conditions"));
            return true;
        }
        (_work.Instance, _work.Connection) = (instance!, connection);
        var outcome = await ConvergeAsync(ct);
        if (Report.IsTrue(VoConditions.CredentialsSafe))
        {
            await RunStagesAsync(ct);
        }
        else if (_work.Observed is { Claim: { } claim } && claim != _work.Claimant)
        {
            parts.Transfers.Keeper.Forget(TransfersStage.HolderOf(vo), ObjectKey.Of(vo));
        }
        Report.End(outcome is Outcome.Done ? new Outcome.Done(_work.LookAgain) : outcome);
        return true;
    }

    private async Task<Outcome> ConvergeAsync(CancellationToken ct)
    {
        var (connection, source) = (_work.Connection, new DesiredVoSource(_work));
        var observed = await Traced("observe", async () => await connection.ObserveVoAsync(await source.LookAsync(ct), ct));
        var told = new HashSet<string>(StringComparer.Ordinal);
        for (var round = 1; ; round++)
        {
            var (desired, plan) = await Traced("plan", () => PlanAsync(source, observed, ct));
            if (round == 1 && !plan.IsEmpty)
            {
                // The snapshot may be minutes old: act only on what is true now.
                observed = await Traced("observe", async () => await connection.RefreshVoAsync(await source.LookAsync(ct), ct));
                (desired, plan) = await Traced("plan", () => PlanAsync(source, observed, ct));
            }
            (_work.Desired, _work.Observed) = (desired, observed);
            var drift = DriftIn(plan, observed);
            var mode = StatusPass.Mode(vo, vo.Spec.ManagementPolicy, vo.Spec.DriftPolicy, nothingToDo: drift.Count == 0);
            if (mode == PassMode.DryRun)
            {
                _work.DryRun = StatusPass.Describe(plan.Changes);
            }
            if (plan.IsEmpty || mode != PassMode.Act || round > MaxRounds)
            {
                return new VoConclusion(_work, desired, plan, mode).Draw();
            }
            // In later rounds, too: somebody may change more while the first is put right.
            if (drift.Where(c => told.Add(c.Describe())).ToList() is { Count: > 0 } news)
            {
                await StatusPass.DriftAsync(vo, news, parts.Events, parts.Metrics, ct);
            }
            try
            {
                using var span = RuntimeTracing.Part("act");
                await new VoPlanExecution(connection, desired, parts.Time, parts.Logger).RunAsync(plan.Changes, ct);
            }
            catch (PlanStoppedException stopped)
            {
                await connection.RefreshVoAsync(await source.LookAsync(ct), ct);
                return new VoConclusion(_work, desired, plan, mode).Draw(stopped);
            }
            observed = await Traced("observe", async () => await connection.RefreshVoAsync(await source.LookAsync(ct), ct));
        }
    }

    private static async Task<(DesiredVo Desired, Plan<VoChange> Plan)> PlanAsync(DesiredVoSource source, ObservedVo observed, CancellationToken ct)
    {
        var desired = await source.ReadAsync(observed, ct);
        return (desired, VoPlan.For(desired, observed));
    }

    private static async Task<T> Traced<T>(string part, Func<Task<T>> work)
    {
        using var span = RuntimeTracing.Part(part);
        return await work();
    }

    private async Task RunStagesAsync(CancellationToken ct)
    {
        foreach (var stage in Stages)
        {
            using var span = RuntimeTracing.Part("stage", stage.Condition);
            try
            {
                if (await stage.RunAsync(_work, ct) is { } unmet)
                {
                    Report.Unmet(stage.Condition, unmet);
                }
            }
            catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                Report.Unmet(stage.Condition, new Outcome.Failed(error));
            }
        }
    }

    /// <summary>Of what is to do, what somebody undid. A quota on a storage that has come since is not: it is just new.</summary>
    private IReadOnlyList<VoChange> DriftIn(Plan<VoChange> plan, ObservedVo observed)
    {
        if (!StatusPass.IsDrift(vo))
        {
            return [];
        }
        // Who came, left, or gets something else at the issuer is no drift.
        var moved = _work.Desired?.Membership?.Status?.Revision is { } revision && revision != vo.Status?.Membership?.Revision;
        // Nor are quotas on storages that came, or have other attributes than before.
        var regrouped = WantedQuotas.Basis(_work.Desired!.Accounts, observed) != vo.Status?.QuotaBasis;
        return [.. plan.Changes.Where(c => !(moved && c.Condition is (VoConditions.AccountsReady or VoConditions.QuotasReady)) && c is not MapNextRoot && !(c is UnmapRootIdentity old && old.Identity == _work.RetiredRoot) && !(regrouped && c.Condition == VoConditions.QuotasReady))];
    }

    public void Fail(Exception error)
    {
        var (condition, outcome) = error is SecretProblem missing
            ? (VoConditions.AccountsReady, (Outcome)new Outcome.Blocked(missing.Reason, missing.Message))
            : (VoConditions.Claimed, new Outcome.Failed(error));
        Report.Stop(condition, outcome);
        Report.End(outcome);
    }

    public async Task ReportAsync(CancellationToken ct)
    {
        using var span = RuntimeTracing.Part("report");
        var claimed = Report.IsTrue(VoConditions.Claimed);
        if (vo.Spec.LongName is null)
        {
            Report.Remove(VoConditions.LongNameReady);
        }
        if (vo.Spec.Subscriptions is null or [] && Report.IsTrue(VoConditions.SubscriptionsReady))
        {
            Report.Remove(VoConditions.SubscriptionsReady);
        }
        // Their dates go on without this pass: nobody says any more that they hold.
        var untold = _work.TransfersReached ? [] : TransferConditions.All.Where(t => vo.Status?.Conditions?.Any(c => c.Type == t) == true);
        var instance = Indexes.InstanceOf(vo);
        var status = _work.Status with
        {
            ObservedGeneration = vo.Metadata.Generation,
            Conditions = Report.Conditions([.. VoConditions.All, .. untold], $"VO {vo.Spec.Tag} is ready"),
            LastHandledReconcileAt = StatusPass.Token(vo),
            LastHandledLoginRotation = Report.IsTrue(VoConditions.AccountsReady) && _work.MayAct && VoLogins.Rotation(vo) is { } rotated ? rotated : vo.Status?.LastHandledLoginRotation,
            Plan = _work.DryRun,
            Tag = claimed ? vo.Spec.Tag : vo.Status?.Tag,
            LongName = Report.IsTrue(VoConditions.LongNameReady) ? vo.Spec.LongName : vo.Status?.LongName,
            LastHandledRootRotation = Report.IsTrue(VoConditions.CredentialsSafe) && _work.RootLogin is { Next: null, Token: { } token } ? token : vo.Status?.LastHandledRootRotation,
            Url = claimed ? parts.Tenancy.InstanceOf(vo)?.Status?.Url ?? new InstanceNames(instance.Namespace, instance.Name).ApiUrl : null,
            Accounts = _work.Desired is { } desired ? desired.Accounts.Count + desired.Held.Count : vo.Spec.Accounts?.Count ?? 0,
            Storages = _work.Observed?.StorageCount ?? vo.Status?.Storages,
            Space = _work.Observed is not { } full ? vo.Status?.Space : full.StorageCount > 0 ? SpaceWords.Total(vo.Status?.Space, full.Rses.Values) : null,
            // Before the issuer of members was read, theirs are not known.
            QuotaBasis = _work is { Desired: { Membership: not { Status: null } } wanted, Observed: { Exists: true } seen } ? WantedQuotas.Basis(wanted.Accounts, seen) : vo.Status?.QuotaBasis,
        };
        await StatusPass.WriteAsync(vo, vo with { Status = status }, parts.Status, parts.Events, ct);
    }
}
