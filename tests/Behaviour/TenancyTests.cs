using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Who may have which VO: claims that outlive what made them, grants of the platform engineer, namespaces that come and go.</summary>
[Parallelizable]
public sealed class TenancyTests
{
    private World _world = null!;

    private string Rucio => _world.Ns("rucio");
    private string Instance => $"{Rucio}/rucio";

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1h");
        _world.ApplyInstance(Rucio, spec: """
              tenancy: {allowedNamespaces: {from: Selector, matchLabels: {tenant: "yes"}}, limits: {accounts: 2, storages: 1}}
            """);
        await _world.ReadyAsync((World.Instances, Rucio, "rucio"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_granted_tag_changes_hands_when_its_holder_is_gone_and_not_before()
    {
        var (first, second) = (Tenant("first"), Tenant("second"));
        _world.ApplyVo(first, "vo", "han", Instance, "  longName: handover\n  accounts: [{name: alice, identities: [{type: Userpass}]}]");
        await _world.ReadyAsync((World.Vos, first, "vo"));
        _world.ApplyVo(second, "vo", "han", Instance);
        await _world.NotReadyAsync(World.Vos, second, "vo", "TagTaken");

        Grant("han", second);
        await _world.UntilAsync(() => World.Message(_world.Store.Get(World.Vos, second, "vo")!).Contains("when that one is deleted", StringComparison.Ordinal), () => "the grant is not told");
        await _world.ReadyAsync((World.Vos, first, "vo"));
        Assert.That(await ValueAsync("SELECT value FROM configs WHERE opt = 'claim-han'"), Is.EqualTo($"{first}/vo"));

        _world.Store.Delete(World.Vos, first, "vo");
        await _world.ReadyAsync((World.Vos, second, "vo"));
        Assert.That(await ValueAsync("SELECT value FROM configs WHERE opt = 'claim-han'"), Is.EqualTo($"{second}/vo"));
        Assert.That(await ValueAsync("SELECT value FROM configs WHERE section = 'vo-map' AND opt = 'handover'"), Is.Null, "the new holder has not asked for the name");

        // Coming back is coming second.
        _world.ApplyVo(first, "vo", "han", Instance);
        await _world.NotReadyAsync(World.Vos, first, "vo", "TagTaken");
    }

    [Test]
    public async Task A_claim_without_a_grant_stays_its_namespaces_when_the_resource_is_gone()
    {
        var (first, second) = (Tenant("keeps"), Tenant("waits"));
        _world.ApplyVo(first, "vo", "kee", Instance);
        await _world.ReadyAsync((World.Vos, first, "vo"));
        _world.Store.Delete(World.Vos, first, "vo");
        await _world.GoneAsync(World.Vos, first, "vo");
        _world.ApplyVo(second, "vo", "kee", Instance);
        await _world.NotReadyAsync(World.Vos, second, "vo", "TagTaken");
        _world.ApplyVo(first, "another-name", "kee", Instance);
        await _world.ReadyAsync((World.Vos, first, "another-name"));
    }

    [Test]
    public async Task A_namespace_that_is_allowed_no_more_is_told_and_nothing_of_its_VO_is_touched()
    {
        var ns = Tenant("expelled");
        _world.ApplyVo(ns, "vo", "exp", Instance, "  accounts: [{name: alice, identities: [{type: Userpass}]}]");
        _world.ApplyStorage(ns, "disk", "vo", "EXP_DISK");
        await _world.ReadyAsync((World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
        _world.Namespace(ns, """{tenant: "no"}""");
        await _world.NotReadyAsync(World.Vos, ns, "vo", "NamespaceNotAllowed");
        await _world.NotReadyAsync(World.Storages, ns, "disk", "NamespaceNotAllowed");
        var requests = _world.Bed.Rucio.Log.CountOf(r => r.Vo == "exp");
        _world.PatchSpec(World.Vos, ns, "vo", """{"description": "changed", "accounts": [{"name": "alice"}, {"name": "bob"}]}""");
        _world.PatchSpec(World.Storages, ns, "disk", """{"attributes": {"tier": "9"}}""");
        foreach (var (resource, name) in ((string, string)[])[(World.Vos, "vo"), (World.Storages, "disk")])
            await _world.Bed.WaitAsync(resource, ns, name, node => node["status"]!["observedGeneration"]!.GetValue<long>() == node["metadata"]!["generation"]!.GetValue<long>());
        Assert.That(_world.Bed.Rucio.Log.CountOf(r => r.Vo == "exp"), Is.EqualTo(requests), "its root was not used");
        Assert.That(await ValueAsync("SELECT count(*) FROM accounts WHERE account LIKE '%@exp'"), Is.EqualTo("2"));
        await _world.EventAsync(ns, "vo", "NamespaceNotAllowed", "allowedNamespaces");

        _world.Namespace(ns, """{tenant: "yes"}""");
        await _world.ReadyAsync((World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
        Assert.That(await ValueAsync("SELECT description FROM vos WHERE vo = 'exp'"), Is.EqualTo("changed"));
    }

    [Test]
    public async Task A_VO_over_a_limit_is_told_by_an_event_and_goes_on_when_it_is_raised()
    {
        var ns = Tenant("greedy");
        _world.ApplyVo(ns, "vo", "gre", Instance, "  accounts: [{name: a}, {name: b}, {name: c}]");
        await _world.NotReadyAsync(World.Vos, ns, "vo", "LimitExceeded");
        await _world.EventAsync(ns, "vo", "LimitExceeded", "spec.accounts", "allows 2");
        _world.PatchSpec(World.Vos, ns, "vo", """{"accounts": [{"name": "a"}, {"name": "b"}]}""");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        _world.ApplyStorage(ns, "one", "vo", "GRE_1");
        await _world.ReadyAsync((World.Storages, ns, "one"));
        _world.ApplyStorage(ns, "two", "vo", "GRE_2");
        await _world.NotReadyAsync(World.Storages, ns, "two", "LimitExceeded");
        await _world.EventAsync(ns, "two", "LimitExceeded", "allows 1");
    }

    [Test]
    public async Task Two_instances_side_by_side_have_the_same_tag_and_share_nothing()
    {
        var ns = _world.Ns("pair");
        foreach (var name in (string[])["one", "two"])
        {
            _world.ApplyInstance(ns, name);
            _world.ApplyVo(ns, $"vo-{name}", "dup", name, "  longName: duplicate\n  accounts: [{name: alice, identities: [{type: Userpass}]}]");
        }
        await _world.ReadyAsync((World.Instances, ns, "one"), (World.Instances, ns, "two"), (World.Vos, ns, "vo-one"), (World.Vos, ns, "vo-two"));
        foreach (var (name, other) in ((string, string)[])[("one", "two"), ("two", "one")])
        {
            var (root, alice) = (_world.Secret(ns, $"{name}-vo-dup-root")!, _world.Secret(ns, $"vo-{name}-alice-login")!);
            var (database, others) = (_world.DatabaseName(ns, name), _world.DatabaseName(ns, other));
            foreach (var identity in (string[])[root["username"], alice["username"]])
                Assert.That(await _world.ValueAsync(database, $"SELECT count(*) FROM account_map WHERE identity = '{identity}'"), Is.EqualTo("1"));
            Assert.That(await _world.ValueAsync(others, $"SELECT count(*) FROM account_map WHERE identity = '{root["username"]}'"), Is.EqualTo("0"));
            Assert.That(await _world.ValueAsync(database, "SELECT value FROM configs WHERE opt = 'claim-dup'"), Is.EqualTo($"{ns}/vo-{name}"));
            var hash = $"SELECT password FROM identities WHERE identity = '{alice["username"]}'";
            Assert.That(await _world.ValueAsync(database, hash), Is.Not.EqualTo(await _world.ValueAsync(others, hash)), "same name, another password");
        }
    }

    [Test]
    public async Task A_long_name_is_claimed_changed_and_given_up()
    {
        var (first, second) = (Tenant("named"), Tenant("later"));
        _world.ApplyVo(first, "vo", "lon", Instance, "  longName: compass-2025");
        await _world.ReadyAsync((World.Vos, first, "vo"));
        Assert.That(await NamesAsync("lon"), Is.EqualTo(new[] { "compass-2025" }));
        _world.ApplyVo(second, "vo", "lat", Instance, "  longName: compass-2025\n  accounts: [{name: bob}]");
        var taken = await _world.NotReadyAsync(World.Vos, second, "vo", "LongNameTaken");
        Assert.That(World.Message(taken), Does.Contain("spec.longName").And.Not.Contain("lon ").And.Not.Contain(first));
        Assert.That(SandboxBed.Condition(taken, "AccountsReady")!["status"]!.GetValue<string>(), Is.EqualTo("True"), "the rest goes on");

        _world.PatchSpec(World.Vos, first, "vo", """{"longName": "amber.cern"}""");
        await _world.SqlBecomesAsync(_world.DatabaseName(Rucio), "SELECT string_agg(opt, ' ') FROM configs WHERE section = 'vo-map' AND value = 'lon'", "amber.cern");
        _world.Annotate(World.Vos, second, "vo", "rucio.cern.ch/reconcile-at", "now");
        await _world.UntilAsync(async () => (await NamesAsync("lat")).Count == 1 || Again(), () => "the name that is free again is not taken");
        await _world.ReadyAsync((World.Vos, second, "vo"));
        _world.PatchSpec(World.Vos, first, "vo", """{"longName": null}""");
        await _world.UntilAsync(async () => (await NamesAsync("lon")).Count == 0, () => "still named");
        await _world.UntilAsync(() => _world.Store.Get(World.Vos, first, "vo")!["status"]!["longName"] is null, () => "still in status");
        Assert.That(SandboxBed.Condition(_world.Store.Get(World.Vos, first, "vo")!, "LongNameReady"), Is.Null);

        bool Again()
        {
            _world.Annotate(World.Instances, Rucio, "rucio", "rucio.cern.ch/reconcile-at", $"{DateTime.UtcNow.Ticks}");
            return false;
        }
    }

    private Task<IReadOnlyList<string>> NamesAsync(string tag) => _world.SqlAsync(_world.DatabaseName(Rucio), $"SELECT opt FROM configs WHERE section = 'vo-map' AND value = '{tag}'");

    private void Grant(string tag, string ns) => _world.PatchSpec(World.Instances, Rucio, "rucio", $$$"""{"tenancy": {"vos": [{"tag": "{{{tag}}}", "namespace": "{{{ns}}}"}]}}""");

    private string Tenant(string stem)
    {
        var ns = _world.Ns(stem);
        _world.Namespace(ns, """{tenant: "yes"}""");
        return ns;
    }

    private Task<string?> ValueAsync(string sql) => _world.ValueAsync(_world.DatabaseName(Rucio), sql);
}
