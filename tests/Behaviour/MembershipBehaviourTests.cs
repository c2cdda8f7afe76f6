using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Observed.Scim;

namespace RucioOperator.Tests.Behaviour;

/// <summary>People of an issuer as accounts of a VO, from the first dry run to who leaves and comes back.</summary>
public sealed class MembershipBehaviourTests
{
    [Test]
    public async Task A_dry_run_tells_what_it_would_do_and_changes_nothing()
    {
        await using var bed = await MembershipBed.StartAsync("member_dry");
        bed.People.Change(p => p.Users.AddRange([FakeScim.User("a1", "alice", "sky"), FakeScim.User("b1", "bob", "sea")]));
        bed.ApplyVo("sky", "groups: [{name: sky}]");

        await bed.World.ReadyAsync((World.Vos, bed.Ns, "sky"));
        var vo = await bed.StatusAsync("sky", s => s["members"]?.GetValue<int>() == 1);
        var dry = vo["status"]!["membership"]!;
        Assert.That((dry["joining"]!.GetValue<int>(), dry["leaving"]!.GetValue<int>()), Is.EqualTo((1, 0)));
        Assert.That(dry["plan"]!["entries"]!.AsArray().Select(e => e!.GetValue<string>()), Has.Some.EqualTo("create account alice"));
        Assert.That(World.Reason(vo, "MembershipSynced"), Is.EqualTo("DryRun"));
        Assert.That(await bed.AccountsAsync("sky"), Is.EqualTo("root ACTIVE"));
        bed.World.AssertNoSecretIsTold();
    }

    [Test]
    public async Task A_VO_gets_no_more_than_the_groups_that_the_instance_grants_it()
    {
        await using var bed = await MembershipBed.StartAsync("member_grant");
        bed.People.Change(p => p.Users.Add(FakeScim.User("a1", "alice", "sky")));
        var other = bed.World.Ns("thief");
        bed.World.Namespace(other);
        // The group of another VO, everybody, another namespace with the tag of a grant, an issuer that is none.
        bed.ApplyVo("sea", "groups: [{name: sky}]");
        bed.ApplyVo("all", "groups: [{name: '*'}]");
        bed.ApplyVo("sky", "groups: [{name: sky}]", ns: other);
        bed.ApplyVo("not", "groups: [{name: sky}]", issuer: "google");

        foreach (var (name, ns, reason) in new[] { ("sea", bed.Ns, "GroupNotGranted"), ("all", bed.Ns, "GroupNotGranted"), ("sky", other, "GroupNotGranted"), ("not", bed.Ns, "IssuerNotOffered") })
        {
            var vo = await bed.World.Bed.WaitConditionAsync(World.Vos, ns, name, "MembershipSynced", "False", reason);
            Assert.That(vo["status"]!["membership"], Is.Null);
            Assert.That(World.Reason(vo), Is.EqualTo(reason));
        }
        Assert.That(bed.People.Reads, Is.Zero, "the issuer is not even asked");
    }

    [Test]
    public async Task An_issuer_that_refuses_the_client_is_told_with_the_field_and_without_the_secret()
    {
        await using var bed = await MembershipBed.StartAsync("member_refused");
        bed.People.Change(p => p.Client = "scim:another-password");
        bed.ApplyVo("sky", "groups: [{name: sky}]");
        var vo = await bed.World.NotReadyAsync(World.Vos, bed.Ns, "sky", "ScimRefused");
        Assert.That(World.Message(vo), Does.Contain("scimSecretRef").And.Contain("nobody joins or leaves"));
        bed.World.AssertNoSecretIsTold();
    }

