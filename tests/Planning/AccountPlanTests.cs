using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Planning;

/// <summary>What becomes of accounts, attributes and identities; each case is one VO of the operator's own making.</summary>
public sealed class AccountPlanTests
{
    private const string Dn = "CN=Alice,O=Example";
    private static readonly ObservedIdentity Certificate = new(Dn, "X509");
    private static readonly ObservedIdentity Login = new("alice@sky", "USERPASS");
    private static readonly string Key = SshKeyTests.Line(2048);

    private static readonly ObservedAccount Alice = new("alice", "USER", "ACTIVE", "") { Attributes = new Dictionary<string, string> { [AccountMark.Attribute] = AccountMark.Made } };

    [Test]
    public void Identities_of_all_kinds_are_mapped_in_rucios_text()
    {
        var desired = Desired(new AccountSpec
        {
            Name = "alice",
            Identities =
            [
                new() { Type = IdentityType.X509, Dn = "/O=Example/CN=Alice" },
                new() { Type = IdentityType.Oidc, Subject = "1234", Issuer = "iam" },
                new() { Type = IdentityType.Oidc, Subject = "5678", Issuer = "https://iam.example.org/" },
                new() { Type = IdentityType.Ssh, PublicKey = $"{Key} of alice" },
            ],
        }) with
        { Issuers = [new("iam", "https://iam.example.org/"), new("other", "https://other.example.org/")] };
        Assert.That(Changes(desired, Alice).OfType<MapIdentity>().Select(c => c.Identity), Is.EqualTo(new[]
        {
            Certificate, new("SUB=1234, ISS=https://iam.example.org/", "OIDC"), new("SUB=5678, ISS=https://iam.example.org/", "OIDC"), new(Key, "SSH"),
        }));
    }

    [Test]
    public void Where_the_server_writes_names_with_slashes_they_are_stored_so() =>
        Assert.That(Changes(Desired(WithCertificate) with { SlashNames = true }, Alice).OfType<MapIdentity>().Single().Identity, Is.EqualTo(new ObservedIdentity("/O=Example/CN=Alice", "X509")));

    [TestCase(null, ExpectedResult = "SUB=1, ISS=https://a.example.org/")]
    [TestCase("a", ExpectedResult = "SUB=1, ISS=https://a.example.org/")]
    [TestCase("b", ExpectedResult = null)]
    [TestCase("https://a.example.org", ExpectedResult = null)]
    public string? The_only_issuer_needs_no_name_and_an_unknown_one_is_told(string? issuer)
    {
        var plan = VoPlan.For(Desired(new AccountSpec { Name = "alice", Identities = [new() { Type = IdentityType.Oidc, Subject = "1", Issuer = issuer }] }) with { Issuers = [new("a", "https://a.example.org/")] }, Seen(Alice));
        var mapped = plan.Changes.OfType<MapIdentity>().SingleOrDefault()?.Identity.Identity;
        Assert.That(plan.Problems.Select(p => p.Reason), Is.EqualTo(mapped is null ? [WantedIdentities.IssuerUnknown] : Array.Empty<string>()));
        return mapped;
    }

    [Test]
    public void While_the_issuer_is_unknown_what_is_mapped_stays()
    {
        var mapped = Alice with { Identities = [new("SUB=1, ISS=https://gone.example.org/", "OIDC"), Certificate] };
        var plan = VoPlan.For(Desired(WithCertificate with { Identities = [.. WithCertificate.Identities!, new() { Type = IdentityType.Oidc, Subject = "1", Issuer = "gone" }] }) with { Issuers = [] }, Seen(mapped));
        Assert.That((plan.Changes.Count, plan.Problems.Single().Reason), Is.EqualTo((0, WantedIdentities.IssuerUnknown)));
    }

    [Test]
    public void An_identity_of_another_vo_is_not_mapped_and_the_message_does_not_say_whose_it_is()
    {
        var plan = VoPlan.For(Desired(WithCertificate) with { Taken = new HashSet<ObservedIdentity> { Certificate } }, Seen(Alice));
        Assert.That(plan.Changes, Is.Empty);
        Assert.That(plan.Problems.Single(), Has.Property("Reason").EqualTo(VoPlan.IdentityTaken).And.Property("Message").Contains(Dn).And.Property("Message").Contains("sharedIdentities"));
    }

    [Test]
    public void New_identities_come_before_old_ones_go()
    {
        var changes = Changes(Desired(WithCertificate), Alice with { Identities = [new("CN=Old,O=Example", "X509"), new("krb@EXAMPLE", "GSS"), Login] });
        Assert.That(changes, Is.EqualTo(new VoChange[] { new MapIdentity("alice", Certificate), new UnmapIdentity("alice", new("CN=Old,O=Example", "X509")), new UnmapIdentity("alice", new("alice@sky", "USERPASS")), new UnmapIdentity("alice", new("krb@EXAMPLE", "GSS")) }));
    }

    [Test]
    public void On_a_vo_of_somebody_else_an_account_that_was_there_keeps_what_others_gave_it()
    {
        var theirs = Alice with { Attributes = new Dictionary<string, string> { ["country-ch"] = "user" }, Identities = [new("CN=Old,O=Example", "X509"), Login] };
        var plan = VoPlan.For(Desired(WithCertificate with { Attributes = new Dictionary<string, string> { ["tier"] = "1" } }), Seen(theirs) with { CreatedByOperator = false });
        Assert.That(plan.Changes, Is.EqualTo(new VoChange[]
        {
            new AddAccountAttribute("alice", AccountMark.Attribute, AccountMark.Listed), new AddAccountAttribute("alice", "tier", "1"), new MapIdentity("alice", Certificate), new UnmapIdentity("alice", Login),
        }), "a user name of the operator's making goes");
    }

