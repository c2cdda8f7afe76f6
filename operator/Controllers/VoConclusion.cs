using RucioOperator.Apply;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>
/// What a plan that is done, refused or stopped means, condition by condition. Up to <see cref="VoConditions.CredentialsSafe"/>
/// the first one that is not met ends it: nothing else may be touched. Later ones stand side by side, so that one account in
/// trouble hides nothing of the others.
/// </summary>
internal sealed class VoConclusion(VoWork work, DesiredVo desired, Plan<VoChange> plan, PassMode mode)
{
    private const int MaxProblems = 3;

    /// <param name="stopped">The change that failed; none after it was tried.</param>
    public Outcome Draw(PlanStoppedException? stopped = null)
    {
        Outcome outcome = new Outcome.Done();
        foreach (var condition in VoConditions.All)
        {
            var unmet = stopped?.Change.Condition == condition ? Stopped(stopped) : Refused(condition) ?? Left(condition);
            if (unmet is null)
            {
                Met(condition);
                continue;
            }
            work.Report.Stop(condition, unmet);
            outcome = outcome is Outcome.Done ? unmet : outcome;
            if (stopped?.Change.Condition == condition || condition is VoConditions.Claimed or VoConditions.CredentialsSafe)
            {
                break;
            }
        }
        StatusPass.ReportDrifted(work.Report, mode, plan.Changes);
        return outcome;
    }

    private static Outcome Stopped(PlanStoppedException stopped) =>
        stopped.IsPermanent ? new Outcome.Blocked(stopped.Reason, stopped.Message, TimeSpan.FromMinutes(1)) : new Outcome.Failed(stopped);

    private Outcome.Blocked? Refused(string condition) => plan.Problems.Where(p => p.Subject == condition).ToList() is [var first, ..] problems
        ? new(first.Reason, string.Join("; ", problems.Take(MaxProblems).Select(p => p.Message)) + (problems.Count > MaxProblems ? $"; and {problems.Count - MaxProblems} more" : ""))
        : null;

    private Outcome? Left(string condition) => (mode, plan.Changes.FirstOrDefault(c => c.Condition == condition)) switch
    {
        (_, null) or (PassMode.ReportDrift, _) => null,
        (PassMode.Act, { } left) => new Outcome.Failed(new ReconcileFailedException($"still to do after {VoPass.MaxRounds} rounds: {left.Describe()}")),
        (_, { } left) => StatusPass.PlanOnly(mode, left),
    };

    private void Met(string condition)
    {
        if (mode == PassMode.ReportDrift && plan.Changes.FirstOrDefault(c => c.Condition == condition) is { } drifted)
        {
            work.Report.False(condition, StatusPass.DriftReported, $"driftPolicy is Report: {drifted.Describe()}");
        }
        else
        {
            work.Report.True(condition, "AsDesired", Words(condition));
        }
    }

    private string Words(string condition) => condition switch
    {
        VoConditions.Claimed => $"Tag {desired.Spec.Tag} is held by {work.Claimant}",
        VoConditions.CredentialsSafe => "Only the operator's identity opens root of this VO",
        VoConditions.LongNameReady => $"Clients may say {desired.Spec.LongName} for {desired.Spec.Tag}; servers that were asked before learn it within 15 minutes",
        VoConditions.AccountsReady => $"{desired.Accounts.Count + desired.Held.Count} accounts",
        VoConditions.ScopesReady => $"{desired.Spec.Scopes?.Count ?? 0} scopes",
        VoConditions.SubscriptionsReady => $"{desired.Spec.Subscriptions?.Count ?? 0} subscriptions",
        _ => "Quotas are set on each matching storage",
    };
}
