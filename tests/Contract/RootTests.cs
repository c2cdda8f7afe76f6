using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>Root of a VO and its names: rotation, tokens of what is out of use, long names, others' identities.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class RootTests(bool live) : ContractTests(live)
{
    [Test]
    public async Task A_next_login_works_beside_the_one_in_use_which_then_dies_with_its_tokens()
    {
        var vo = await Bed.NewVoAsync();
        var tag = vo.Spec.Tag;
        var first = await TokenAsync(vo.RootIdentity, vo.RootPassword, tag);
        var rotating = vo with { NextRoot = new($"operator-next1234@{tag}", "next-password") };
        await Bed.ConvergeAsync(rotating);
        Assert.That(await Bed.LogInAsync(vo.RootIdentity, vo.RootPassword, "root", tag), Is.EqualTo("200"));
        Assert.That(await Bed.LogInAsync(rotating.NextRoot.Identity, rotating.NextRoot.Password, "root", tag), Is.EqualTo("200"));
        Assert.That(await TokensAsync(vo.RootIdentity), Is.GreaterThan(0));

        var rotated = vo with { RootIdentity = rotating.NextRoot.Identity, RootPassword = rotating.NextRoot.Password };
        var observed = await Bed.ConvergeAsync(rotated);
        Assert.That(observed.Accounts["root"].Identities.Select(i => i.Identity), Is.EqualTo(new[] { rotated.RootIdentity }));
        Assert.That(await Bed.LogInAsync(vo.RootIdentity, vo.RootPassword, "root", tag), Does.StartWith("401"));
        Assert.That(await TokensAsync(vo.RootIdentity), Is.Zero);
        Assert.That(first, Is.Not.Empty);
        Assert.That(await Bed.LogInAsync(rotated.RootIdentity, rotated.RootPassword, "root", tag), Is.EqualTo("200"));
        await Bed.ConvergeAsync(rotated);
    }

    [Test]
    public async Task A_long_name_leads_to_the_VO_and_another_VO_cannot_have_it()
    {
        // Servers keep for 15 minutes what they were told, so each name is asked for once it leads somewhere.
        var vo = await Bed.NewVoAsync();
        var (tag, name, second) = (vo.Spec.Tag, $"long.{Guid.NewGuid():N}", $"long.{Guid.NewGuid():N}");
        var named = vo with { Spec = vo.Spec with { LongName = name } };
        var observed = await Bed.ConvergeAsync(named);
        Assert.That(observed.LongNames[name], Is.EqualTo(tag));
        Assert.That(await Bed.LogInAsync(vo.RootIdentity, vo.RootPassword, "root", name), Is.EqualTo("200"));

        var other = await Bed.NewVoAsync();
        Assert.That(async () => await Bed.Writer.ClaimLongNameAsync(name, other.Spec.Tag, default), Throws.TypeOf<DatabaseFault>().With.Property("Reason").EqualTo(VoPlan.LongNameTaken));
        var plan = VoPlan.For(other with { Spec = other.Spec with { LongName = name } }, await Bed.Instance.RefreshVoAsync(other.Spec.Tag, default));
        Assert.That((plan.Changes.Count, plan.Problems.Single().Reason), Is.EqualTo((0, VoPlan.LongNameTaken)));

        var renamed = await Bed.ConvergeAsync(named with { Spec = named.Spec with { LongName = second } });
        Assert.That(renamed.LongNames.Where(n => n.Value == tag).Select(n => n.Key), Is.EqualTo(new[] { second }));
        Assert.That(await Bed.LogInAsync(vo.RootIdentity, vo.RootPassword, "root", second), Is.EqualTo("200"));
        await Bed.Writer.ReleaseLongNameAsync(second, other.Spec.Tag, default);
        Assert.That((await Bed.ConvergeAsync(vo with { FormerLongName = second })).LongNames.Values, Has.None.EqualTo(tag));
    }

    [Test]
    public async Task Exclusive_removes_others_from_a_root_that_somebody_else_made()
    {
        var tag = await Bed.NewTagAsync();
        await Bed.SuperRoot.CreateVoAsync(tag, "by hand", "e@example.org", default);
        await Bed.SuperRoot.RecoverRootAsync(tag, $"admins-own@{tag}", "theirs", default);
        var desired = Bed.Desired(new VirtualOrganisationSpec { Tag = tag, RootMappings = RootMappings.Exclusive }) with { Granted = true };
        var observed = await Bed.ConvergeAsync(desired);
        Assert.That(observed.Accounts["root"].Identities.Select(i => i.Identity), Is.EqualTo(new[] { desired.RootIdentity }));
        Assert.That(await Bed.LogInAsync($"admins-own@{tag}", "theirs", "root", tag), Does.StartWith("401"));
    }

    private async Task<string> TokenAsync(string identity, string password, string tag) => (await Bed.Rucio.TryLogInAsync(identity, password, "root", tag)).Token ?? "";

    private async Task<long> TokensAsync(string identity)
    {
        await using var command = Bed.Catalogue.CreateCommand("SELECT count(*) FROM tokens WHERE identity = $1");
        command.Parameters.Add(new() { Value = identity });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
