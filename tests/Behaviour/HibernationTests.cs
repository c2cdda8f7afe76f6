using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

[Parallelizable]
public sealed class HibernationTests
{
    [Test]
    public async Task Everything_of_Rucio_goes_to_0_and_what_lives_in_it_rests_until_it_wakes()
    {
        await using var world = await World.StartAsync("--drift-interval=1s");
        var ns = world.Ns("sleep");
        world.ApplyInstance(ns);
        world.ApplyVo(ns, "vo", "slp", "rucio");
        world.ApplyStorage(ns, "disk", "vo", "SLP_DISK");
        world.ApplyStorage(ns, "spare", "vo", "SLP_SPARE", spec: "  deletionPolicy: DeleteIfEmpty");
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "vo"), (World.Storages, ns, "disk"), (World.Storages, ns, "spare"));

        world.PatchSpec(World.Instances, ns, "rucio", """{"hibernate": true}""");
        var asleep = await world.Bed.WaitConditionAsync(World.Instances, ns, "rucio", "Ready", "True", "Hibernated");
        Assert.That(SandboxBed.Condition(asleep, "ApiReady")!["status"]!.GetValue<string>(), Is.EqualTo("False"));
        Assert.That(SandboxBed.Condition(asleep, "Reconciling"), Is.Null, "it is as desired");
        Assert.That(world.Store.List("deployments.apps", ns).Select(d => d["spec"]!["replicas"]!.GetValue<int>()), Is.Not.Empty.And.All.Zero);
        foreach (var (resource, name) in ((string, string)[])[(World.Vos, "vo"), (World.Storages, "disk")])
        {
            var resting = await world.Bed.WaitAsync(resource, ns, name, o => SandboxBed.Condition(o, "Suspended")?["reason"]?.GetValue<string>() == "InstanceHibernates");
            Assert.That(SandboxBed.Condition(resting, "Ready")!["status"]!.GetValue<string>(), Is.EqualTo("True"), "as with spec.suspend, the rest stays as it was");
        }

        var calls = world.Bed.Rucio.Log.Count;
        world.PatchSpec(World.Vos, ns, "vo", """{"description": "written in the sleep"}""");
        world.PatchSpec(World.Storages, ns, "disk", """{"attributes": {"site": "here"}}""");
        world.Store.Delete(World.Storages, ns, "spare");
        await world.Bed.WaitAsync(World.Storages, ns, "spare", o => SandboxBed.Condition(o, "Ready")?["reason"]?.GetValue<string>() == "InstanceNotReady");
        await world.LooksAsync(3);
        Assert.That(world.Bed.Rucio.Log.Count, Is.EqualTo(calls), "nobody knocks at a server that sleeps");

        world.PatchSpec(World.Instances, ns, "rucio", """{"hibernate": false}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        foreach (var (resource, name) in ((string, string)[])[(World.Vos, "vo"), (World.Storages, "disk")])
            await world.Bed.WaitAsync(resource, ns, name, o => SandboxBed.IsReady(o) && SandboxBed.Condition(o, "Suspended") is null);
        await world.GoneAsync(World.Storages, ns, "spare");
        var database = world.DatabaseName(ns);
        Assert.That(await world.ValueAsync(database, "SELECT description FROM vos WHERE vo = 'slp'"), Is.EqualTo("written in the sleep"));
        Assert.That(await world.ValueAsync(database, "SELECT value FROM rse_attr_map WHERE key = 'site'"), Is.EqualTo("here"));
        Assert.That(await world.ValueAsync(database, "SELECT deleted FROM rses WHERE rse = 'SLP_SPARE'"), Is.EqualTo("True"));
        Assert.That(world.Store.List("deployments.apps", ns).Select(d => d["spec"]!["replicas"]!.GetValue<int>()), Is.All.EqualTo(1));
    }

    [Test]
    public async Task An_upgrade_waits_until_the_instance_wakes()
    {
        await using var world = await World.StartAsync();
        var ns = world.Ns("doze");
        world.ApplyInstance(ns, version: "38.6.0");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        world.PatchSpec(World.Instances, ns, "rucio", """{"hibernate": true, "version": "41.0.0"}""");
        var asleep = await world.Bed.WaitConditionAsync(World.Instances, ns, "rucio", "Ready", "True", "Hibernated");
        Assert.That(asleep["status"]!["version"]!.GetValue<string>(), Is.EqualTo("38.6.0"), "nothing of the new release ran");
        Assert.That(world.Bed.Workloads.Jobs, Is.EqualTo(new[] { "bootstrap" }));
        world.PatchSpec(World.Instances, ns, "rucio", """{"hibernate": false}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(world.Bed.Workloads.Jobs, Is.EqualTo(new[] { "bootstrap", "backup", "migrate" }));
    }
}
