using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Daemons as a platform engineer changes them: what is touched, what is refused, what a storage waits for.</summary>
public sealed class DaemonsBehaviourTests
{
    private const string Fts = "  transfers: {ftsServers: [\"https://fts.example.org:8446\"]}";

    private World _world = null!;

    [SetUp]
    public async Task StartAsync() => _world = await World.StartAsync("--rse-quiet=2s", "--rse-roll-interval=4s");

    [TearDown]
    public async Task EndAsync() => await _world.DisposeAsync();

    [Test]
    public async Task One_override_touches_one_Deployment()
    {
        var ns = _world.Ns("one");
        _world.ApplyInstance(ns, spec: Fts);
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        var before = Versions(ns);
        _world.PatchSpec(World.Instances, ns, "rucio", """{"daemons": {"overrides": [{"name": "reaper", "replicas": 2, "arguments": {"threads": "4"}}]}}""");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(Changed(before, Versions(ns)), Is.EquivalentTo(["deployments.apps/rucio-reaper", "poddisruptionbudgets.policy/rucio-reaper"]));

        before = Versions(ns);
        _world.PatchSpec(World.Instances, ns, "rucio", """{"config": {"necromancer": {"cache_time": "60"}, "bb8": {"tolerance": "0.1"}}}""");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(Changed(before, Versions(ns)), Is.Empty, "no daemon here reads these sections");
        _world.AssertNoSecretIsTold();
    }

    [Test]
    public async Task A_mistyped_daemon_is_refused_with_the_nearest_name_and_nothing_is_touched()
    {
        var ns = _world.Ns("typo");
        _world.ApplyInstance(ns);
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        var before = Versions(ns);
        _world.PatchSpec(World.Instances, ns, "rucio", """{"daemons": {"overrides": [{"name": "repaer"}], "groups": [{"name": "x", "daemon": "oauth-manager"}]}}""");
        var refused = await _world.NotReadyAsync(World.Instances, ns, "rucio", "InvalidField");
        Assert.That(World.Message(refused), Does.Contain("spec.daemons.overrides[0].name: repaer is not a daemon of Rucio 41: did you mean reaper?").And.Contain("oauth-manager is gone since Rucio 40"));
        Assert.That(Changed(before, Versions(ns)), Is.Empty);
    }

