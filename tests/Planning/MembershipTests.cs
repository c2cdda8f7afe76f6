using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Observed.Scim;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class MembershipTests
{
    private const string Iam = "https://iam.example.org/";

    private static readonly MemberGroup Sky = new() { Name = "sky" };

    [Test]
    public void Active_members_of_the_groups_get_an_account_that_their_token_opens()
    {
        var found = Of(Apply(Sky), [User("a", "Alice", "sky"), User("b", "bob", "sea"), User("c", "carol", "sky") with { Active = false }]);

        var alice = found.Accounts.Single();
        Assert.That((alice.Name, alice.Type, alice.Email), Is.EqualTo(("alice", AccountType.User, "a@example.org")));
        Assert.That(alice.Identities!.Select(i => (i.Type, i.Subject, i.Issuer)), Is.EqualTo(new[] { (IdentityType.Oidc, "a", Iam) }));
        Assert.That(alice.Attributes![Membership.MarkAttribute], Is.EqualTo(MemberNames.Mark(Iam, "a")).And.Match("^[a-zA-Z0-9_-]{22}$"));
        Assert.That((found.Status!.Members, found.Status.Joining, found.Status.Leaving), Is.EqualTo((1, 1, 0)));
    }

    [Test]
    public void A_dry_run_asks_for_nothing_and_decides_about_nobody()
    {
        var found = Of(Apply(Sky) with { Mode = MembershipMode.DryRun }, [User("a", "alice", "sky")], Account("zoe", "z"));
        Assert.That((found.Accounts.Count, string.Join(',', found.Held), found.Wanted.Count, found.Status!.Joining, found.Status.Leaving), Is.EqualTo((0, "zoe", 1, 1, 1)));
    }

    [Test]
    public void Before_anything_was_read_everybody_stays()
    {
        var found = Membership.For(new(Vo(Apply(Sky)), Iam, new HashSet<string>(), null, Observed(Account("zoe", "z"))));
        Assert.That((found.Accounts.Count, string.Join(',', found.Held), found.Status), Is.EqualTo((0, "zoe", (MembershipStatus?)null)));
    }

    [Test]
    public void A_group_that_is_gone_is_no_reason_to_suspend_its_members()
    {
        var found = Of(Apply(Sky, new() { Name = "gone" }), [User("a", "alice", "sky")], Account("zoe", "z"));
        Assert.That((found.Problem!.Reason, string.Join(',', found.Held)), Is.EqualTo((Membership.GroupNotFound, "zoe")));
    }

    [Test]
    public void Everybody_is_a_group()
    {
        var found = Of(Apply(new MemberGroup { Name = MemberGroup.Everybody }), [User("a", "alice"), User("b", "bob", "sky")]);
        Assert.That(found.Accounts.Select(a => a.Name), Is.EqualTo(new[] { "alice", "bob" }));
    }

    [Test]
    public void Who_is_in_several_groups_gets_all_attributes_and_the_larger_quota()
    {
        var found = Of(Apply(
            new() { Name = "sky", Attributes = Map("site", "a"), Quotas = [Quota("*", "1Ti"), Quota("A", "unlimited")] },
            new() { Name = "production", Admin = true, Attributes = Map("site", "b", "role", "prod"), Quotas = [Quota("*", "10Ti"), Quota("A", "1")] }),
            [User("a", "alice", "sky", "production")], groups: ["sky", "production"]);

        var alice = found.Accounts.Single();
        Assert.That((alice.Admin, alice.Attributes!["site"], alice.Attributes["role"]), Is.EqualTo((true, "a", "prod")));
        Assert.That(alice.Quotas!.Select(q => $"{q.RseExpression} {q.Bytes}"), Is.EqualTo(new[] { "* 10Ti", "A unlimited" }));
    }

    [TestCase("alice", "alice")]
    [TestCase("Alice.Smith", "alice-smith")]
    [TestCase("josé@cern.ch", "jose")]
    [TestCase("a.user.with.a.name.of.30.chars", "a-user-with-a-name-of-30")]
    [TestCase("日本", "member")]
    public void User_names_become_names_that_rucio_takes(string user, string account) =>
        Assert.That(MemberNames.Of(user), Is.EqualTo(account).And.Match("^[a-z0-9_-]{1,25}$"));

    [Test]
    public void A_name_that_is_somebody_elses_gets_an_ending_that_stays()
    {
        ScimUser[] users = [User("a", "alice", "sky"), User("b", "Alice", "sky"), User("c", "root", "sky"), User("d", "dora", "sky"), User("e", "eve", "sky")];
        var vo = Vo(Apply(Sky)) with { Accounts = [new AccountSpec { Name = "dora" }] };
        var first = Membership.For(Facts(vo, users, Observed(Foreign("eve"))));

        var names = first.Accounts.Select(a => a.Name).ToList();
        Assert.That(names, Has.Count.EqualTo(5).And.Unique.And.Contain("alice").And.None.AnyOf("root", "dora", "eve").And.All.Match("^[a-z0-9_-]{1,25}$"));
        // Once made, they are found by their marks, in whatever order users come.
        var made = first.Accounts.Select(a => Account(a.Name, users.Single(u => MemberNames.Mark(Iam, u.Id) == a.Attributes![Membership.MarkAttribute]).Id));
        var again = Membership.For(Facts(vo, [User("0", "alice", "sky"), .. users.Reverse()], Observed([.. made, Foreign("eve")])));
        Assert.That(again.Accounts.Select(a => a.Name), Is.SupersetOf(names));
        Assert.That(again.Status!.Joining, Is.EqualTo(1));
    }

    [Test]
    public void Who_is_renamed_at_the_issuer_keeps_the_account()
    {
        var found = Of(Apply(Sky), [User("a", "alice-married", "sky")], Account("alice", "a"));
        Assert.That((found.Accounts.Single().Name, found.Status!.Joining), Is.EqualTo(("alice", 0)));
    }

    [Test]
    public void An_account_that_the_persons_token_opens_already_is_theirs()
    {
        var found = Of(Apply(Sky), [User("a", "alice", "sky")], Foreign("ali", new ObservedIdentity($"SUB=a, ISS={Iam}", "OIDC")) with { Type = "SERVICE" });
        Assert.That((found.Accounts.Single().Name, found.Accounts.Single().Type), Is.EqualTo(("ali", AccountType.Service)));
    }

    [Test]
    public void What_the_spec_lists_is_left_to_the_spec()
    {
        var vo = Vo(Apply(Sky)) with { Accounts = [new AccountSpec { Name = "ops", Identities = [new() { Type = IdentityType.Oidc, Subject = "a", Issuer = "iam" }, new() { Type = IdentityType.Oidc, Subject = "c" }] }, new AccountSpec { Name = "bob" }] };
        var found = Membership.For(Facts(vo, [User("a", "alice", "sky"), User("b", "bob", "sky"), User("c", "carol", "sky")], Observed(Account("bob", "b"))));
        Assert.That((found.Accounts.Count, found.Held.Count, string.Join('|', found.Status!.Skipped!)), Is.EqualTo((0, 0, "alice: listed in spec.accounts|bob: listed in spec.accounts|carol: listed in spec.accounts")));
    }

    [Test]
    public void Certificates_keys_and_linked_logins_come_where_asked_for_and_usable()
    {
        var user = User("a", "alice", "sky") with
        {
            Certificates = ["CN=Alice,O=Sky,C=CH", "no dn"],
            SshKeys = ["ssh-ed25519 AAAA"],
            Links = [("https://other.example.org", "o"), ("https://unknown.example.org", "u")],
        };
        var facts = Facts(Vo(Apply(Sky) with { Identities = [MemberIdentity.X509, MemberIdentity.Oidc, MemberIdentity.Ssh] }), [user], Observed()) with { Issuers = new HashSet<string> { Iam, "https://other.example.org" } };
        var found = Membership.For(facts);
        Assert.That(found.Accounts.Single().Identities!.Select(i => i.Subject ?? i.Dn), Is.EqualTo(new[] { "a", "o", "CN=Alice,O=Sky,C=CH" }));
        Assert.That(found.Status!.Skipped, Has.Count.EqualTo(2).And.All.StartsWith("alice: an identity of type").And.None.Contains("no dn"));
    }

    [Test]
    public void One_certificate_opens_one_members_account()
    {
        ScimUser[] users = [User("a", "alice", "sky") with { Certificates = ["CN=X,O=Y"] }, User("b", "bob", "sky") with { Certificates = ["CN=X,O=Y"] }];
        var found = Of(Apply(Sky) with { Identities = [MemberIdentity.X509] }, users);
        Assert.That(found.Accounts.Select(a => a.Identities!.Count), Is.EqualTo(new[] { 1, 0 }));
    }

    [TestCase(20, 3, 100, ExpectedResult = null)]
    [TestCase(20, 20, 100, ExpectedResult = null)]
    [TestCase(20, 21, 100, ExpectedResult = Membership.TooManyLeaving)]
    [TestCase(20, 3, 4, ExpectedResult = null)]
    [TestCase(20, 4, 8, ExpectedResult = Membership.TooManyLeaving)]
    [TestCase(20, 1, 1, ExpectedResult = Membership.TooManyLeaving)]
    [TestCase(100, 50, 50, ExpectedResult = null)]
    public string? Too_many_leavers_at_once_are_none(int percent, int leaving, int of)
    {
        var accounts = Enumerable.Range(0, of).Select(n => Account($"m{n}", $"{n}")).ToArray();
        var staying = Enumerable.Range(leaving, of - leaving).Select(n => User($"{n}", $"m{n}", "sky")).ToArray();
        var found = Of(Apply(Sky) with { MaxLeavingPercent = percent }, staying, accounts);
        Assert.That((found.Status!.Leaving, found.Held.Count, found.Accounts.Count), Is.EqualTo((leaving, found.Problem is null ? 0 : leaving, of - leaving)));
        return found.Problem?.Reason;
    }

    [Test]
    public void Who_left_before_does_not_count_among_leavers()
    {
        var found = Of(Apply(Sky), [User("a", "alice", "sky")], Account("alice", "a"), Account("zoe", "z") with { Status = "SUSPENDED" });
        Assert.That((found.Status!.Leaving, found.Held.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void Who_comes_back_gets_the_same_account()
    {
        var found = Of(Apply(Sky), [User("z", "zoe", "sky")], Account("zoe-1", "z") with { Status = "SUSPENDED" });
        Assert.That((found.Accounts.Single().Name, found.Status!.Joining), Is.EqualTo(("zoe-1", 1)));
    }

    [Test]
    public void The_instances_limit_lets_those_stay_who_are_in()
    {
        var facts = Facts(Vo(Apply(Sky)) with { Accounts = [new AccountSpec { Name = "ops" }] }, [User("a", "alice", "sky"), User("b", "bob", "sky"), User("c", "carol", "sky")], Observed(Account("carol", "c"))) with { AccountLimit = 3 };
        var found = Membership.For(facts);
        Assert.That((string.Join(',', found.Accounts.Select(a => a.Name)), found.Problem!.Reason), Is.EqualTo(("carol,alice", Membership.AccountLimitReached)));
    }

    [Test]
    public void The_revision_follows_what_members_get_and_not_the_order_they_come_in()
    {
        ScimUser[] users = [User("a", "alice", "sky"), User("b", "bob", "sky")];
        var revision = Of(Apply(Sky), users).Status!.Revision;
        Assert.That(Of(Apply(Sky), users.Reverse().ToArray()).Status!.Revision, Is.EqualTo(revision));
        Assert.That(Of(Apply(Sky), [.. users, User("c", "carol", "sky")]).Status!.Revision, Is.Not.EqualTo(revision));
        Assert.That(Of(Apply(Sky with { Admin = true }), users).Status!.Revision, Is.Not.EqualTo(revision));
    }

    [Test]
    public void A_person_of_two_VOs_is_no_trouble_of_either()
    {
        var facts = Facts(Vo(Apply(Sky)) with { Accounts = [new AccountSpec { Name = "ops", Identities = [new() { Type = IdentityType.Oidc, Subject = "o", Issuer = Iam }] }] }, [User("a", "alice", "sky"), User("b", "bob", "sky")], Observed());
        var members = Membership.For(facts);
        var desired = new DesiredVo(facts.Vo, "sky/sky", false, false, "", "", "", new Dictionary<string, string>())
        {
            Accounts = [.. facts.Vo.Accounts!, .. members.Accounts],
            Membership = members,
            Issuers = [new("iam", Iam)],
            Taken = new HashSet<ObservedIdentity> { Oidc("a"), Oidc("o") },
        };

        var left = Membership.LeaveTaken(desired, facts.Observed);
        Assert.That(left.Accounts.Select(a => $"{a.Name} {a.Identities!.Count}"), Is.EqualTo(new[] { "ops 1", "alice 0", "bob 1" }), "what the spec asks for is for people to put right");
        Assert.That(left.Membership!.Status!.Skipped!.Single(), Does.StartWith("alice: an identity of type Oidc is in use elsewhere"));
        // What is mapped already is taken from nobody here.
        var mapped = Observed(Account("alice", "a") with { Identities = [Oidc("a")] });
        Assert.That(Membership.LeaveTaken(desired, mapped).Accounts[1].Identities, Has.Count.EqualTo(1));

        static ObservedIdentity Oidc(string subject) => new($"SUB={subject}, ISS={Iam}", "OIDC");
    }

    private static Membership Of(MembershipSpec spec, ScimUser[] users, params ObservedAccount[] accounts) => Membership.For(Facts(Vo(spec), users, Observed(accounts)));

    private static Membership Of(MembershipSpec spec, ScimUser[] users, string[] groups) => Membership.For(Facts(Vo(spec), users, Observed()) with { People = new(users, groups.ToHashSet()) });

    private static MembershipFacts Facts(VirtualOrganisationSpec vo, ScimUser[] users, ObservedVo observed) => new(vo, Iam, new HashSet<string> { Iam }, new(users, new HashSet<string> { "sky" }), observed);

    private static VirtualOrganisationSpec Vo(MembershipSpec spec) => new() { Tag = "sky", Membership = spec };

    private static MembershipSpec Apply(params MemberGroup[] groups) => new() { Issuer = "iam", Groups = groups, Mode = MembershipMode.Apply };

    private static ScimUser User(string id, string name, params string[] groups) => new(id, name) { Email = $"{id}@example.org", Groups = groups };

    private static QuotaSpec Quota(string expression, string bytes) => new() { RseExpression = expression, Bytes = bytes };

    private static Dictionary<string, string> Map(params string[] pairs) => pairs.Chunk(2).ToDictionary(p => p[0], p => p[1]);

    private static ObservedVo Observed(params ObservedAccount[] accounts) => new("sky") { Exists = true, Accounts = accounts.ToDictionary(a => a.Name) };

    private static ObservedAccount Account(string name, string id) => new(name, "USER", "ACTIVE", null) { Attributes = Map(Membership.MarkAttribute, MemberNames.Mark(Iam, id)) };

    private static ObservedAccount Foreign(string name, params ObservedIdentity[] identities) => new(name, "USER", "ACTIVE", null) { Identities = identities };
}
