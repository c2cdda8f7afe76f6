using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>A VO leaves, nobody gets in, and it comes back.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class OffboardTests(bool live) : ContractTests(live)
{
    [Test]
    public async Task A_VO_that_left_is_closed_to_everybody_and_is_taken_up_again_as_it_was()
    {
        var tag = await Bed.NewTagAsync();
        var desired = Bed.Desired(new VirtualOrganisationSpec
        {
            Tag = tag,
            Accounts = [new() { Name = "alice", Identities = [new()] }, new() { Name = "robot", Type = AccountType.Service }],
            Scopes = [new() { Name = "data", Owner = "alice" }],
        }, ("alice", "alice-password"));
        await Bed.ConvergeAsync(desired);
        await Bed.Root(desired).ImportAsync(ImportDocument.Of([ContractRse.Of("LEAVING_A"), ContractRse.Of("LEAVING_B")]), default);

        desired = desired with { Spec = desired.Spec with { Subscriptions = [new() { Name = "all", Owner = "alice", Filter = new() { Scopes = ["data"] }, Rules = [new() { RseExpression = "LEAVING_A" }] }] } };
        await Bed.ConvergeAsync(desired);

        var left = await OffboardAsync(desired);
        Assert.Multiple(() =>
        {
            Assert.That(left.Accounts.Values.Where(a => a.Name != "root").Select(a => (a.Status, a.Identities.Count)), Is.All.EqualTo(("SUSPENDED", 0)));
            Assert.That(left.Accounts["root"].Identities, Is.Empty);
            Assert.That(left.Rses.Values.Select(r => (r.Read, r.Write, r.Delete, r.Deleted)), Is.All.EqualTo((false, false, false, false)));
            Assert.That(left.Subscriptions.Select(s => s.State), Is.EqualTo(new[] { 'I' }));
            Assert.That(left.Scopes.Keys, Is.EqualTo(new[] { "data" }));
            Assert.That(left.Claim, Is.EqualTo(desired.Claimant));
        });
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "alice-password", "alice", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync(desired.RootIdentity, desired.RootPassword, "root", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync(Bed.Rucio.SuperRoot.User, Bed.Rucio.SuperRoot.Password, "root", tag), Does.StartWith("401"));
        var (files, bytes, rules) = await Bed.Instance.CountDataAsync(left, Bed.SuperRoot, default);
        Assert.That((files, bytes, rules), Is.EqualTo((0L, 0L, (long?)0)));

        // Another root, since the operator has thrown the one before away.
        var again = desired with { RootIdentity = $"operator-again@{tag}", RootPassword = $"another-root-password-of-{tag}", Passwords = new Dictionary<string, string> { ["alice"] = "alice-returns" } };
        var back = await Bed.ConvergeAsync(again);
        await Bed.Root(again).ImportAsync(ImportDocument.Of([ContractRse.Of("LEAVING_A")]), default);
        back = await Bed.Instance.RefreshVoAsync(tag, default);
        Assert.Multiple(() =>
        {
            Assert.That(back.Accounts.Values.Select(a => a.Status), Is.All.EqualTo("ACTIVE"));
            Assert.That(back.Subscriptions.Select(s => s.IsActive), Is.EqualTo(new[] { true }));
            Assert.That(back.Rses["LEAVING_A"] is { Read: true, Write: true, Delete: true });
        });
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "alice-returns", "alice", tag), Is.EqualTo("200"));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "alice-password", "alice", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync(desired.RootIdentity, desired.RootPassword, "root", tag), Does.StartWith("401"));
    }

    private async Task<ObservedVo> OffboardAsync(DesiredVo desired)
    {
        var leaving = new LeavingVo(desired.Spec, VoReach.Catalogue, desired.RootIdentity);
        var observed = await Bed.Instance.RefreshVoAsync(desired.Spec.Tag, default);
        for (var round = 1; OffboardPlan.For(leaving, observed) is { Count: > 0 } plan; round++)
        {
            Assert.That(round, Is.LessThanOrEqualTo(2), () => "still to do: " + string.Join("; ", plan));
            await new VoPlanExecution(Bed.Instance, desired, TimeProvider.System, NullLogger.Instance).RunAsync(plan, default);
            observed = await Bed.Instance.RefreshVoAsync(desired.Spec.Tag, default);
        }
        return observed;
    }
}
