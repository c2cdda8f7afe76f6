using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class OffboardPlanTests
{
    private static readonly ObservedIdentity Ours = new("operator-abcdefgh@sky", "USERPASS");
    private static readonly ObservedIdentity Foreign = new("CN=somebody", "X509");

    private static readonly LeavingVo Leaving = new(new VirtualOrganisationSpec { Tag = "sky", Accounts = [new() { Name = "alice" }] }, VoReach.Catalogue, Ours.Identity);

    private static readonly ObservedVo Full = new("sky")
    {
        Exists = true,
        CreatedByOperator = true,
        Accounts = new Dictionary<string, ObservedAccount>
        {
            ["root"] = new("root", "SERVICE", "ACTIVE", null) { Identities = [Ours, Foreign] },
            ["alice"] = new("alice", "USER", "ACTIVE", null) { Identities = [new("alice@sky", "USERPASS"), new("CN=alice", "X509")] },
            ["guest"] = new("guest", "USER", "SUSPENDED", null) { Identities = [new("SUB=1, ISS=https://iam", "OIDC")] },
        },
        Rses = new Dictionary<string, ObservedRse>
        {
            ["OPEN"] = new("OPEN", "1") { Read = true },
            ["SHUT"] = new("SHUT", "2"),
            ["GONE"] = new("GONE", "3") { Deleted = true, Read = true },
        },
        Subscriptions =
        [
            new("ours", "alice", "{}", """[{"managed_by": "rucio-operator"}]"""), new("theirs", "guest", "{}", "[]"), new("off", "alice", "{}", "[]") { State = 'I' },
        ],
    };

    [Test]
    public void Accounts_first_then_their_identities_then_storages_and_root_when_nothing_else_is_left()
    {
        Assert.That(OffboardPlan.For(Leaving, Full).Select(c => c.ToString()), Is.EqualTo(new[]
        {
            "set status of account alice",
            "unmap a USERPASS identity from account alice", "unmap a X509 identity from account alice", "unmap a OIDC identity from account guest",
            "deactivate subscription ours of alice", "deactivate subscription theirs of guest",
            "make storage OPEN unavailable",
        }));
        Assert.That(OffboardPlan.For(Leaving, Closed(Full)).Select(c => c.ToString()), Is.EqualTo(new[]
        {
            "unmap X509 identity CN=somebody from root", "unmap USERPASS identity operator-abcdefgh@sky from root",
        }));
    }

    [Test]
    public void Done_is_done_and_what_does_not_exist_has_nothing_to_leave()
    {
        Assert.That(OffboardPlan.For(Leaving, WithRoot(Closed(Full))), Is.Empty);
        Assert.That(OffboardPlan.For(Leaving, ObservedVo.Absent("sky")), Is.Empty);
    }

    [Test]
    public void Somebody_who_comes_back_after_root_was_given_up_is_put_out_again() =>
        Assert.That(OffboardPlan.For(Leaving, WithRoot(Full)).First(), Is.EqualTo(new RecoverRoot("sky", Ours.Identity)));

    [Test]
    public void In_a_VO_that_somebody_else_made_only_accounts_of_the_spec_are_touched_and_other_roots_stay()
    {
        var foreign = Full with { CreatedByOperator = false };
        Assert.That(OffboardPlan.For(Leaving, foreign).Select(c => c.ToString()), Has.None.Contain("guest").And.None.Contain("theirs").And.Some.Contain("subscription ours"));
        Assert.That(OffboardPlan.For(Leaving, Closed(foreign)), Is.EqualTo(new[] { new UnmapRootIdentity(Ours.Identity, "USERPASS") }));
    }

    [TestCase(VoReach.Given, "sky")]
    [TestCase(VoReach.Catalogue, "def")]
    public void A_root_that_is_not_the_VOs_own_stays(VoReach reach, string tag) =>
        Assert.That(OffboardPlan.For(Leaving with { Reach = reach, Spec = Leaving.Spec with { Tag = tag } }, Closed(Full)), Is.Empty);

    [Test]
    public void No_change_names_whose_identity_it_is() =>
        Assert.That(OffboardPlan.For(Leaving, Full).Select(c => c.ToString()), Has.None.Contain("CN=").And.None.Contain("SUB="));

    private static ObservedVo Closed(ObservedVo vo) => vo with
    {
        Accounts = vo.Accounts.ToDictionary(a => a.Key, a => a.Key == "root" ? a.Value : a.Value with { Status = "SUSPENDED", Identities = [] }),
        Rses = vo.Rses.ToDictionary(r => r.Key, r => r.Value with { Read = false }),
        Subscriptions = [],
    };

    private static ObservedVo WithRoot(ObservedVo vo, params ObservedIdentity[] identities) => vo with
    {
        Accounts = new Dictionary<string, ObservedAccount>(vo.Accounts) { ["root"] = vo.Accounts["root"] with { Identities = identities } },
    };
}
