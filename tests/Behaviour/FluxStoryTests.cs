using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Docs;

namespace RucioOperator.Tests.Behaviour;

/// <summary>samples/flux as Flux goes through it: a step begins when kstatus takes all of the one before for done, and not sooner.</summary>
[Parallelizable]
public sealed class FluxStoryTests
{
    private World _world = null!;

    [SetUp]
    public async Task Start() => _world = await World.StartAsync();

    [TearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Each_step_waits_for_the_one_before_without_a_script()
    {
        var (rucio, sky) = (_world.Ns("rucio"), _world.Ns("sky"));
        // Before the vault has handed out the Secret nothing is done, and nothing has failed.
        var instance = await ApplyAsync("instance");
        await _world.NotReadyAsync(World.Instances, rucio, "rucio", "SecretNotFound");
        Assert.That(Judged(instance), Has.All.EqualTo(KStatus.InProgress));

        _world.Bed.CreateAdminSecret(rucio);
        await CurrentAsync(instance);
        await ApplyAsync("tenants");
        var experiment = await ApplyAsync("experiments/sky");
        await CurrentAsync(experiment);

        // An edit is not done before it was looked at, and one that can't work is said at once.
        _world.PatchSpec(World.Vos, sky, "sky", """{"scopes": [{"name": "data", "owner": "nobody"}]}""");
        await _world.NotReadyAsync(World.Vos, sky, "sky", "OwnerMissing");
        Assert.That(Judged(experiment.Where(o => o.Resource == World.Vos)), Has.None.EqualTo(KStatus.Current));
    }

    /// <returns>Our resources of it.</returns>
    private async Task<IReadOnlyList<(string Resource, string Ns, string Name)>> ApplyAsync(string folder)
    {
        var objects = new List<(string, string, string)>();
        foreach (var node in (await FluxSample.BuildAsync(folder)).Where(node => node.Text("kind") is "Namespace" or "RucioInstance" or "VirtualOrganisation" or "StorageElement"))
        {
            var (kind, metadata) = (node.Text("kind")!, node["metadata"]!);
            Mine(metadata, kind == "Namespace" ? "name" : "namespace");
            if (node["spec"]?["instanceRef"] is { } instance)
                Mine(instance, "namespace");
            if (node["spec"]?["database"]?["provision"] is JsonObject database)
                (database["host"], database["port"], database["sslMode"]) = (_world.Proxy.Host, _world.Proxy.Port, "Disable");
            _world.Store.Upsert(node);
            if (kind == "Namespace")
                continue;
            objects.Add(($"{kind.ToLowerInvariant()}s.rucio.cern.ch", metadata["namespace"]!.GetValue<string>(), metadata["name"]!.GetValue<string>()));
            Assert.That(KStatus.Of(_world.Store.Get(objects[^1].Item1, objects[^1].Item2, objects[^1].Item3)!).Status, Is.EqualTo(KStatus.InProgress), "nobody has seen it yet, or only just");
        }
        return objects;

        void Mine(JsonNode at, string field) => at[field] = _world.Ns(at[field]!.GetValue<string>());
    }

    private IEnumerable<string> Judged(IEnumerable<(string Resource, string Ns, string Name)> objects) => objects.Select(o => KStatus.Of(_world.Store.Get(o.Resource, o.Ns, o.Name)!).Status);

    private Task CurrentAsync(IReadOnlyList<(string Resource, string Ns, string Name)> objects) =>
        _world.UntilAsync(() => Judged(objects).All(status => status == KStatus.Current), () => $"not all are current: {string.Join(", ", objects.Zip(Judged(objects)))}");
}
