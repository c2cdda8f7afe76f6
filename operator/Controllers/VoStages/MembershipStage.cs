using RucioOperator.Api;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.VoStages;

/// <summary>Says what membership came to; joining and leaving themselves are part of the plan.</summary>
internal static class MembershipStage
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(1);

    public static VoStage Stage { get; } = new(VoConditions.MembershipSynced, (work, _) => Task.FromResult(Run(work)));

    private static Outcome? Run(VoWork work)
    {
        if (work.Desired?.Membership is not { } membership)
        {
            work.Report.Remove(VoConditions.MembershipSynced);
            work.Status = work.Status with { Membership = null };
            return null;
        }
        if (membership.Status is { } status)
        {
            work.Status = work.Status with { Membership = status with { Plan = Plan(work, membership) } };
        }
        return membership.Problem is { } problem ? Unmet(work, problem) : Met(work, membership.Status!);
    }

    private static Outcome? Unmet(VoWork work, Problem problem)
    {
        var before = work.Vo.Status?.Conditions?.FirstOrDefault(c => c.Type == VoConditions.MembershipSynced);
        if (problem.Reason == Members.Reading && before is { Reason: not Members.Reading } && before.ObservedGeneration == work.Vo.Metadata.Generation)
        {
            // The operator has started anew: what it knew is still true for all it knows.
            return before.Status == "True" || before.Reason == nameof(MembershipMode.DryRun) ? Keep() : new Outcome.Blocked(before.Reason, before.Message);
        }
        return problem.Reason == Members.Reading ? new Outcome.Requeue(LookAgain, problem.Reason, problem.Message) : new Outcome.Blocked(problem.Reason, problem.Message, LookAgain);

        Outcome? Keep()
        {
            if (before.Status == "True")
            {
                work.Report.True(VoConditions.MembershipSynced, before.Reason, before.Message);
            }
            else
            {
                work.Report.False(VoConditions.MembershipSynced, before.Reason, before.Message);
            }
            return null;
        }
    }

    private static Outcome? Met(VoWork work, MembershipStatus status)
    {
        if (work.Vo.Spec.Membership!.Mode == MembershipMode.DryRun)
        {
            work.Report.False(VoConditions.MembershipSynced, nameof(MembershipMode.DryRun), $"{status.Members} members: {status.Joining} would join, {status.Leaving} would leave; spec.membership.mode: Apply does it");
        }
        else if (status is { Joining: 0, Leaving: 0 })
        {
            work.Report.True(VoConditions.MembershipSynced, "Synced", $"{status.Members} members of issuer {work.Vo.Spec.Membership.Issuer}");
        }
        else
        {
            // Why is told by the condition that stopped it.
            work.Report.False(VoConditions.MembershipSynced, "Syncing", $"{status.Joining} are still to join and {status.Leaving} to leave");
        }
        return null;
    }

    /// <summary>What there would be to do for members alone.</summary>
    private static PlanStatus? Plan(VoWork work, Membership membership)
    {
        if (work.Vo.Spec.Membership!.Mode != MembershipMode.DryRun || work.Observed is not { } observed)
        {
            return null;
        }
        var applied = work.Desired! with { Accounts = [.. work.Desired.Accounts, .. membership.Wanted], Held = new HashSet<string>() };
        var now = VoPlan.For(work.Desired, observed).Changes.ToHashSet();
        return StatusPass.Describe([.. VoPlan.For(applied, observed).Changes.Where(c => !now.Contains(c))]);
    }
}
