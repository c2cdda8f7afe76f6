using System.Security.Cryptography;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Contract;

/// <summary>Accounts on a server through their whole life: attributes, identities of every kind, leaving and coming back.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class AccountTests(bool live) : ContractTests(live)
{
    [Test]
    public async Task Attributes_and_identities_follow_the_spec_and_rest_tells_the_same()
    {
        var tag = await Bed.NewTagAsync();
        var (dn, subject, key) = ($"CN=Alice \\+ {tag},O=Example\\, Inc.,C=CH", $"sub-{tag}", SshKeyTests.Line(2048));
        var first = Bed.Desired(new VirtualOrganisationSpec
        {
            Tag = tag,
            Accounts =
            [
                new()
                {
                    Name = "alice",
                    Attributes = new Dictionary<string, string> { ["country-ch"] = "user", ["flag"] = "True", ["group.x"] = "a/b" },
                    Identities = [new(), new() { Type = IdentityType.X509, Dn = dn }, new() { Type = IdentityType.Oidc, Subject = subject }, new() { Type = IdentityType.Ssh, PublicKey = $"{key} comment" }],
                },
            ],
        }, ("alice", "alice-password")) with
        { Issuers = [new("iam", "https://iam.example.org/")] };
        var made = (await Bed.ConvergeAsync(first)).Accounts["alice"];
        ObservedIdentity[] all = [new($"alice@{tag}", "USERPASS"), new(dn, "X509"), new($"SUB={subject}, ISS=https://iam.example.org/", "OIDC"), new(key, "SSH")];
        Assert.That(made.Identities, Is.EquivalentTo(all));
        Assert.That(made.Attributes, Is.EquivalentTo(new Dictionary<string, string> { ["country-ch"] = "user", ["flag"] = "true", ["group.x"] = "a/b", [AccountMark.Attribute] = AccountMark.Made }));
        Assert.That(await Bed.Root(first).IdentitiesAsync("alice", default), Is.EquivalentTo(all));
        Assert.That(await Bed.Root(first).AccountAttributesAsync("alice", default), Is.EquivalentTo(made.Attributes));
        Assert.That(await DefaultsAsync(tag), Is.Zero, "never as default");

        var alice = first.Spec.Accounts![0];
        var changed = (await Bed.ConvergeAsync(first with
        {
            Spec = first.Spec with { Accounts = [alice with { Attributes = new Dictionary<string, string> { ["country-ch"] = "admin" }, Identities = [.. alice.Identities!.Where(i => i.Type is IdentityType.Oidc)] }] },
            Passwords = new Dictionary<string, string>(),
        })).Accounts["alice"];
        Assert.That(changed.Identities, Is.EqualTo(new[] { all[2] }));
        Assert.That(changed.Attributes, Is.EquivalentTo(new Dictionary<string, string> { ["country-ch"] = "admin", [AccountMark.Attribute] = AccountMark.Made }));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "alice-password", "alice", tag), Does.StartWith("401"));
    }

    [Test]
    public async Task Who_leaves_is_out_with_all_sessions_and_comes_back_without_what_was_before()
    {
        var tag = await Bed.NewTagAsync();
        var alice = new AccountSpec { Name = "alice", Admin = true, Identities = [new(), new() { Type = IdentityType.X509, Dn = $"CN={tag}" }] };
        var desired = Bed.Desired(new VirtualOrganisationSpec { Tag = tag, Accounts = [alice, new() { Name = "bob" }], Scopes = [new() { Name = "data", Owner = "alice" }] }, ("alice", "first-password"));
        await Bed.ConvergeAsync(desired);
        await Bed.Root(desired).ImportAsync(ImportDocument.Of([new DesiredRse("L_1")]), default);
        await Bed.Root(desired).SetLocalLimitAsync("alice", "L_1", 5, default);
        await Bed.Rucio.LogInAsync($"alice@{tag}", "first-password", "alice", tag);
        Assert.That(await TokensAsync($"alice@{tag}"), Is.EqualTo(1));

        var without = desired with { Spec = desired.Spec with { Accounts = [new() { Name = "bob" }], Scopes = null }, Passwords = new Dictionary<string, string>() };
        var left = (await Bed.ConvergeAsync(without)).Accounts["alice"];
        Assert.That((left.Status, left.Identities.Count, left.Limits.Count), Is.EqualTo(("SUSPENDED", 0, 0)));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "first-password", "alice", tag), Does.StartWith("401"));
        Assert.That(await TokensAsync($"alice@{tag}"), Is.Zero);

        // Even deleted by hand, and with a way in that somebody left on it.
        await Bed.SqlAsync("UPDATE accounts SET status = 'DELETED' WHERE account = $1", $"alice@{tag}");
        await Bed.Writer.SetPasswordAsync($"back-door@{tag}", "open", $"alice@{tag}", default);
        await Bed.SqlAsync("INSERT INTO account_map VALUES ($1, 'USERPASS', $2, true, now(), now())", $"back-door@{tag}", $"alice@{tag}");
        var back = (await Bed.ConvergeAsync(desired with { Passwords = new Dictionary<string, string> { ["alice"] = "second-password" } })).Accounts["alice"];
        Assert.That(back.Identities, Is.EquivalentTo(new[] { new ObservedIdentity($"alice@{tag}", "USERPASS"), new ObservedIdentity($"CN={tag}", "X509") }));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "second-password", "alice", tag), Is.EqualTo("200"));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "first-password", "alice", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync($"back-door@{tag}", "open", "alice", tag), Does.StartWith("401"));
    }

    [Test]
    public async Task A_row_that_somebody_prepared_opens_nothing()
    {
        var tag = await Bed.NewTagAsync();
        await Bed.Writer.SetPasswordAsync($"alice@{tag}", "prepared", $"alice@{tag}", default);
        await Bed.ConvergeAsync(Bed.Desired(new VirtualOrganisationSpec { Tag = tag, Accounts = [new() { Name = "alice", Identities = [new()] }] }, ("alice", "hers")));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "prepared", "alice", tag), Does.StartWith("401"));
        Assert.That(await Bed.LogInAsync($"alice@{tag}", "hers", "alice", tag), Is.EqualTo("200"));
    }

    [Test]
    public async Task Of_two_vos_that_want_one_identity_at_the_same_time_exactly_one_gets_it()
    {
        var (one, two) = (await Bed.NewVoAsync(), await Bed.NewVoAsync());
        foreach (var vo in (DesiredVo[])[one, two])
            await Bed.ConvergeAsync(vo with { Spec = vo.Spec with { Accounts = [new() { Name = "alice" }] } });
        for (var i = 0; i < 10; i++)
        {
            var wanted = new ObservedIdentity($"CN=race {i},O={one.Spec.Tag}", "X509");
            var got = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => Task.Run(() => Bed.Writer.MapIdentityAsync(wanted, "alice", (n % 2 == 0 ? one : two).Spec.Tag, shared: false, default))));
            Assert.That(got.Where((_, n) => n % 2 == 0).Distinct().Single(), Is.Not.EqualTo(got.Where((_, n) => n % 2 == 1).Distinct().Single()), "all calls of one VO, none of the other");
        }
    }

    [Test]
    public async Task An_identity_may_be_shared_when_it_is_listed_but_never_with_the_instance_itself()
    {
        var (one, two) = (await Bed.NewVoAsync(), await Bed.NewVoAsync());
        var robot = new ObservedIdentity($"CN=Robot,O={one.Spec.Tag}", "X509");
        foreach (var vo in (DesiredVo[])[one, two])
            await Bed.ConvergeAsync(vo with { Spec = vo.Spec with { Accounts = [new() { Name = "robot" }] } });
        Assert.That(await Bed.Writer.MapIdentityAsync(robot, "robot", one.Spec.Tag, shared: false, default), Is.True);
        Assert.That(await Bed.Writer.MapIdentityAsync(robot, "robot", two.Spec.Tag, shared: false, default), Is.False);
        await Bed.Instance.RefreshAsync(DateTimeOffset.UtcNow, default);
        Assert.That(Bed.Instance.TakenElsewhere(two.Spec.Tag, new HashSet<ObservedIdentity> { robot }, new([])), Is.EqualTo(new[] { robot }));
        Assert.That(Bed.Instance.TakenElsewhere(two.Spec.Tag, new HashSet<ObservedIdentity> { robot }, new([$"/O={one.Spec.Tag}/CN=Robot"])), Is.Empty);
        Assert.That(await Bed.Writer.MapIdentityAsync(robot, "robot", two.Spec.Tag, shared: true, default), Is.True);
        Assert.That(await Bed.Writer.MapIdentityAsync(robot, "robot", two.Spec.Tag, shared: true, default), Is.True, "again");

        var admin = new ObservedIdentity($"CN=Admin,O={one.Spec.Tag}", "X509");
        await Bed.SqlAsync("INSERT INTO identities (identity, identity_type, email, deleted, created_at, updated_at) VALUES ($1, 'X509', '', false, now(), now())", admin.Identity);
        await Bed.SqlAsync("INSERT INTO account_map VALUES ($1, 'X509', 'super_root', false, now(), now())", admin.Identity);
        try
        {
            Assert.That(await Bed.Writer.MapIdentityAsync(admin, "robot", one.Spec.Tag, shared: true, default), Is.False);
        }
        finally
        {
            await Bed.SqlAsync("DELETE FROM account_map WHERE identity = $1", admin.Identity);
        }
    }

    [Test]
    public async Task An_ssh_key_logs_in()
    {
        using var rsa = RSA.Create(2048);
        var tag = await Bed.NewTagAsync();
        await Bed.ConvergeAsync(Bed.Desired(new VirtualOrganisationSpec { Tag = tag, Accounts = [new() { Name = "alice", Identities = [new() { Type = IdentityType.Ssh, PublicKey = $"{SshKeyTests.Line(rsa)} alice@laptop" }] }] }));
        Assert.That(await SshLogin.TryAsync(Bed.Rucio.BaseUrl, rsa, "alice", tag), Is.EqualTo(200));
        using var other = RSA.Create(2048);
        Assert.That(await SshLogin.TryAsync(Bed.Rucio.BaseUrl, other, "alice", tag), Is.EqualTo(401));
    }

    private Task<long> TokensAsync(string account) => CountAsync("SELECT count(*) FROM tokens WHERE account = $1", account);

    private Task<long> DefaultsAsync(string tag) => CountAsync("SELECT count(*) FROM account_map WHERE is_default AND account LIKE '%@' || $1", tag);

    private async Task<long> CountAsync(string sql, string parameter)
    {
        await using var command = Bed.Catalogue.CreateCommand(sql);
        command.Parameters.Add(new() { Value = parameter });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