    [Test]
    public void An_account_of_a_vo_of_ours_that_lacks_its_mark_was_made_by_an_operator_that_was_killed_before_the_mark() =>
        Assert.That(Changes(Desired(new AccountSpec { Name = "alice" }), Alice with { Attributes = new Dictionary<string, string>() }), Is.EqualTo(new VoChange[] { new AddAccountAttribute("alice", AccountMark.Attribute, AccountMark.Made) }));

    [Test]
    public void Attributes_are_exactly_those_of_the_spec_and_change_by_delete_and_add()
    {
        var have = Alice with { Attributes = new Dictionary<string, string>(Alice.Attributes) { ["a"] = "1", ["b"] = "1", ["c"] = "true", ["admin"] = "true" } };
        var wanted = new AccountSpec { Name = "alice", Attributes = new Dictionary<string, string> { ["a"] = "1", ["b"] = "2", ["c"] = "True", ["d"] = "x" } };
        Assert.That(Changes(Desired(wanted), have), Is.EqualTo(new VoChange[]
        {
            new RemoveAccountAttribute("alice", "admin"), new RemoveAccountAttribute("alice", "b"), new AddAccountAttribute("alice", "b", "2"), new AddAccountAttribute("alice", "d", "x"),
        }));
    }

    [Test]
    public void Who_leaves_the_spec_is_closed_in_the_order_that_rucio_allows()
    {
        var have = Alice with { Identities = [Certificate, Login], Limits = new Dictionary<string, long> { ["B"] = 1, ["A"] = 2 } };
        Assert.That(Changes(Desired(), have), Is.EqualTo(new VoChange[]
        {
            new RemoveQuota("alice", "A"), new RemoveQuota("alice", "B"), new UnmapIdentity("alice", Certificate), new UnmapIdentity("alice", Login), new SetAccount("alice", "status", "SUSPENDED"),
        }));
        Assert.That(Changes(Desired(), have with { Status = "SUSPENDED", Identities = [] }), Is.Empty, "and then nothing is left to do");
        Assert.That(Changes(Desired(), have with { Attributes = new Dictionary<string, string>() }), Is.Empty, "nobody listed it");
        Assert.That(Changes(Desired(), have with { Status = "DELETED" }), Is.EqualTo(new VoChange[] { new UnmapIdentity("alice", Certificate), new UnmapIdentity("alice", Login) }), "a token would still open it");
    }

    [Test]
    public void Suspended_in_the_spec_is_the_same_as_left() =>
        Assert.That(Changes(Desired(WithCertificate with { Suspended = true }), Alice with { Identities = [Certificate] }), Is.EqualTo(new VoChange[] { new UnmapIdentity("alice", Certificate), new SetAccount("alice", "status", "SUSPENDED") }));

    [Test]
    public void Whoever_comes_back_brings_nothing_along_from_before()
    {
        var gone = Alice with { Status = "DELETED", Identities = [new("CN=Old,O=Example", "X509")], Attributes = new Dictionary<string, string>(Alice.Attributes) { ["admin"] = "true" } };
        Assert.That(Changes(Desired(WithCertificate), gone), Is.EqualTo(new VoChange[]
        {
            new UnmapIdentity("alice", new("CN=Old,O=Example", "X509")), new RemoveAccountAttribute("alice", "admin"), new SetAccount("alice", "status", "ACTIVE"), new MapIdentity("alice", Certificate),
        }));
    }

    [Test]
    public void Of_whom_nobody_decides_now_nothing_changes_and_marks_of_a_sync_stay()
    {
        var member = Alice with { Identities = [Certificate], Attributes = new Dictionary<string, string>(Alice.Attributes) { [Membership.MarkAttribute] = "somebody" } };
        Assert.That(Changes(Desired() with { Held = new HashSet<string> { "alice" } }, member), Is.Empty);
        Assert.That(Changes(Desired(WithCertificate), member), Is.Empty, "taken over by the spec");
        Assert.That(Changes(Desired(), member).Last(), Is.EqualTo(new SetAccount("alice", "status", "SUSPENDED")));
    }

    [Test]
    public void A_login_whose_secret_cannot_be_read_stays_as_it_is() =>
        Assert.That(Changes(Desired(new AccountSpec { Name = "alice", Identities = [new()] }), Alice with { Identities = [Login] }), Is.Empty);

    private static AccountSpec WithCertificate => new() { Name = "alice", Identities = [new() { Type = IdentityType.X509, Dn = Dn }] };

    private static DesiredVo Desired(params AccountSpec[] accounts) => new(new VirtualOrganisationSpec { Tag = "sky", Accounts = accounts },
        VoSpecs.Claimant, Granted: false, ClaimantIsGone: false, VoSpecs.Package, VoSpecs.RootIdentity, VoSpecs.RootPassword, new Dictionary<string, string>());

    private static ObservedVo Seen(ObservedAccount account) => new("sky")
    {
        Exists = true,
        CreatedByOperator = true,
        Claim = VoSpecs.Claimant,
        PolicyPackage = VoSpecs.Package,
        Passwords = new Dictionary<string, PasswordHash> { [VoSpecs.RootIdentity] = new(PasswordHash.Of(VoSpecs.RootPassword, [1]), [1]) },
        Accounts = new Dictionary<string, ObservedAccount>
        {
            ["root"] = new("root", "SERVICE", "ACTIVE", null) { Identities = [new(VoSpecs.RootIdentity, "USERPASS")] },
            [account.Name] = account,
        },
    };

    private static IReadOnlyList<VoChange> Changes(DesiredVo desired, ObservedAccount account) => VoPlan.For(desired, Seen(account)).Changes;
}
