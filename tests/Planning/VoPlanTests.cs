using CsCheck;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

/// <summary>Laws of the VO plan, each tried over whole histories: any catalogue, round after round until nothing is left to do.</summary>
public sealed class VoPlanTests
{
    private const int MaxRounds = 6;

    private static readonly Gen<(DesiredVo Desired, ObservedVo Observed)> Worlds = Gen.Select(VoSpecs.Desired, VoSpecs.Catalogue);

    /// <summary>Each change with the catalogue as it is just before it, and the end.</summary>
    private static (List<(ObservedVo Before, VoChange Change)> Steps, ObservedVo End, Plan<VoChange> Left) Run(DesiredVo desired, ObservedVo observed)
    {
        var steps = new List<(ObservedVo, VoChange)>();
        var plan = VoPlan.For(desired, observed);
        for (var round = 0; round < MaxRounds && !plan.IsEmpty; round++)
        {
            foreach (var change in plan.Changes)
            {
                steps.Add((observed, change));
                observed = VoSpecs.Apply(observed, desired, change);
            }
            plan = VoPlan.For(desired, observed);
        }
        return (steps, observed, plan);
    }

    [Test]
    public void Within_six_rounds_nothing_is_left_to_do() => Worlds.Sample(w => Run(w.Desired, w.Observed).Left.IsEmpty);

    [Test]
    public void Nothing_but_a_claim_happens_before_the_claim_is_ours() => Worlds.Sample(w =>
        Run(w.Desired, w.Observed).Steps.All(s => s.Before.Claim == VoSpecs.Claimant || s.Change is ClaimTag or TakeUpClaim));

    [Test]
    public void A_tag_that_somebody_else_holds_is_left_alone() => Worlds.Where(w => w.Observed.Claim is not (null or VoSpecs.Claimant) && !w.Desired.ClaimantIsGone).Sample(w =>
        VoPlan.For(w.Desired, w.Observed) is { IsEmpty: true, Problems: [{ Reason: VoPlan.TagTaken }] });

    [Test]
    public void Root_loses_an_identity_only_when_ours_is_mapped_and_has_our_password() => Worlds.Sample(w =>
        Run(w.Desired, w.Observed).Steps.Where(s => s.Change is UnmapRootIdentity).All(s =>
            s.Before.Accounts["root"].Identities.Any(i => i is { Type: "USERPASS", Identity: VoSpecs.RootIdentity }) && s.Before.Passwords[VoSpecs.RootIdentity].Matches(VoSpecs.RootPassword)
            && s.Change is UnmapRootIdentity { Identity: not VoSpecs.RootIdentity } or UnmapRootIdentity { Type: not "USERPASS" }));

    [Test]
    public void The_published_password_opens_a_new_VO_at_no_moment() => Worlds.Where(w => !w.Observed.Exists).Sample(w =>
    {
        var (steps, end, _) = Run(w.Desired, w.Observed);
        return steps.Select(s => s.Before).Append(end).All(vo => !vo.Exists || vo.Passwords.GetValueOrDefault("root@sky")?.Matches("password") != true);
    });

    [Test]
    public void In_the_end_only_our_identity_opens_a_root_that_we_made() => Worlds.Where(w => !w.Observed.Exists).Sample(w =>
        Run(w.Desired, w.Observed).End is { Exists: true } vo ? vo.Accounts["root"].Identities.All(i => i.Identity == VoSpecs.RootIdentity || i.Identity == w.Desired.NextRoot?.Identity) : w.Observed.Claim is not null);

    [Test]
    public void On_a_VO_that_somebody_else_made_only_the_published_identity_and_operators_go() => Worlds.Where(w => w.Observed is { Exists: true, CreatedByOperator: false } && w.Desired.Spec.RootMappings is null).Sample(w =>
        Run(w.Desired, w.Observed).Steps.Select(s => s.Change).OfType<UnmapRootIdentity>().All(c => c.Identity == "root@sky" || c.Identity.StartsWith("operator-", StringComparison.Ordinal)));

