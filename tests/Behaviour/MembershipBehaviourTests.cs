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
}
