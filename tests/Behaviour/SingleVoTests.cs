using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>An instance with <c>multiVo: false</c>: one experiment, whose VO is Rucio's own <c>def</c>.</summary>
[Parallelizable]
public sealed class SingleVoTests
{
    private World _world = null!;

    private string Ns => _world.Ns("single");
    private string Database => _world.DatabaseName(Ns);

    [OneTimeSetUp]
    public async Task OneExperimentBecomesReady()
    {
        _world = await World.StartAsync("--drift-interval=2s");
        _world.ApplyInstance(Ns, spec: "  multiVo: false\n  tenancy: {allowedNamespaces: {from: All}}");
        _world.ApplyVo(Ns, "lab", "def", "rucio", """
              description: The only experiment
              email: lab@example.org
              accounts: [{name: alice, email: alice@example.org, admin: true, identities: [{type: Userpass}], quotas: [{rseExpression: "*", bytes: 1Ti}]}]
              scopes: [{name: data, owner: alice}, {name: raw}]
            """);
        _world.ApplyStorage(Ns, "disk", "lab", "LAB_DISK");
        _world.ApplyStorage(Ns, "tape", "lab", "LAB_TAPE", spec: "  type: TAPE");
        await _world.ReadyAsync((World.Instances, Ns, "rucio"), (World.Vos, Ns, "lab"), (World.Storages, Ns, "disk"), (World.Storages, Ns, "tape"));
        // Quotas on each storage come after the storages.
        await _world.SqlBecomesAsync(Database, "SELECT count(*) FROM account_limits", "2");
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task The_catalogue_has_root_and_bare_names_in_the_one_vo()
    {
        Assert.That(await Sql("SELECT vo, description, email FROM vos"), Is.EqualTo(new[] { "def|The only experiment|lab@example.org" }));
        Assert.That(await Sql("SELECT account, account_type, email FROM accounts ORDER BY account"), Is.EqualTo(new[] { "alice|USER|alice@example.org", "root|SERVICE|" }));
        Assert.That(await Sql("SELECT scope, account FROM scopes ORDER BY scope"), Is.EqualTo(new[] { "data|alice", "raw|root" }));
        Assert.That(await Sql("SELECT identity, account FROM account_map ORDER BY account"), Is.EqualTo(new[] { "alice@def|alice", $"{_world.Secret(Ns, "rucio-super-root")!["username"]}|root" }));
        Assert.That(await Sql("SELECT rse, vo FROM rses ORDER BY rse"), Is.EqualTo(new[] { "LAB_DISK|def", "LAB_TAPE|def" }));
        Assert.That(await Sql("SELECT l.account, r.rse FROM account_limits l JOIN rses r ON r.id = l.rse_id ORDER BY 2"), Is.EqualTo(new[] { "alice|LAB_DISK", "alice|LAB_TAPE" }));
        Assert.That(await Sql("SELECT section, opt, value FROM configs WHERE opt <> 'owner'"), Is.EquivalentTo(new[] { $"rucio-operator|claim-def|{Ns}/lab", "rucio-operator|created-def|true" }), "no policy line of a VO; its root has been the operator's alone");
        Assert.That(await Sql("SELECT character_maximum_length FROM information_schema.columns WHERE table_schema = 'rucio' AND table_name = 'accounts' AND column_name = 'account'"), Is.EqualTo(new[] { "25" }));
    }

    [Test]
    public async Task Its_generated_login_works_and_nobody_calls_vos()
    {
        var login = _world.Secret(Ns, "lab-alice-login")!;
        Assert.That((login["username"], login["vo"]), Is.EqualTo(("alice@def", "def")));
        Assert.That(await Logins.StatusAsync(_world, Ns, "api", login["username"], login["password"], "alice", "def"), Is.EqualTo(200));
        Assert.That(_world.Bed.Rucio.Log.Requests.Where(r => r.Prefix.StartsWith($"/{Ns}/", StringComparison.Ordinal) && r.Path.StartsWith("/vos", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task What_others_change_is_healed()
    {
        await Sql("UPDATE scopes SET account = 'root' WHERE scope = 'data'");
        await Sql("UPDATE rse_attr_map SET value = 'x' WHERE key = 'nothing'");
        await Sql("DELETE FROM account_attr_map WHERE account = 'alice' AND key = 'admin'");
        await Sql("UPDATE rses SET rse_type = 'DISK' WHERE rse = 'LAB_TAPE'");
        await _world.SqlBecomesAsync(Database, "SELECT account FROM scopes WHERE scope = 'data'", "alice");
        await _world.SqlBecomesAsync(Database, "SELECT count(*) FROM account_attr_map WHERE account = 'alice' AND key = 'admin'", "1");
        await _world.SqlBecomesAsync(Database, "SELECT rse_type FROM rses WHERE rse = 'LAB_TAPE'", "TAPE");
    }

    [Test]
    public async Task A_second_vo_and_another_tag_are_refused_with_the_reason()
    {
        var ns = _world.Ns("guest");
        _world.Namespace(ns);
        _world.ApplyVo(ns, "late", "def", $"{Ns}/rucio");
        await _world.NotReadyAsync(World.Vos, ns, "late", "TagTaken");
        _world.ApplyVo(ns, "other", "oth", $"{Ns}/rucio");
        var other = await _world.Bed.WaitConditionAsync(World.Vos, ns, "other", "Stalled", "True", "InvalidField");
        Assert.That(World.Message(other, "Stalled"), Does.Contain("spec.tag").And.Contain("def").And.Contain("multiVo: false"));
        Assert.That(_world.Secret(Ns, "rucio-vo-oth-root"), Is.Null);
    }

    [Test]
    public async Task Base_vo_is_no_tenant_of_a_multi_vo_instance()
    {
        var ns = _world.Ns("many");
        _world.ApplyInstance(ns);
        _world.ApplyVo(ns, "wrong", "def", "rucio");
        var wrong = await _world.Bed.WaitConditionAsync(World.Vos, ns, "wrong", "Stalled", "True", "InvalidField");
        Assert.That(World.Message(wrong, "Stalled"), Does.Contain("spec.tag").And.Contain("cannot be a tenant"));
    }

    [Test]
    public async Task A_catalogue_of_the_other_mode_is_refused_before_anything_is_written_to_it()
    {
        var ns = _world.Ns("mode");
        _world.ApplyInstance(ns);
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        var accounts = await _world.SqlAsync(_world.DatabaseName(ns), "SELECT account FROM accounts");
        _world.Store.Delete(World.Instances, ns, "rucio");
        await _world.GoneAsync(World.Instances, ns, "rucio");
        _world.ApplyInstance(ns, spec: "  multiVo: false");
        var refused = await _world.Bed.WaitConditionAsync(World.Instances, ns, "rucio", "Stalled", "True", "MultiVoFixed");
        Assert.That(World.Message(refused, "Stalled"), Does.Contain("super_root").And.Contain("spec.multiVo"));
        Assert.That(await _world.SqlAsync(_world.DatabaseName(ns), "SELECT account FROM accounts"), Is.EqualTo(accounts));
    }

    private Task<IReadOnlyList<string>> Sql(string sql) => _world.SqlAsync(Database, sql);
}