    [Test]
    public void Exclusive_leaves_nobody_else_on_root() => Worlds.Where(w => w.Desired.Spec.RootMappings == RootMappings.Exclusive && w.Observed.Claim == VoSpecs.Claimant).Sample(w =>
        Run(w.Desired, w.Observed).End.Accounts["root"].Identities.All(i => i.Identity == VoSpecs.RootIdentity || i.Identity == w.Desired.NextRoot?.Identity));

    [Test]
    public void The_next_login_opens_root_beside_the_one_in_use_and_neither_goes() => Worlds.Where(w => w.Desired.NextRoot is not null && w.Observed.Claim == VoSpecs.Claimant).Sample(w =>
    {
        var (steps, end, _) = Run(w.Desired, w.Observed);
        return steps.All(s => s.Change is not UnmapRootIdentity { Type: "USERPASS", Identity: VoSpecs.RootIdentity or VoSpecs.NextIdentity })
            && end.Accounts["root"].Identities.Select(i => i.Identity).Intersect([VoSpecs.RootIdentity, VoSpecs.NextIdentity]).Count() == 2
            && end.Passwords[VoSpecs.NextIdentity].Matches(VoSpecs.NextPassword) && end.Passwords[VoSpecs.RootIdentity].Matches(VoSpecs.RootPassword);
    });

    [Test]
    public void A_long_name_of_another_VO_stays_theirs_and_ours_is_there_before_the_former_goes() => Worlds.Sample(w =>
    {
        var (steps, end, left) = Run(w.Desired, w.Observed);
        var taken = w.Desired.Spec.LongName is { } wanted && w.Observed.LongNames.GetValueOrDefault(wanted) is { } holder && holder != "sky";
        return w.Observed.LongNames.Where(n => n.Value != "sky").All(n => end.LongNames[n.Key] == n.Value)
            && (!taken || end.Claim != VoSpecs.Claimant || !end.Exists || left.Problems.Any(p => p.Reason == VoPlan.LongNameTaken))
            && steps.Where(s => s.Change is ReleaseLongName).All(s => w.Desired.Spec.LongName is not { } name || s.Before.LongNames[name] == "sky");
    });

    [Test]
    public void An_account_nobody_asked_for_is_never_touched() => Worlds.Sample(w =>
    {
        var asked = w.Desired.Spec.Accounts!.Select(a => a.Name).ToHashSet();
        var (_, end, _) = Run(w.Desired, w.Observed);
        return w.Observed.Accounts.Where(a => a.Key != "root" && !asked.Contains(a.Key) && !AccountMark.IsOn(a.Value)).All(a => ReferenceEquals(end.Accounts[a.Key], a.Value));
    });

    [Test]
    public void Who_is_not_active_in_the_end_has_no_way_in_unless_nobody_asked_for_the_account() => Worlds.Sample(w =>
    {
        var (_, end, _) = Run(w.Desired, w.Observed);
        return end.Claim != VoSpecs.Claimant || end.Accounts.Values.All(a => a.Status == "ACTIVE" || a.Identities.Count == 0 || !AccountMark.IsOn(a) && w.Desired.Accounts.All(x => x.Name != a.Name));
    });

    [Test]
    public void An_account_comes_back_only_when_nobody_from_before_can_come_in_with_it() => Worlds.Where(w => w.Observed.CreatedByOperator).Sample(w =>
        Run(w.Desired, w.Observed).Steps.Where(s => s.Change is SetAccount { Key: "status", Value: "ACTIVE" }).All(s =>
        {
            var account = ((SetAccount)s.Change).Account;
            var spec = w.Desired.Accounts.Single(a => a.Name == account);
            var wanted = WantedIdentities.Of(spec, w.Desired, []).Append(new("" + account + "@sky", "USERPASS"));
            return s.Before.Accounts[account].Identities.All(wanted.Contains) && (spec.Admin || !s.Before.Accounts[account].Attributes.ContainsKey("admin"));
        }));

    [Test]
    public void No_text_of_a_plan_shows_a_password() => Worlds.Sample(w =>
    {
        var (steps, _, left) = Run(w.Desired, w.Observed);
        var texts = steps.SelectMany(s => new[] { s.Change.Describe(), $"{s.Change}" }).Concat(left.Problems.Select(p => $"{p}")).Append($"{left}").Append($"{w.Desired}");
        return !texts.Any(t => t.Contains("SECRET"));
    });
}
