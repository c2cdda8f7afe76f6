using NUnit.Framework;
using RucioOperator.Catalogue;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>The operator's own writes to Rucio's tables, against what the server makes of them.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class CatalogueWriterTests(bool live) : ContractTests(live)
{
    [Test]
    public async Task A_claim_has_one_holder_whoever_asks_and_however_often()
    {
        var tag = await Bed.NewTagAsync();
        var won = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Bed.Writer.ClaimAsync(tag, $"ns-{i}/vo", default))));
        Assert.That(won.Count(w => w), Is.EqualTo(1));
        var holder = $"ns-{Array.IndexOf(won, true)}/vo";
        Assert.That(await Bed.Writer.ClaimAsync(tag, holder, default), Is.True);
        Assert.That((await Bed.Instance.RefreshVoAsync(tag, default)).Claim, Is.EqualTo(holder));

        Assert.That(await Bed.Writer.TakeUpClaimAsync(tag, "somebody/else", "thief/vo", default), Is.False);
        Assert.That(await Bed.Writer.TakeUpClaimAsync(tag, holder, "ns/heir", default), Is.True);
        Assert.That(await Bed.Writer.TakeUpClaimAsync(tag, holder, "ns/heir", default), Is.True);
        Assert.That((await Bed.Instance.RefreshVoAsync(tag, default)).Claim, Is.EqualTo("ns/heir"));
        await Bed.SqlAsync("DELETE FROM configs WHERE section = 'rucio-operator' AND opt = $1", $"claim-{tag}");
    }

    [Test]
    public async Task A_password_set_in_the_catalogue_is_the_one_that_logs_in()
    {
        var vo = await Bed.NewVoAsync();
        var (tag, root) = (vo.Spec.Tag, Bed.Root(vo));
        await root.CreateAccountAsync("alice", "USER", "", default);
        await Bed.Writer.SetPasswordAsync($"alice@{tag}", "first", $"alice@{tag}", default);
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "first", "alice", tag), Does.StartWith("401"), "a row without a mapping lets nobody in");

        await root.MapIdentityAsync("alice", $"alice@{tag}", "USERPASS", "ignored", "", default);
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "first", "alice", tag), Is.EqualTo("200"));
        await Bed.Writer.SetPasswordAsync($"alice@{tag}", "sécond % /", $"alice@{tag}", default);
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "first", "alice", tag), Is.EqualTo("401 CannotAuthenticate"));
        Assert.That((await Bed.Instance.RefreshVoAsync(tag, default)).Passwords[$"alice@{tag}"].Matches("sécond % /"), Is.True);
    }

    [Test]
    public async Task A_row_that_is_mapped_elsewhere_keeps_its_password()
    {
        var (one, two) = (await Bed.NewVoAsync(), await Bed.NewVoAsync());
        var identity = $"shared@{one.Spec.Tag}";
        await Bed.Root(two).CreateAccountAsync("stranger", "USER", "", default);
        await Bed.Root(two).MapIdentityAsync("stranger", identity, "USERPASS", "theirs", "", default);

        var fault = (await Assert.ThrowsAsync<DatabaseFault>(() => Bed.Writer.SetPasswordAsync(identity, "ours", $"shared@{one.Spec.Tag}", default)))!;
        Assert.That((fault.Reason, fault.IsTransient), Is.EqualTo((DatabaseFault.Taken, false)));
        Assert.That(fault.Message, Does.Not.Contain("stranger").And.Not.Contain(two.Spec.Tag), "nobody learns of another VO's accounts");
        Assert.That(await Bed.LogInAsync(identity, "theirs", "stranger", two.Spec.Tag), Is.EqualTo("200"));
    }

    [Test]
    public async Task The_published_password_is_dead_before_during_and_after_the_creation_of_a_vo()
    {
        var tag = await Bed.NewTagAsync();
        var vo = Bed.Desired(new() { Tag = tag });
        await using var probe = new PublishedPasswordProbe(Bed, tag);
        await Bed.ConvergeAsync(vo);
        await probe.AfterAtLeastAsync(20);
        Assert.That(probe.Answers.Distinct(), Is.All.StartsWith("401"), string.Join(", ", probe.Answers.Distinct()));
    }

    [Test]
    public async Task A_vo_that_somebody_made_by_hand_loses_its_published_password_too()
    {
        var tag = await Bed.NewTagAsync();
        await Bed.SuperRoot.CreateVoAsync(tag, "by hand", "e@example.org", default);
        Assert.That(await Bed.LogInAsync($"root@{tag}", "password", "root", tag), Is.EqualTo("200"), "else this proves nothing");
        await Bed.Writer.SetPasswordAsync($"root@{tag}", "nobody knows", $"root@{tag}", default);
        Assert.That(await Bed.LogInAsync($"root@{tag}", "password", "root", tag), Is.EqualTo("401 CannotAuthenticate"));
    }
}
