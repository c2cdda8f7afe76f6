using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

/// <summary>Plans for a VO of a Rucio that somebody else runs.</summary>
public sealed class ExternalVoPlanTests
{
    private const string Identity = "alice@sky-abcdefgh";
    private static readonly ObservedIdentity Ours = new(VoSpecs.RootIdentity, "USERPASS");

    private static readonly DesiredVo Desired = new(new VirtualOrganisationSpec { Tag = "sky", Accounts = [new() { Name = "alice", Identities = [new()] }] },
        VoSpecs.Claimant, Granted: true, ClaimantIsGone: false, VoSpecs.Package, VoSpecs.RootIdentity, VoSpecs.RootPassword, new Dictionary<string, string> { ["alice"] = "SECRET" })
    {
        Reach = VoReach.SuperRoot,
        Identities = new Dictionary<string, string> { ["alice"] = Identity },
    };

    private static ObservedVo Seen(IReadOnlyList<ObservedIdentity> root, params ObservedIdentity[] alice) => new("sky")
    {
        Exists = true,
        Claim = VoSpecs.Claimant,
        Accounts = new Dictionary<string, ObservedAccount>
        {
            ["root"] = new("root", "SERVICE", "ACTIVE", null) { Identities = root },
            ["alice"] = new("alice", "USER", "ACTIVE", null) { Identities = alice, Attributes = new Dictionary<string, string> { [AccountMark.Attribute] = AccountMark.Listed } },
        },
    };

    [Test]
    public void Without_a_grant_nothing_is_planned_whatever_is_there() => Assert.Multiple(() =>
    {
        foreach (var observed in (ObservedVo[])[ObservedVo.Absent("sky"), Seen([Ours]), Seen([Ours]) with { Claim = null }])
        {
            var plan = VoPlan.For(Desired with { Granted = false }, observed);
            Assert.That((plan.IsEmpty, plan.Problems.Single().Reason), Is.EqualTo((true, VoPlan.NotGranted)));
        }
    });

    [Test]
    public void A_new_vo_is_made_in_the_safe_order_without_a_policy_of_ours() =>
        Assert.That(Kinds(VoPlan.For(Desired, ObservedVo.Absent("sky") with { Claim = VoSpecs.Claimant })), Is.EqualTo(new[] { nameof(NeutraliseIdentity), nameof(CreateVo), nameof(RecoverRoot) }));

    [Test]
    public void A_login_is_proven_before_an_older_one_is_closed() =>
        Assert.That(Kinds(VoPlan.For(Desired, Seen([Ours], new ObservedIdentity("alice@sky-aaaaaaaa", "USERPASS"), new ObservedIdentity("alice@sky", "USERPASS"), new ObservedIdentity("alice@sky-by-herself", "USERPASS"), new ObservedIdentity("alice@sky-aaaaaaaa", "X509")))),
            Is.EqualTo(new[] { nameof(MapIdentity), nameof(VerifyLogin), nameof(UnmapIdentity) }), "only names of the operator's own making go");

    [Test]
    public void A_login_that_is_there_alone_needs_nothing() =>
        Assert.That(VoPlan.For(Desired, Seen([Ours], new ObservedIdentity(Identity, "USERPASS"))).IsEmpty, Is.True);

    [TestCase(false, false, ExpectedResult = 0)]
    [TestCase(false, true, ExpectedResult = 1)]
    [TestCase(true, false, ExpectedResult = 3)]
    public int Mappings_of_root_that_go(bool createdByUs, bool publishedOpens) =>
        VoPlan.For(Desired, Seen([Ours, new("root@sky", "USERPASS"), new("admin", "USERPASS"), new("CN=admin", "X509")], new ObservedIdentity(Identity, "USERPASS")) with { CreatedByOperator = createdByUs, PublishedRootOpens = publishedOpens })
            .Changes.OfType<UnmapRootIdentity>().Count();

    [Test]
    public void A_former_operators_way_into_root_is_closed_also_where_the_vo_is_somebody_elses() =>
        Assert.That(VoPlan.For(Desired, Seen([Ours, new("operator-12345678@sky", "USERPASS"), new("operator-12345678@sea", "USERPASS")], new ObservedIdentity(Identity, "USERPASS"))).Changes.OfType<UnmapRootIdentity>().Select(c => c.Identity),
            Is.EqualTo(new[] { "operator-12345678@sky" }));

    [Test]
    public void An_account_that_was_given_changes_nothing_on_root_but_an_open_door()
    {
        var given = Desired with { Reach = VoReach.Given, RootIdentity = "theirs" };
        var seen = Seen([new("theirs", "USERPASS"), new("root@sky", "USERPASS"), new("operator-12345678@sky", "USERPASS")], new ObservedIdentity(Identity, "USERPASS")) with { CreatedByOperator = true };
        Assert.That(VoPlan.For(given, seen).Changes.Where(c => c.Condition == VoConditions.CredentialsSafe), Is.Empty);
        Assert.That(VoPlan.For(given, seen with { PublishedRootOpens = true }).Changes.OfType<UnmapRootIdentity>().Select(c => c.Identity), Is.EqualTo(new[] { "root@sky" }));
    }

    [Test]
    public void What_only_super_root_may_is_refused_by_name_and_a_closed_vo_too() => Assert.Multiple(() =>
    {
        var given = Desired with { Reach = VoReach.Given };
        Assert.That(VoPlan.For(given, ObservedVo.Absent("sky")).Problems.Single().Reason, Is.EqualTo(VoPlan.NotReachable));
        Assert.That(VoPlan.For(given with { Spec = given.Spec with { Email = "a@b" } }, Seen([Ours])).Problems.Single().Message, Does.Contain("spec.email"));
    });

    private static IEnumerable<string> Kinds(Plan<VoChange> plan) => plan.Changes.Select(c => c.GetType().Name);
}