    [Test]
    public async Task Members_come_in_with_their_tokens_and_out_when_they_leave_and_find_everything_when_they_come_back()
    {
        await using var bed = await MembershipBed.StartAsync("member_life");
        var (ns, world) = (bed.Ns, bed.World);
        bed.People.Change(p => p.Users.AddRange([FakeScim.User("a1", "Alice.Smith", "sky"), FakeScim.User("b1", "bob", "sky"), FakeScim.User("c1", "carol", "sea")]));
        world.ApplyStorage(ns, "disk", "sky", "SKY_DISK");
        bed.ApplyVo("sky", "mode: Apply\nmaxLeavingPercent: 100\ngroups: [{name: sky, attributes: {role: user}, quotas: [{rseExpression: '*', bytes: 1Ti}]}]", spec: "  accounts: [{name: ops}]");
        await world.ReadyAsync((World.Vos, ns, "sky"), (World.Storages, ns, "disk"));
        await bed.UntilAsync(Statuses, "alice-smith ACTIVE, bob ACTIVE, ops ACTIVE, root ACTIVE");
        await bed.UntilAsync("SELECT split_part(account, '@', 1) || ' ' || bytes FROM account_limits ORDER BY 1", "alice-smith 1099511627776, bob 1099511627776");
        await bed.UntilAsync("SELECT split_part(account, '@', 1) || ' ' || value FROM account_attr_map WHERE key = 'role' ORDER BY 1", "alice-smith user, bob user");
        await bed.UntilAsync("SELECT count(*) FROM account_map WHERE identity_type = 'OIDC' AND is_default", "0");
        Assert.That(await bed.WhoAsync(bed.Issuer.Token("iam", "a1")), Is.EqualTo("alice-smith"));
        Assert.That(await bed.WhoAsync(bed.Issuer.Token("iam", "c1")), Is.EqualTo("CannotAuthenticate"), "of another group");
        Assert.That(await bed.WhoAsync(bed.Issuer.Token("iam", "b1", audience: "other")), Is.EqualTo("CannotAuthenticate"), "for another service");

        // Another name at the issuer is the same account; who leaves is suspended and no token opens it.
        bed.People.Change(p =>
        {
            p.Users[0]["userName"] = "alice.jones";
            p.Users[1]["active"] = false;
        });
        await bed.StatusAsync("sky", s => s["members"]!.GetValue<int>() == 1);
        await bed.UntilAsync(Statuses, "alice-smith ACTIVE, bob SUSPENDED, ops ACTIVE, root ACTIVE");
        await BobIsAsync("CannotAuthenticate");

        bed.People.Change(p => p.Users[1]["active"] = true);
        await bed.StatusAsync("sky", s => s["members"]!.GetValue<int>() == 2);
        await bed.UntilAsync(Statuses, "alice-smith ACTIVE, bob ACTIVE, ops ACTIVE, root ACTIVE");
        await BobIsAsync("bob");
        await world.Bed.WaitConditionAsync(World.Vos, ns, "sky", "MembershipSynced", "True", "Synced");
        await world.ReadyAsync((World.Vos, ns, "sky"));
        Assert.That(world.Events(ns, "sky", "DriftDetected"), Is.Empty, "who comes and goes is no drift");
        world.AssertNoSecretIsTold();

        // The account's status is one call, its identity another.
        Task BobIsAsync(string who)
        {
            var last = "";
            return world.UntilAsync(async () => (last = await bed.WhoAsync(bed.Issuer.Token("iam", "b1"))) == who, () => $"bob's token is taken for {last}, wanted {who}");
        }
    }

    [Test]
    public async Task An_issuer_that_is_down_or_empty_suspends_nobody_and_a_restart_writes_nothing()
    {
        await using var bed = await MembershipBed.StartAsync("member_down", "--drift-interval=2s");
        var (ns, world) = (bed.Ns, bed.World);
        bed.People.Change(p => p.Users.AddRange(Enumerable.Range(0, 5).Select(n => FakeScim.User($"u{n}", $"user{n}", "sky"))));
        bed.ApplyVo("sky", "mode: Apply\ngroups: [{name: sky}]");
        await bed.UntilAsync(Actives, "5");
        await world.ReadyAsync((World.Vos, ns, "sky"));

        // All gone at once is an error until somebody says it isn't.
        bed.People.Change(p => p.Users.Clear());
        await bed.StatusAsync("sky", s => s["leaving"]!.GetValue<int>() == 5);
        var stopped = await world.NotReadyAsync(World.Vos, ns, "sky", "TooManyLeaving");
        Assert.That(World.Message(stopped), Does.StartWith("5 of 5").And.Contain("spec.membership.maxLeavingPercent"));
        Assert.That(await bed.SqlAsync(Actives), Is.EqualTo("5"));
        bed.People.Change(p => p.Users.AddRange(Enumerable.Range(0, 5).Select(n => FakeScim.User($"u{n}", $"user{n}", "sky"))));
        await bed.StatusAsync("sky", s => s["leaving"]!.GetValue<int>() == 0);
        await world.ReadyAsync((World.Vos, ns, "sky"));

        // The issuer lists nobody while the operator starts anew: what was true still is, and nothing is written.
        world.Bed.KillOperator();
        bed.People.Change(p => p.ScimIsUp = false);
        var (before, calls) = (Vo(), world.Bed.Rucio.Log.Count);
        world.Bed.StartOperator("--drift-interval=2s");
        await world.LooksAsync(3);
        Assert.That(Vo()["status"]!.ToJsonString(), Is.EqualTo(before["status"]!.ToJsonString()));
        Assert.That(Vo()["metadata"]!["resourceVersion"]!.ToString(), Is.EqualTo(before["metadata"]!["resourceVersion"]!.ToString()));
        // A start tries the login of the instance itself.
        Assert.That(world.Bed.Rucio.Log.Requests.Skip(calls).Where(r => !r.Path.EndsWith("/auth/userpass", StringComparison.Ordinal)), Is.Empty);

        bed.People.Change(p =>
        {
            p.ScimIsUp = true;
            p.Users.RemoveAt(4);
        });
        await bed.StatusAsync("sky", s => s["members"]!.GetValue<int>() == 4);
        await bed.UntilAsync(Actives, "4");

        // Without the field its accounts are nobody's.
        world.PatchSpec(World.Vos, ns, "sky", """{"membership":null}""");
        await bed.UntilAsync(Actives, "0");
        await world.UntilAsync(() => SandboxBed.Condition(Vo(), "MembershipSynced") is null, () => "the condition stays");

        JsonObject Vo() => world.Store.Get(World.Vos, ns, "sky")!;
    }

    private const string Statuses = "SELECT split_part(account, '@', 1) || ' ' || status FROM accounts WHERE account LIKE '%@sky' ORDER BY 1";
    private const string Actives = "SELECT count(*) FROM accounts WHERE account LIKE 'user%@sky' AND status = 'ACTIVE'";
}
