using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>VoPlan and its execution on a server: from nothing to an empty plan, through changes, and back from drift.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class VoPlanTests(bool live) : ContractTests(live)
{
    [Test]
    public async Task A_vo_grows_from_nothing_to_an_empty_plan_and_follows_its_spec()
    {
        var tag = await Bed.NewTagAsync();
        var first = Bed.Desired(new VirtualOrganisationSpec
        {
            Tag = tag,
            Description = "An experiment: 100 %",
            Email = "vo@example.org",
            Accounts =
            [
                new() { Name = "alice", Identities = [new()] },
                new() { Name = "ops", Type = AccountType.Service, Email = "ops@example.org", Admin = true },
            ],
            Scopes = [new() { Name = "data", Owner = "alice" }, new() { Name = "mc", Owner = "root" }],
        }, ("alice", "alice-password"));
        var made = await Bed.ConvergeAsync(first);
        Assert.That((made.Description, made.Email, made.CreatedByOperator), Is.EqualTo(("An experiment: 100 %", "vo@example.org", true)));
        Assert.That(made.Accounts["ops"].Attributes.Keys, Is.EquivalentTo(new[] { "admin", AccountMark.Attribute }));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "alice-password", "alice", tag), Is.EqualTo("200"));

        await Bed.Root(first).ImportAsync(ImportDocument.Of([new DesiredRse("Q_1"), new DesiredRse("Q_2")]), default);
        var second = Bed.Desired(first.Spec with
        {
            Description = "Another",
            Accounts =
            [
                new() { Name = "alice", Email = "alice@example.org", Identities = [new()], Quotas = [new() { RseExpression = "*", Bytes = "1Ti" }, new() { RseExpression = "Q_2", Bytes = "unlimited" }] },
                new() { Name = "ops", Type = AccountType.Service, Email = "ops@example.org" },
            ],
            Scopes = [new() { Name = "data", Owner = "ops" }],
        }, ("alice", "rotated"));
        var changed = await Bed.ConvergeAsync(second);
        Assert.Multiple(() =>
        {
            Assert.That(changed.Description, Is.EqualTo("Another"));
            Assert.That(changed.Accounts["alice"].Limits, Is.EquivalentTo(new Dictionary<string, long> { ["Q_1"] = 1L << 40, ["Q_2"] = -1 }));
            Assert.That(changed.Accounts["ops"].Attributes, Is.EquivalentTo(new Dictionary<string, string> { [AccountMark.Attribute] = AccountMark.Made }));
            Assert.That(changed.Scopes, Is.EquivalentTo(new Dictionary<string, string> { ["data"] = "ops", ["mc"] = "root" }));
        });
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "rotated", "alice", tag), Is.EqualTo("200"));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "alice-password", "alice", tag), Is.EqualTo("401 CannotAuthenticate"));

        var third = await Bed.ConvergeAsync(Bed.Desired(second.Spec with { Accounts = [second.Spec.Accounts![0] with { Quotas = null }], Scopes = [new() { Name = "data", Owner = "alice" }] }, ("alice", "rotated")));
        Assert.That(third.Accounts["alice"].Limits, Is.Empty);
        Assert.That((third.Accounts["ops"].Status, third.Scopes["data"]), Is.EqualTo(("SUSPENDED", "alice")), "who left the spec");
    }

    [Test]
    public async Task What_others_change_by_hand_is_put_right()
    {
        var tag = await Bed.NewTagAsync();
        var desired = Bed.Desired(new VirtualOrganisationSpec { Tag = tag, Description = "d", Accounts = [new() { Name = "alice", Email = "a@example.org", Identities = [new()] }], Scopes = [new() { Name = "data", Owner = "alice" }] }, ("alice", "pw"));
        await Bed.ConvergeAsync(desired);
        var root = Bed.Root(desired);
        await root.SendAsync(HttpMethod.Delete, "accounts/alice", null, default);
        await Bed.SuperRoot.UpdateVoAsync(tag, "vandalised", "x@example.org", default);
        await root.SetScopeOwnerAsync("root", "data", default);
        await Bed.SuperRoot.RecoverRootAsync(tag, $"backdoor@{tag}", "open", default);
        await Bed.Writer.SetPasswordAsync($"root@{tag}", "password", $"root@{tag}", default);
        await Bed.Writer.SetPasswordAsync($"alice@{tag}", "stolen", $"alice@{tag}", default);

        var healed = await Bed.ConvergeAsync(desired);
        Assert.Multiple(() =>
        {
            Assert.That(healed.Description, Is.EqualTo("d"));
            Assert.That(healed.Accounts["alice"].Status, Is.EqualTo("ACTIVE"));
            Assert.That(healed.Scopes["data"], Is.EqualTo("alice"));
            Assert.That(healed.Accounts["root"].Identities.Select(i => i.Identity), Is.EqualTo(new[] { desired.RootIdentity }));
        });
        Assert.That(await Bed.LogInAsync($"backdoor@{tag}", "open", "root", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "pw", "alice", tag), Is.EqualTo("200"));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "stolen", "alice", tag), Does.StartWith("401"));
    }

    [Test]
    public async Task A_lost_root_credential_is_replaced_and_the_old_one_dies()
    {
        var old = await Bed.NewVoAsync();
        var tag = old.Spec.Tag;
        var anew = old with { RootIdentity = $"operator-new@{tag}", RootPassword = "another" };
        var observed = await Bed.ConvergeAsync(anew);
        Assert.That(observed.Accounts["root"].Identities, Is.EqualTo(new[] { new ObservedIdentity($"operator-new@{tag}", "USERPASS") }));
        Assert.That(await Bed.LogInAsync(old.RootIdentity, old.RootPassword, "root", tag), Does.StartWith("401"));
        await Bed.ConvergeAsync(anew with { RootPassword = "rotated" });
        Assert.That(await Bed.LogInAsync($"operator-new@{tag}", "rotated", "root", tag), Is.EqualTo("200"));
    }

    [Test]
    public async Task A_vo_that_exists_without_a_claim_is_only_taken_with_a_grant_and_its_other_mappings_stay()
    {
        var tag = await Bed.NewTagAsync();
        await Bed.SuperRoot.CreateVoAsync(tag, "by hand", "e@example.org", default);
        await Bed.SuperRoot.RecoverRootAsync(tag, $"admins-own@{tag}", "theirs", default);
        var desired = Bed.Desired(new VirtualOrganisationSpec { Tag = tag });
        var plan = VoPlan.For(desired, await Bed.Instance.RefreshVoAsync(tag, default));
        Assert.That((plan.Changes.Count, plan.Problems.Single().Reason), Is.EqualTo((0, VoPlan.ExistsUnclaimed)));

        var observed = await Bed.ConvergeAsync(desired with { Granted = true });
        Assert.That(observed.CreatedByOperator, Is.False);
        Assert.That(await Bed.LogInAsync($"root@{tag}", "password", "root", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync($"admins-own@{tag}", "theirs", "root", tag), Is.EqualTo("200"));
    }

    [Test]
    public async Task A_tag_that_another_resource_holds_yields_nothing()
    {
        var holder = await Bed.NewVoAsync();
        var plan = VoPlan.For(holder with { Claimant = "thief/vo" }, await Bed.Instance.RefreshVoAsync(holder.Spec.Tag, default));
        Assert.That((plan.Changes.Count, plan.Problems.Single().Reason), Is.EqualTo((0, VoPlan.TagTaken)));
    }

    /// <summary>A kill between two calls, at every place: what is done stays done, and the next start ends in the same state.</summary>
    [Test]
    public async Task A_plan_broken_off_after_any_change_is_finished_by_the_next_one()
    {
        for (var kill = 1; ; kill++)
        {
            var tag = await Bed.NewTagAsync();
            var desired = Bed.Desired(new VirtualOrganisationSpec { Tag = tag, Description = "d", Accounts = [new() { Name = "alice", Admin = true, Identities = [new()] }], Scopes = [new() { Name = "data", Owner = "alice" }] }, ("alice", "pw"));
            await using var probe = new PublishedPasswordProbe(Bed, tag);
            var left = await RunAsync(desired, kill);
            var observed = await Bed.ConvergeAsync(desired);
            Assert.That(observed.Accounts["root"].Identities.Select(i => i.Identity), Is.EqualTo(new[] { desired.RootIdentity }), $"killed after change {kill}");
            Assert.That(await Bed.LogInAsync($"alice@{tag}", "pw", "alice", tag), Is.EqualTo("200"));
            Assert.That(probe.Answers, Is.All.StartsWith("401"), $"killed after change {kill}");
            if (left > 0)
                break;
        }
    }

    /// <returns>How many of the changes were left over when nothing was to do any more.</returns>
    private async Task<int> RunAsync(DesiredVo desired, int changes)
    {
        while (changes > 0)
        {
            var plan = VoPlan.For(desired, await Bed.Instance.RefreshVoAsync(desired.Spec.Tag, default));
            if (plan.IsEmpty)
                return changes;
            var now = plan.Changes.Take(changes).ToList();
            await new VoPlanExecution(Bed.Instance, desired, TimeProvider.System, NullLogger.Instance).RunAsync(now, default);
            changes -= now.Count;
        }
        return 0;
    }
}
