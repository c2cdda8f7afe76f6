using System.Security.Cryptography;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Api;
using RucioOperator.Tests.Contract;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Accounts from the manifest to the login: who gets in, who no longer does, and whose identity it is.</summary>
[Parallelizable]
public sealed class AccountsTests
{
    private World _world = null!;

    private string Rucio => _world.Ns("rucio");
    private string Instance => $"{Rucio}/rucio";
    private string Database => _world.DatabaseName(Rucio);

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=2s");
        _world.Namespace(Rucio);
        _world.ApplyInstance(Rucio, spec: "  tenancy: {allowedNamespaces: {from: All}}");
        await _world.ReadyAsync((World.Instances, Rucio, "rucio"));
    }

    /// <summary>What a test that failed left behind is nobody else's.</summary>
    [TearDown]
    public void Unhook() => _world.Proxy.OnResponse = null;

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Every_kind_of_identity_is_mapped_as_rucio_compares_it_and_follows_the_spec()
    {
        var ns = Tenant("kinds");
        using var rsa = RSA.Create(2048);
        _world.ApplyVo(ns, "vo", "kin", Instance, $$"""
              accounts:
                - name: ada
                  attributes: {country-ch: user}
                  identities:
                    - {type: X509, dn: "/DC=org/DC=example/OU=Users/CN=Ada Lovelace"}
                    - {type: Ssh, publicKey: "{{SshKeyTests.Line(rsa)}} ada@laptop"}
                    - {type: Userpass}
            """);
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        Assert.That(await IdentitiesAsync("ada@kin"), Is.EqualTo(new[] { $"SSH|{SshKeyTests.Line(rsa)}", "USERPASS|ada@kin", "X509|CN=Ada Lovelace,OU=Users,DC=example,DC=org" }));
        Assert.That(await Sql("SELECT key, value FROM account_attr_map WHERE account = 'ada@kin' ORDER BY 1"), Is.EqualTo(new[] { "country-ch|user", "rucio-operator|made" }));
        Assert.That(await SshLogin.TryAsync(_world.Bed.Rucio.Url($"/{Rucio}/rucio-api"), rsa, "ada", "kin"), Is.EqualTo(200));

        _world.PatchSpec(World.Vos, ns, "vo", """{"accounts": [{"name": "ada", "admin": true, "identities": [{"type": "X509", "dn": "CN=Ada King,O=Example"}]}]}""");
        await _world.SqlBecomesAsync(Database, "SELECT string_agg(identity, ';') FROM account_map WHERE account = 'ada@kin'", "CN=Ada King,O=Example");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        Assert.That(await Sql("SELECT key FROM account_attr_map WHERE account = 'ada@kin' ORDER BY 1"), Is.EqualTo(new[] { "admin", "rucio-operator" }));
        await _world.UntilAsync(() => _world.Secret(ns, "vo-ada-login") is null, () => "the Secret of a login that is gone");
        Assert.That(await SshLogin.TryAsync(_world.Bed.Rucio.Url($"/{Rucio}/rucio-api"), rsa, "ada", "kin"), Is.EqualTo(401));

        // By hand, behind everybody's back.
        await Sql("INSERT INTO identities (identity, identity_type, email, deleted, created_at, updated_at) VALUES ('CN=Mallory', 'X509', '', false, now(), now())");
        await Sql("INSERT INTO account_map VALUES ('CN=Mallory', 'X509', 'ada@kin', true, now(), now())");
        await _world.EventAsync(ns, "vo", "DriftDetected", "X509 CN=Mallory", "ada");
        await _world.SqlBecomesAsync(Database, "SELECT count(*) FROM account_map WHERE identity = 'CN=Mallory'", "0");
    }

    [Test]
    public async Task Who_leaves_the_spec_is_out_also_after_a_restart_and_comes_back_with_another_password()
    {
        var ns = Tenant("leave");
        const string both = """{"accounts": [{"name": "ann", "identities": [{}], "quotas": [{"rseExpression": "*", "bytes": 7}]}, {"name": "ben_x", "identities": [{}, {"type": "X509", "dn": "CN=Ben"}]}]}""";
        _world.ApplyVo(ns, "vo", "lea", Instance);
        _world.ApplyStorage(ns, "disk", "vo", "LEA_DISK");
        _world.PatchSpec(World.Vos, ns, "vo", both);
        await _world.ReadyAsync((World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
        await _world.SqlBecomesAsync(Database, "SELECT bytes FROM account_limits WHERE account = 'ann@lea'", "7");
        var ann = _world.Secret(ns, "vo-ann-login")!;
        var ben = _world.Store.List("secrets", ns).Select(s => s["metadata"]!["name"]!.GetValue<string>()).Single(n => n.StartsWith("vo-ben-x-", StringComparison.Ordinal));
        Assert.That(await LogInAsync(ann), Is.EqualTo(200));

        _world.Bed.KillOperator();
        _world.PatchSpec(World.Vos, ns, "vo", """{"accounts": [{"name": "ben_x", "suspended": true, "identities": [{}, {"type": "X509", "dn": "CN=Ben"}]}]}""");
        _world.Bed.StartOperator("--drift-interval=2s");
        await _world.SqlBecomesAsync(Database, "SELECT string_agg(status::text, ' ') FROM accounts WHERE account IN ('ann@lea', 'ben_x@lea')", "SUSPENDED SUSPENDED");
        await _world.UntilAsync(() => _world.Secret(ns, "vo-ann-login") is null && _world.Secret(ns, ben) is null, () => "logins that open nothing");
        Assert.That(await Sql("SELECT identity FROM account_map WHERE account IN ('ann@lea', 'ben_x@lea')"), Is.Empty);
        Assert.That(await Sql("SELECT account FROM account_limits WHERE account = 'ann@lea'"), Is.Empty);
        Assert.That(await LogInAsync(ann), Is.EqualTo(401));

        await Sql("UPDATE accounts SET status = 'DELETED' WHERE account = 'ann@lea'");
        _world.PatchSpec(World.Vos, ns, "vo", both);
        await _world.SqlBecomesAsync(Database, "SELECT count(*) FROM accounts a JOIN account_map m USING (account) WHERE status = 'ACTIVE' AND account IN ('ann@lea', 'ben_x@lea')", "3");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        Assert.That(await LogInAsync(ann), Is.EqualTo(401), "the password from before");
        Assert.That(await LogInAsync(_world.Secret(ns, "vo-ann-login")!), Is.EqualTo(200));
    }

    [Test]
    public async Task Of_two_vos_that_list_one_identity_the_first_has_it_until_it_is_free_or_may_be_shared()
    {
        var (first, second) = (Tenant("race1"), Tenant("race2"));
        const string robot = """{"accounts": [{"name": "robot", "identities": [{"type": "X509", "dn": "CN=Robot,O=Example"}]}]}""";
        const string mappings = "SELECT count(*) FROM account_map WHERE identity = 'CN=Robot,O=Example'";
        _world.ApplyVo(first, "vo", "ra1", Instance);
        _world.ApplyVo(second, "vo", "ra2", Instance);
        await _world.ReadyAsync((World.Vos, first, "vo"), (World.Vos, second, "vo"));
        var most = 0L;
        _world.Proxy.OnResponse = async trip =>
        {
            if (!World.IsLook(trip.Sql))
                most = Math.Max(most, long.Parse((await _world.ValueAsync(Database, mappings))!));
        };
        Parallel.ForEach([first, second], ns => _world.PatchSpec(World.Vos, ns, "vo", robot));
        await _world.UntilAsync(() => Reason(first) + Reason(second) is "ReadyIdentityTaken" or "IdentityTakenReady", () => $"{Reason(first)} {Reason(second)}");
        await _world.LooksAsync(3);
        _world.Proxy.OnResponse = null;
        Assert.That(most, Is.LessThan(2), "there was never a moment with two");
        Assert.That(await _world.ValueAsync(Database, mappings), Is.EqualTo("1"));
        var (winner, loser) = Reason(first) == "Ready" ? (first, second) : (second, first);
        var (winnersTag, losersTag) = winner == first ? ("ra1", "ra2") : ("ra2", "ra1");
        var told = World.Message(_world.Store.Get(World.Vos, loser, "vo")!, "AccountsReady");
        Assert.That(told, Does.Contain("CN=Robot,O=Example").And.Contain("robot").And.Contain("sharedIdentities").And.Not.Contain(winner).And.Not.Contain(winnersTag));

        _world.PatchSpec(World.Vos, winner, "vo", """{"accounts": [{"name": "robot"}]}""");
        await _world.ReadyAsync((World.Vos, loser, "vo"));
        Assert.That(await Sql("SELECT account FROM account_map WHERE identity = 'CN=Robot,O=Example'"), Is.EqualTo(new[] { $"robot@{losersTag}" }));
        _world.PatchSpec(World.Vos, winner, "vo", robot);
        await _world.NotReadyAsync(World.Vos, winner, "vo", "IdentityTaken");

        _world.PatchSpec(World.Instances, Rucio, "rucio", """{"tenancy": {"sharedIdentities": ["/O=Example/CN=Robot"]}}""");
        await _world.ReadyAsync((World.Vos, winner, "vo"), (World.Vos, loser, "vo"));
        Assert.That(await _world.ValueAsync(Database, mappings), Is.EqualTo("2"));

        string Reason(string ns) => World.Reason(_world.Store.Get(World.Vos, ns, "vo")!, "Ready") ?? "";
    }

    [Test]
    public async Task An_identity_of_the_instances_own_account_is_nobodys_to_map()
    {
        var ns = Tenant("own");
        await Sql("INSERT INTO identities (identity, identity_type, email, deleted, created_at, updated_at) VALUES ('CN=Platform', 'X509', '', false, now(), now())");
        // Of an account beside super_root, which the operator would rid of it.
        await Sql("INSERT INTO accounts (account, account_type, status, created_at, updated_at) VALUES ('platform', 'SERVICE', 'ACTIVE', now(), now())");
        await Sql("INSERT INTO account_map VALUES ('CN=Platform', 'X509', 'platform', false, now(), now())");
        _world.ApplyVo(ns, "vo", "own", Instance, "  accounts: [{name: eve, identities: [{type: X509, dn: CN=Platform}]}]");
        await _world.NotReadyAsync(World.Vos, ns, "vo", "IdentityTaken");
        Assert.That(await Sql("SELECT account FROM account_map WHERE identity = 'CN=Platform'"), Is.EqualTo(new[] { "platform" }));
        await Sql("DELETE FROM account_map WHERE identity = 'CN=Platform'");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
    }

    [Test]
    public async Task An_annotation_rotates_all_generated_logins_once_and_leaves_given_ones()
    {
        var ns = Tenant("rotate");
        _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: given, namespace: {ns}}}, stringData: {{password: chosen-by-its-owner}}}}");
        _world.ApplyVo(ns, "vo", "rot", Instance, "  accounts: [{name: ann, identities: [{}]}, {name: ben, identities: [{secretRef: {name: given}}]}, {name: cat, identities: [{}]}]");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        var before = (Ann: _world.Secret(ns, "vo-ann-login")!, Cat: _world.Secret(ns, "vo-cat-login")!);

        _world.Annotate(World.Vos, ns, "vo", "rucio.cern.ch/rotate-logins", "first");
        await _world.Bed.WaitAsync(World.Vos, ns, "vo", v => v["status"]?["lastHandledLoginRotation"]?.GetValue<string>() == "first");
        var after = (Ann: _world.Secret(ns, "vo-ann-login")!, Cat: _world.Secret(ns, "vo-cat-login")!);
        Assert.That((await LogInAsync(before.Ann), await LogInAsync(before.Cat), await LogInAsync(after.Ann), await LogInAsync(after.Cat)), Is.EqualTo((401, 401, 200, 200)));
        Assert.That(after.Ann["username"], Is.EqualTo(before.Ann["username"]));
        Assert.That(await Logins.StatusAsync(_world, Rucio, "api", "ben@rot", "chosen-by-its-owner", "ben", "rot"), Is.EqualTo(200));

        _world.Bed.KillOperator();
        _world.Bed.StartOperator("--drift-interval=2s");
        await _world.LooksAsync(3);
        Assert.That(_world.Secret(ns, "vo-ann-login")!["password"], Is.EqualTo(after.Ann["password"]), "not again");
    }

    [Test]
    public async Task A_password_follows_its_secret_and_a_lost_secret_comes_back_with_another()
    {
        var ns = Tenant("follow");
        _world.ApplyVo(ns, "vo", "fol", Instance, "  accounts: [{name: ann, identities: [{}]}]");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        var first = _world.Secret(ns, "vo-ann-login")!;
        _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: vo-ann-login, namespace: {ns}}}, stringData: {{password: edited-by-its-owner}}}}");
        await _world.UntilAsync(async () => await LogInAsync(_world.Secret(ns, "vo-ann-login")!) == 200, () => "the edited password");
        Assert.That(await LogInAsync(first), Is.EqualTo(401));

        _world.Store.Delete("secrets", ns, "vo-ann-login");
        await _world.UntilAsync(async () => _world.Secret(ns, "vo-ann-login") is { } now && await LogInAsync(now) == 200, () => "another password");
        Assert.That(await Logins.StatusAsync(_world, Rucio, "api", "ann@fol", "edited-by-its-owner", "ann", "fol"), Is.EqualTo(401));
    }

    [Test]
    public async Task One_account_in_trouble_names_its_field_and_holds_up_nobody_else()
    {
        var ns = Tenant("trouble");
        _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: vo-ann-login, namespace: {ns}}}, stringData: {{password: somebody-elses, username: x}}}}");
        _world.ApplyVo(ns, "vo", "tro", Instance, "  accounts: [{name: ann, identities: [{}]}, {name: ben, identities: [{}]}, {name: cat, identities: [{type: Oidc, subject: '1', issuer: iam}]}]");
        var vo = await _world.NotReadyAsync(World.Vos, ns, "vo", "NameTaken");
        Assert.That(World.Message(vo, "AccountsReady"), Does.Contain("vo-ann-login").And.Contain("delete or rename it").And.Contain("spec.oidc.issuers"));
        Assert.That(await LogInAsync(_world.Secret(ns, "vo-ben-login")!), Is.EqualTo(200));
        Assert.That(await Logins.StatusAsync(_world, Rucio, "api", "ann@tro", "somebody-elses", "ann", "tro"), Is.EqualTo(401));
        _world.PatchSpec(World.Vos, ns, "vo", """{"accounts": [{"name": "ann"}, {"name": "ben", "identities": [{}]}, {"name": "cat"}]}""");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        Assert.That(_world.Secret(ns, "vo-ann-login"), Is.Not.Null, "not the operator's to delete");
    }

    private string Tenant(string stem)
    {
        var ns = _world.Ns(stem);
        _world.Namespace(ns);
        return ns;
    }

    private Task<int> LogInAsync(IReadOnlyDictionary<string, string> login) => Logins.StatusAsync(_world, Rucio, "api", login["username"], login["password"], login["account"], login["vo"]);

    private Task<IReadOnlyList<string>> IdentitiesAsync(string account) => Sql($"SELECT identity_type, identity FROM account_map WHERE account = '{account}' ORDER BY identity_type::text");

    private Task<IReadOnlyList<string>> Sql(string sql) => _world.SqlAsync(Database, sql);
}
