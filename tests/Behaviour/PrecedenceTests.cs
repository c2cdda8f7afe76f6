using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Ways to keep the operator's hands off: suspend, dry run, ObserveOnly. And one to make it look at once.</summary>
[Parallelizable]
public sealed class PrecedenceTests
{
    private World _world = null!;

    private string Ns => _world.Ns("rucio");

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1s");
        _world.ApplyInstance(Ns);
        await _world.ReadyAsync((World.Instances, Ns, "rucio"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_suspended_vo_and_storage_keep_their_conditions_and_nothing_is_changed_until_resumed()
    {
        await VoAsync("sus", "  description: before");
        foreach (var resource in (string[])[World.Vos, World.Storages])
        {
            _world.PatchSpec(resource, Ns, "sus", """{"suspend": true}""");
            var suspended = await _world.Bed.WaitAsync(resource, Ns, "sus", o => SandboxBed.Condition(o, "Suspended") is { } c && c["status"]!.GetValue<string>() == "True");
            Assert.That(SandboxBed.Condition(suspended, "Ready")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        }
        _world.PatchSpec(World.Vos, Ns, "sus", """{"description": "after"}""");
        _world.PatchSpec(World.Storages, Ns, "sus", """{"attributes": {"site": "here"}}""");
        await _world.LooksAsync(3);
        Assert.That(await SqlAsync("SELECT description FROM vos WHERE vo = 'sus'"), Is.EqualTo("before"));
        Assert.That(await SqlAsync("SELECT count(*) FROM rse_attr_map WHERE key = 'site'"), Is.EqualTo("0"));

        foreach (var resource in (string[])[World.Vos, World.Storages])
        {
            _world.PatchSpec(resource, Ns, "sus", """{"suspend": false}""");
            await _world.Bed.WaitAsync(resource, Ns, "sus", o => SandboxBed.IsReady(o) && SandboxBed.Condition(o, "Suspended") is null);
        }
        Assert.That(await SqlAsync("SELECT description FROM vos WHERE vo = 'sus'"), Is.EqualTo("after"));
        Assert.That(await SqlAsync("SELECT value FROM rse_attr_map WHERE key = 'site'"), Is.EqualTo("here"));
    }

    [Test]
    public async Task Suspension_does_not_hold_up_deletion()
    {
        await VoAsync("sud", storage: "  deletionPolicy: DeleteIfEmpty");
        _world.PatchSpec(World.Vos, Ns, "sud", """{"suspend": true}""");
        _world.PatchSpec(World.Storages, Ns, "sud", """{"suspend": true}""");
        await _world.Bed.WaitAsync(World.Storages, Ns, "sud", o => SandboxBed.Condition(o, "Suspended") is not null);
        _world.Store.Delete(World.Storages, Ns, "sud");
        await _world.GoneAsync(World.Storages, Ns, "sud");
        Assert.That(await SqlAsync("SELECT deleted FROM rses WHERE rse = 'SUD_DISK'"), Is.EqualTo("True"));
        _world.Store.Delete(World.Vos, Ns, "sud");
        await _world.GoneAsync(World.Vos, Ns, "sud");
    }

    [Test]
    public async Task A_suspended_instance_is_not_healed_and_its_vos_go_on()
    {
        var ns = _world.Ns("suspended");
        _world.ApplyInstance(ns);
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        _world.PatchSpec(World.Instances, ns, "rucio", """{"suspend": true}""");
        await _world.Bed.WaitAsync(World.Instances, ns, "rucio", o => SandboxBed.Condition(o, "Suspended") is not null);
        _world.Store.Delete("deployments.apps", ns, "rucio-judge-evaluator");
        _world.ApplyVo(ns, "vo", "sui", "rucio");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        Assert.That(_world.Store.Get("deployments.apps", ns, "rucio-judge-evaluator"), Is.Null);
        _world.PatchSpec(World.Instances, ns, "rucio", """{"suspend": false}""");
        await _world.UntilAsync(() => _world.Store.Get("deployments.apps", ns, "rucio-judge-evaluator") is not null, () => "it does not come back");
    }

    [Test]
    public async Task A_dry_run_tells_the_plan_and_changes_nothing_until_the_annotation_goes()
    {
        await VoAsync("dry");
        foreach (var resource in (string[])[World.Vos, World.Storages])
            _world.Annotate(resource, Ns, "dry", "rucio.cern.ch/dry-run", "true");
        _world.PatchSpec(World.Vos, Ns, "dry", """{"description": "new", "accounts": [{"name": "zoe", "identities": [{"type": "Userpass"}]}], "scopes": [{"name": "zoos", "owner": "zoe"}]}""");
        _world.PatchSpec(World.Storages, Ns, "dry", """{"attributes": {"dry": "yes"}}""");

        var vo = await _world.Bed.WaitAsync(World.Vos, Ns, "dry", o => Entries(o).Any(e => e.Contains("zoos", StringComparison.Ordinal)));
        Assert.That(Entries(vo), Has.Some.EqualTo("create account zoe").And.Some.EqualTo("create scope zoos of zoe").And.Some.Contains("description"));
        Assert.That(vo["status"]!["plan"]!["changes"]!.GetValue<int>(), Is.EqualTo(Entries(vo).Count));
        var storage = await _world.Bed.WaitAsync(World.Storages, Ns, "dry", o => Entries(o).Count > 0);
        Assert.That(Entries(storage), Has.Some.Contains("attributes.dry"));
        await _world.LooksAsync(2);
        Assert.That(await SqlAsync("SELECT count(*) FROM accounts WHERE account LIKE 'zoe%'"), Is.EqualTo("0"));
        Assert.That(await SqlAsync("SELECT count(*) FROM rse_attr_map WHERE key = 'dry'"), Is.EqualTo("0"));
        Assert.That(_world.Store.Get("secrets", Ns, "dry-zoe-login"), Is.Null, "a dry run makes no credential");

        foreach (var resource in (string[])[World.Vos, World.Storages])
        {
            _world.Annotate(resource, Ns, "dry", "rucio.cern.ch/dry-run", null);
            await _world.Bed.WaitAsync(resource, Ns, "dry", o => SandboxBed.IsReady(o) && o["status"]!["plan"] is null);
        }
        Assert.That(await SqlAsync("SELECT account FROM scopes WHERE scope = 'zoos@dry'"), Is.EqualTo("zoe@dry"));
        Assert.That(await SqlAsync("SELECT value FROM rse_attr_map WHERE key = 'dry'"), Is.EqualTo("yes"));
    }

    [Test]
    public async Task ObserveOnly_says_what_differs_and_leaves_it_and_is_ready_when_nothing_does()
    {
        await VoAsync("obs");
        _world.PatchSpec(World.Vos, Ns, "obs", """{"managementPolicy": "ObserveOnly"}""");
        _world.PatchSpec(World.Storages, Ns, "obs", """{"managementPolicy": "ObserveOnly"}""");
        await _world.ReadyAsync((World.Vos, Ns, "obs"), (World.Storages, Ns, "obs"));
        _world.PatchSpec(World.Vos, Ns, "obs", """{"description": "other"}""");
        _world.PatchSpec(World.Storages, Ns, "obs", """{"attributes": {"obs": "yes"}}""");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Vos, Ns, "obs", "PlanOnly")), Does.Contain("description"));
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, Ns, "obs", "PlanOnly")), Does.Contain("attributes.obs"));
        await _world.LooksAsync(2);
        Assert.That(await SqlAsync("SELECT count(*) FROM rse_attr_map WHERE key = 'obs'"), Is.EqualTo("0"));
        await _world.SqlAsync(_world.DatabaseName(Ns), "UPDATE vos SET description = 'other' WHERE vo = 'obs'");
        await _world.ReadyAsync((World.Vos, Ns, "obs"));
    }

    [Test]
    public async Task A_token_asks_for_a_pass_and_is_echoed_by_each_kind()
    {
        await VoAsync("tok");
        foreach (var (resource, name) in ((string, string)[])[(World.Instances, "rucio"), (World.Vos, "tok"), (World.Storages, "tok")])
        {
            _world.Annotate(resource, Ns, name, "rucio.cern.ch/reconcile-at", "2026-01-01");
            await _world.Bed.WaitAsync(resource, Ns, name, o => o["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "2026-01-01");
        }
    }

    [TestCase("Heal")]
    [TestCase("Report")]
    public async Task A_storage_that_comes_later_gets_its_quota_and_nothing_counts_as_drift(string policy)
    {
        var tag = policy == "Heal" ? "lat" : "rep";
        await VoAsync(tag, $"  driftPolicy: {policy}\n  accounts: [{{name: ada, quotas: [{{rseExpression: \"*\", bytes: 1Gi}}]}}]");
        _world.ApplyStorage(Ns, $"{tag}-later", tag, $"{tag.ToUpperInvariant()}_LATER", $"davs://later.example.org:443/{tag}/");
        await _world.SqlBecomesAsync(_world.DatabaseName(Ns), $"SELECT bytes FROM account_limits JOIN rses ON id = rse_id WHERE account = 'ada@{tag}' AND rse = '{tag.ToUpperInvariant()}_LATER'", $"{1L << 30}");
        await _world.ReadyAsync((World.Vos, Ns, tag), (World.Storages, Ns, $"{tag}-later"));
        Assert.That(_world.Events(Ns, tag, "DriftDetected"), Is.Empty);
    }

    private async Task VoAsync(string tag, string spec = "", string storage = "")
    {
        _world.ApplyVo(Ns, tag, tag, "rucio", spec);
        _world.ApplyStorage(Ns, tag, tag, $"{tag.ToUpperInvariant()}_DISK", spec: storage);
        await _world.ReadyAsync((World.Vos, Ns, tag), (World.Storages, Ns, tag));
    }

    private Task<string?> SqlAsync(string sql) => _world.ValueAsync(_world.DatabaseName(Ns), sql);

    private static List<string> Entries(JsonObject node) => [.. (node["status"]?["plan"]?["entries"] as JsonArray ?? []).Select(e => e!.GetValue<string>())];
}
