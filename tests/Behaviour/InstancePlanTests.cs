using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What an instance would do, told and not done.</summary>
[Parallelizable]
public sealed class InstancePlanTests
{
    [Test]
    public async Task A_dry_run_of_an_instance_names_every_object_and_changes_none()
    {
        await using var world = await World.StartAsync("--drift-interval=1s");
        var ns = world.Ns("plan");
        world.ApplyInstance(ns, version: "38.6.0");
        world.ApplyVo(ns, "vo", "pla", "rucio");
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "vo"));
        await world.UntilAsync(() => world.Secret(ns, "rucio-vos")!.Values.Any(v => v.Contains("package-pla", StringComparison.Ordinal)), () => "the instance has not heard of its VO");
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/dry-run", "true");
        await world.Bed.WaitAsync(World.Instances, ns, "rucio", o => o["status"]?["plan"]?["changes"]?.GetValue<int>() == 0 && SandboxBed.IsReady(o));
        var before = Everything(world, ns);

        world.PatchSpec(World.Instances, ns, "rucio", """{"api": {"replicas": 3}}""");
        var plan = await PlanAsync(world, ns, "change Deployment rucio-api");
        Assert.That(plan, Has.Some.Contains("spec.replicas").And.Some.EqualTo("create PodDisruptionBudget rucio-api"));
        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "41.0.0", "api": {"replicas": 1}}""");
        plan = await PlanAsync(world, ns, "migrate the catalogue from revision");
        Assert.That(plan, Has.Some.StartWith("change Deployment rucio-judge-evaluator"));
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", "again");
        await world.Bed.WaitAsync(World.Instances, ns, "rucio", o => o["status"]!["lastHandledReconcileAt"]?.GetValue<string>() == "again");
        Assert.That(Everything(world, ns), Is.EqualTo(before));
        Assert.That(World.Message(world.Store.Get(World.Instances, ns, "rucio")!), Does.Contain("dry run"));

        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "38.6.0"}""");
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/dry-run", null);
        await world.Bed.WaitAsync(World.Instances, ns, "rucio", o => SandboxBed.IsReady(o) && o["status"]!["plan"] is null);
    }

    [Test]
    public async Task A_dry_run_of_an_instance_that_trusts_authorities_keeps_them()
    {
        await using var world = await World.StartAsync();
        var ns = world.Ns("trusting");
        using var authority = new ThrowAwayAuthority("Grid CA");
        world.Namespace(ns);
        world.Store.Upsert(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "users", ["namespace"] = ns },
            ["data"] = new JsonObject { ["ca.pem"] = authority.CaPem },
        });
        world.ApplyInstance(ns, spec: "  trust: {caBundles: [{name: users}]}");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/dry-run", "true");
        var told = await world.Bed.WaitAsync(World.Instances, ns, "rucio", o => o["status"]?["plan"]?["changes"] is not null);
        Assert.That(Entries(told), Is.Empty);
    }

    [Test]
    public async Task A_dry_run_of_a_new_instance_makes_nothing()
    {
        await using var world = await World.StartAsync();
        var ns = world.Ns("virgin");
        world.Bed.CreateAdminSecret(ns);
        world.Apply($$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: RucioInstance
            metadata: {name: rucio, namespace: {{ns}}, annotations: {rucio.cern.ch/dry-run: "true"} }
            spec:
              version: 41.0.0
              database: {provision: {host: {{world.Proxy.Host}}, port: {{world.Proxy.Port}}, sslMode: Disable, adminSecretRef: {name: postgres-admin} } }
            """);
        await PlanAsync(world, ns, "make database");
        Assert.That(world.Store.List("secrets", ns).Select(s => s["metadata"]!["name"]!.GetValue<string>()), Is.EqualTo(new[] { "postgres-admin" }));
        Assert.That(await world.ValueAsync("postgres", $"SELECT count(*) FROM pg_database WHERE datname = '{world.DatabaseName(ns)}'"), Is.EqualTo("0"));
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/dry-run", null);
        await world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task ObserveOnly_leaves_an_instance_as_it_is_says_what_differs_and_its_vos_go_on()
    {
        await using var world = await World.StartAsync("--drift-interval=1s");
        var ns = world.Ns("observe");
        world.ApplyInstance(ns);
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        world.PatchSpec(World.Instances, ns, "rucio", """{"managementPolicy": "ObserveOnly"}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        world.ApplyVo(ns, "vo", "obi", "rucio");
        await world.ReadyAsync((World.Vos, ns, "vo"));

        world.Store.Delete("deployments.apps", ns, "rucio-judge-evaluator");
        var told = await world.NotReadyAsync(World.Instances, ns, "rucio", "PlanOnly");
        Assert.That(World.Message(told), Does.Contain("ObserveOnly"));
        await world.LooksAsync(2);
        Assert.That(world.Store.Get("deployments.apps", ns, "rucio-judge-evaluator"), Is.Null);
        world.PatchSpec(World.Instances, ns, "rucio", """{"managementPolicy": "Full"}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(world.Store.Get("deployments.apps", ns, "rucio-judge-evaluator"), Is.Not.Null);
    }

    private static async Task<List<string>> PlanAsync(World world, string ns, string entry) =>
        Entries(await world.Bed.WaitAsync(World.Instances, ns, "rucio", o => Entries(o).Any(e => e.StartsWith(entry, StringComparison.Ordinal))));

    private static List<string> Entries(JsonObject node) => [.. (node["status"]?["plan"]?["entries"] as JsonArray ?? []).Select(e => e!.GetValue<string>())];

    private static List<string> Everything(World world, string ns) =>
        [.. ((string[])["deployments.apps", "secrets", "configmaps", "services", "jobs.batch", "persistentvolumeclaims"]).SelectMany(r => world.Store.List(r, ns)).Select(o => $"{o["kind"]} {o["metadata"]!["name"]} {o["metadata"]!["resourceVersion"]}")];
}
