using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.Behaviour;

/// <summary>To a release with another catalogue: the walk, step by step, with the operator killed in each, and what is refused.</summary>
[Parallelizable]
public sealed class UpgradeTests
{
    private const string Old = StandInCatalogue.OldRevision;
    private const string New = StandInCatalogue.AlembicRevision;

    [Test]
    public async Task Daemons_stop_then_servers_then_backup_then_migration_and_the_way_back_up()
    {
        await using var world = await World.StartAsync();
        var ns = world.Ns("walk");
        await StartAsync(world, ns);
        world.ApplyVo(ns, "vo", "wlk", "rucio");
        world.ApplyStorage(ns, "disk", "vo", "WLK_DISK");
        await world.ReadyAsync((World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
        Assert.That(await RevisionAsync(world, ns), Is.EqualTo(Old));

        // A daemon and a server that take their time to end, and Jobs that hang: so each step can be looked at, and survived.
        Pod(world, ns, "slow-daemon", "daemon");
        Pod(world, ns, "slow-server", "server");
        world.Bed.Workloads.Failing["backup"] = null;
        world.Bed.Workloads.Failing["migrate"] = null;
        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "41.0.0"}""");

        await StepAsync(world, ns, "DaemonsStopped", "StoppingDaemons", "1 pods of daemons still end");
        Assert.That(Daemons(world, ns).Select(Replicas), Is.All.Zero);
        Assert.That(Replicas(Deployment(world, ns, "rucio-api")), Is.EqualTo(1));
        Assert.That(Image(world, ns, "rucio-api"), Does.EndWith("release-38.6.0"), "clients are served while daemons end");
        Assert.That(Image(world, ns, "rucio-admin"), Does.EndWith("release-38.6.0"));
        await KillAsync(world, ns, "DaemonsStopped", "StoppingDaemons");
        world.Store.Delete("pods", ns, "slow-daemon");

        await StepAsync(world, ns, "InMaintenance", "EnteringMaintenance", "1 pods of servers still end");
        Assert.That(Role(world, ns, "rucio-api"), Is.EqualTo("maintenance"));
        Assert.That(Replicas(Deployment(world, ns, "rucio-admin")), Is.Zero);
        // Whoever plays the pods follows a moment later.
        await world.UntilAsync(() => !world.Bed.Rucio.IsRegistered($"/{ns}/rucio-api"), () => "the server goes on");
        await KillAsync(world, ns, "InMaintenance", "EnteringMaintenance");
        world.Store.Delete("pods", ns, "slow-server");

        await StepAsync(world, ns, "BackedUp", "BackingUp", "Job rucio-backup is dumping the catalogue");
        var volume = world.Store.Get("persistentvolumeclaims", ns, "rucio-backup")!;
        Assert.That(volume["metadata"]!["ownerReferences"], Is.Null, "a backup outlives the instance");
        Assert.That(await RevisionAsync(world, ns), Is.EqualTo(Old));
        await KillAsync(world, ns, "BackedUp", "BackingUp");
        Resume(world, ns, "backup");

        await StepAsync(world, ns, "Migrated", "Migrating", "Job rucio-migrate is migrating the catalogue");
        await KillAsync(world, ns, "Migrated", "Migrating");
        world.Bed.Workloads.Failing["migrate"] = """{"step": "migrate", "outcome": "failed", "message": "DuplicateTable: relation exists"}""";
        Touch(world, "jobs.batch", ns, "rucio-migrate");
        var failed = await StepAsync(world, ns, "Migrated", "MigrationFailed", "step migrate: DuplicateTable: relation exists");
        Assert.That(World.Message(failed), Does.Contain("DuplicateTable").And.Contain("it is tried again"));
        Assert.That(await RevisionAsync(world, ns), Is.EqualTo(Old));
        Assert.That(Daemons(world, ns).Select(Replicas), Is.All.Zero, "nothing starts on a catalogue of neither release");
        Assert.That(failed["status"]!["version"]!.GetValue<string>(), Is.EqualTo("38.6.0"));

        world.Bed.Workloads.Failing.TryRemove("migrate", out _);
        world.Store.Delete("jobs.batch", ns, "rucio-migrate");
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
        var done = world.Store.Get(World.Instances, ns, "rucio")!;
        Assert.That(await RevisionAsync(world, ns), Is.EqualTo(New));
        Assert.That(world.Bed.Workloads.Jobs, Is.EqualTo(new[] { "bootstrap", "backup", "migrate!", "migrate" }));
        Assert.That(done["status"]!["version"]!.GetValue<string>(), Is.EqualTo("41.0.0"));
        Assert.That(SandboxBed.Condition(done, "DaemonsStopped"), Is.Null);
        Assert.That(SandboxBed.Condition(done, "InMaintenance"), Is.Null);
        Assert.That(SandboxBed.Condition(done, "BackedUp")!["message"]!.GetValue<string>(), Does.Contain("rucio-backup"));
        Assert.That(SandboxBed.Condition(done, "Migrated")!["message"]!.GetValue<string>(), Does.Contain(New));
        Assert.That(Daemons(world, ns).Select(Replicas), Is.All.EqualTo(1));
        Assert.That(Role(world, ns, "rucio-api"), Is.EqualTo("server"));
        Assert.That(Image(world, ns, "rucio-api"), Does.EndWith("release-41.0.0"));
        Assert.That(world.Store.List("jobs.batch", ns).Select(j => j["metadata"]!["name"]!.GetValue<string>()), Is.Empty, "Jobs are over, the volume stays");
        Assert.That(world.Store.Get("persistentvolumeclaims", ns, "rucio-backup"), Is.Not.Null);
        world.AssertNoSecretIsTold();
    }

    [Test]
    public async Task An_upgrade_can_be_called_off_until_the_catalogue_has_changed_and_not_after()
    {
        await using var world = await World.StartAsync();
        var ns = world.Ns("back");
        await StartAsync(world, ns);
        world.Bed.Workloads.Failing["backup"] = "could not write: No space left on device";
        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "41.0.0"}""");
        await StepAsync(world, ns, "BackedUp", "BackupFailed", "No space left on device");
        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "38.6.0"}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(Daemons(world, ns).Select(Replicas), Is.All.EqualTo(1));

        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "41.0.0", "upgrade": {"backup": "None"}}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(world.Bed.Workloads.Jobs, Is.EqualTo(new[] { "bootstrap", "backup!", "migrate" }));
        var before = world.Store.List("deployments.apps", ns).Select(d => d["spec"]!.ToJsonString()).ToList();
        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "38.6.0"}""");
        var refused = await world.NotReadyAsync(World.Instances, ns, "rucio", "DowngradeRefused");
        Assert.That(World.Message(refused), Does.Contain("spec.version"));
        Assert.That(SandboxBed.Condition(refused, "Stalled")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        Assert.That(world.Store.List("deployments.apps", ns).Select(d => d["spec"]!.ToJsonString()), Is.EqualTo(before));
        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "41.0.0"}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task The_same_head_rolls_without_a_stop()
    {
        await using var world = await World.StartAsync();
        var ns = world.Ns("roll");
        await StartAsync(world, ns, "40.4.1");
        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "41.0.0"}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(world.Bed.Workloads.Jobs, Is.EqualTo(new[] { "bootstrap" }));
        Assert.That(Image(world, ns, "rucio-api"), Does.EndWith("release-41.0.0"));
        Assert.That(SandboxBed.Condition(world.Store.Get(World.Instances, ns, "rucio")!, "Migrated"), Is.Null);
    }

    [Test]
    public async Task An_older_catalogue_is_adopted_by_the_same_walk()
    {
        await using var world = await World.StartAsync();
        var ns = world.Ns("adopt");
        await StartAsync(world, ns);
        world.Store.Delete(World.Instances, ns, "rucio");
        await world.GoneAsync(World.Instances, ns, "rucio");
        world.ApplyInstance(ns);
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(world.Bed.Workloads.Jobs, Is.EqualTo(new[] { "bootstrap", "backup", "migrate" }));
        Assert.That(await RevisionAsync(world, ns), Is.EqualTo(New));
    }

    private static async Task StartAsync(World world, string ns, string version = "38.6.0")
    {
        world.ApplyInstance(ns, version: version);
        await world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    private static async Task<JsonObject> StepAsync(World world, string ns, string condition, string reason, string message)
    {
        var instance = await world.Bed.WaitAsync(World.Instances, ns, "rucio", o => SandboxBed.Condition(o, condition) is { } c
            && c["status"]!.GetValue<string>() == "False" && c["reason"]!.GetValue<string>() == reason && c["message"]!.GetValue<string>().Contains(message, StringComparison.Ordinal));
        Assert.That(SandboxBed.Condition(instance, "Ready")!["reason"]!.GetValue<string>(), Is.EqualTo(reason));
        return instance;
    }

    /// <summary>A new operator finds itself in the same step, from what is there alone.</summary>
    private static async Task KillAsync(World world, string ns, string condition, string reason)
    {
        world.Bed.KillOperator();
        world.Bed.StartOperator();
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", condition);
        var instance = await world.Bed.WaitAsync(World.Instances, ns, "rucio", o => o["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == condition);
        Assert.That(SandboxBed.Condition(instance, condition)!["reason"]!.GetValue<string>(), Is.EqualTo(reason));
    }

    private static void Resume(World world, string ns, string job)
    {
        world.Bed.Workloads.Failing.TryRemove(job, out _);
        Touch(world, "jobs.batch", ns, $"rucio-{job}");
    }

    private static void Touch(World world, string resource, string ns, string name) => world.Annotate(resource, ns, name, "test/touched", "true");

    private static void Pod(World world, string ns, string name, string role) => world.Apply($$"""
        apiVersion: v1
        kind: Pod
        metadata: {name: {{name}}, namespace: {{ns}}, labels: { rucio.cern.ch/instance: rucio, rucio.cern.ch/role: {{role}} } }
        spec: {containers: [{name: x, image: x}]}
        """);

    private static Task<string?> RevisionAsync(World world, string ns) => world.ValueAsync(world.DatabaseName(ns), "SELECT version_num FROM alembic_version");

    private static JsonObject Deployment(World world, string ns, string name) => world.Store.Get("deployments.apps", ns, name)!;

    private static IEnumerable<JsonObject> Daemons(World world, string ns) =>
        world.Store.List("deployments.apps", ns).Where(d => d["metadata"]!["labels"]!["rucio.cern.ch/role"]!.GetValue<string>() == "daemon");

    private static int Replicas(JsonObject deployment) => deployment["spec"]!["replicas"]!.GetValue<int>();

    private static string Role(World world, string ns, string name) => Deployment(world, ns, name)["spec"]!["template"]!["metadata"]!["labels"]!["rucio.cern.ch/role"]!.GetValue<string>();

    private static string Image(World world, string ns, string name) => Deployment(world, ns, name)["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.GetValue<string>();
}