    [Test]
    public async Task A_brokers_password_is_waited_for_by_name_and_its_change_rolls_hermes_alone()
    {
        var ns = _world.Ns("broker");
        _world.ApplyInstance(ns, spec: "  messaging: {hermes: {hosts: [mq.example.org], destination: /topic/rucio.events, credentialsSecretRef: {name: mq}}}");
        var waiting = await _world.NotReadyAsync(World.Instances, ns, "rucio", "SecretNotFound");
        Assert.That(World.Message(waiting), Does.Contain("spec.messaging.hermes.credentialsSecretRef").And.Contain($"{ns}/mq"));
        Password("first-password");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(_world.Secret(ns, "rucio-config-hermes")!.Values.Single(), Does.Contain("first-password"));

        var before = Versions(ns);
        Password("second-password%");
        await _world.UntilAsync(() => _world.Secret(ns, "rucio-config-hermes")!.Values.Single().Contains("second-password%%", StringComparison.Ordinal), () => "the new password is not rendered");
        await _world.UntilAsync(() => Changed(before, Versions(ns)).Contains("deployments.apps/rucio-hermes"), () => "hermes is not rolled");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(Changed(before, Versions(ns)), Is.EquivalentTo(["deployments.apps/rucio-hermes", "secrets/rucio-config-hermes"]));
        _world.AssertNoSecretIsTold();

        void Password(string text) => _world.Store.Upsert(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "mq", ["namespace"] = ns },
            ["stringData"] = new JsonObject { ["username"] = "rucio", ["password"] = text },
        });
    }

    [Test]
    public async Task A_storage_is_served_once_the_submitter_was_restarted_and_the_instance_stays_ready()
    {
        var ns = _world.Ns("served");
        _world.ApplyInstance(ns, spec: Fts);
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        _world.ApplyVo(ns, "sky", "sky", "rucio");
        await _world.ReadyAsync((World.Vos, ns, "sky"));
        await _world.UntilAsync(() => _world.Secret(ns, "rucio-vos")!.Values.Any(v => v.Contains("package-sky", StringComparison.Ordinal)), () => "the instance has not heard of its VO");
        // Before the storage comes: the restart may follow sooner than one looks.
        var (submitter, poller) = (Version(ns, "rucio-conveyor-submitter"), Version(ns, "rucio-conveyor-poller"));
        _world.ApplyStorage(ns, "one", "sky", "SKY_ONE");
        var waiting = await _world.Bed.WaitConditionAsync(World.Storages, ns, "one", "Served", "False", "WaitingForRestart");
        Assert.That(SandboxBed.IsReady(waiting), "waiting for a restart keeps nobody from being ready");
        await _world.Bed.WaitConditionAsync(World.Storages, ns, "one", "Served", "True", "Known");
        Assert.That((Version(ns, "rucio-conveyor-submitter") != submitter, Version(ns, "rucio-conveyor-poller") != poller), Is.EqualTo((true, false)));

        var rolled = Rolled(ns);
        for (var n = 0; n < 5; n++)
            _world.ApplyStorage(ns, $"more{n}", "sky", $"SKY_MORE{n}");
        for (var n = 0; n < 5; n++)
            await _world.Bed.WaitConditionAsync(World.Storages, ns, $"more{n}", "Served", "True");
        Assert.That(DateTimeOffset.Parse(Rolled(ns)!) - DateTimeOffset.Parse(rolled!), Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(4)));
        Assert.That(_world.Events(ns, "rucio").Where(e => e["type"]?.GetValue<string>() == "Warning"), Is.Empty);
        Assert.That(SandboxBed.IsReady(_world.Store.Get(World.Instances, ns, "rucio")!));

        // Another operator knows no list, only its hash: nobody loses the condition, and nothing is rolled.
        rolled = Rolled(ns);
        _world.Bed.KillOperator();
        _world.Bed.StartOperator("--rse-quiet=2s", "--rse-roll-interval=4s");
        _world.Annotate(World.Storages, ns, "one", "rucio.cern.ch/reconcile-at", "now");
        await _world.Bed.WaitAsync(World.Storages, ns, "one", s => s["status"]!["lastHandledReconcileAt"]?.GetValue<string>() == "now");
        Assert.That(SandboxBed.Condition(_world.Store.Get(World.Storages, ns, "one")!, "Served")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        Assert.That(Rolled(ns), Is.EqualTo(rolled));
    }

    [Test]
    public async Task While_the_new_submitter_has_no_room_the_old_one_works_and_the_instance_stays_ready()
    {
        var ns = _world.Ns("room");
        _world.ApplyInstance(ns, spec: Fts);
        _world.ApplyVo(ns, "sky", "sky", "rucio");
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
        var rolled = Rolled(ns);
        _world.Bed.Workloads.HasRoom = false;
        _world.ApplyStorage(ns, "one", "sky", "SKY_ONE");
        await _world.UntilAsync(() => Rolled(ns) != rolled, () => "the submitter is not restarted");
        _world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", "now");
        var instance = await _world.Bed.WaitAsync(World.Instances, ns, "rucio", i => i["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "now");
        Assert.That(SandboxBed.IsReady(instance), instance["status"]!.ToJsonString());
        await _world.Bed.WaitConditionAsync(World.Storages, ns, "one", "Served", "False", "WaitingForRestart");

        _world.Bed.Workloads.HasRoom = true;
        _world.Annotate("deployments.apps", ns, "rucio-conveyor-submitter", "room", "made");
        await _world.Bed.WaitConditionAsync(World.Storages, ns, "one", "Served", "True", "Known");
    }

    [Test]
    public async Task Without_transfers_no_storage_waits()
    {
        var ns = _world.Ns("still");
        _world.ApplyInstance(ns);
        _world.ApplyVo(ns, "sky", "sky", "rucio");
        _world.ApplyStorage(ns, "one", "sky", "SKY_ONE");
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Storages, ns, "one"));
        Assert.That(SandboxBed.Condition(_world.Store.Get(World.Storages, ns, "one")!, "Served"), Is.Null);
        Assert.That(World.Message(_world.Store.Get(World.Instances, ns, "rucio")!, "DaemonsReady"), Does.Contain("conveyor-submitter").And.Contain("spec.transfers.ftsServers"));
    }

    private string? Rolled(string ns) =>
        _world.Store.Get("deployments.apps", ns, "rucio-conveyor-submitter")!["spec"]!["template"]!["metadata"]!["annotations"]!["rucio.cern.ch/rse-set-at"]?.GetValue<string>();

    private string Version(string ns, string deployment) => _world.Store.Get("deployments.apps", ns, deployment)!["metadata"]!["generation"]!.ToString();

    /// <summary>Of everything the operator rendered: spec's generation, or the content's version where there is none.</summary>
    private Dictionary<string, string> Versions(string ns) => new[] { "deployments.apps", "secrets", "configmaps", "services", "poddisruptionbudgets.policy" }
        .SelectMany(kind => _world.Store.List(kind, ns).Where(o => o["metadata"]!["labels"]?["app.kubernetes.io/managed-by"] is not null)
            .Select(o => KeyValuePair.Create($"{kind}/{o["metadata"]!["name"]}", (o["metadata"]!["generation"] ?? o["metadata"]!["resourceVersion"])!.ToString()))).ToDictionary();

    private static IEnumerable<string> Changed(Dictionary<string, string> before, Dictionary<string, string> after) =>
        before.Keys.Union(after.Keys).Where(k => before.GetValueOrDefault(k) != after.GetValueOrDefault(k));
}
