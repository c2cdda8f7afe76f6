using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Behaviour;

/// <summary>The chart's two pods, upgraded, stopped and killed while people edit: whoever doesn't hold the Lease writes nothing, and no edit is lost.</summary>
[Parallelizable, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RollingUpgradeTests
{
    private const int Storages = 6;

    private readonly CancellationTokenSource _enough = new();
    private World _world = null!;
    private OperatorPods _pods = null!;
    private OneWriter _writer = null!;
    private Task<int> _edits = null!;

    private string Ns => _world.Ns("rucio");

    [SetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--no-operator");
        _world.Store.Upsert(Namespace(OperatorPods.Namespace));
        // Some writes take their time, as on a busy API and a busy Rucio: then one is on its way when its process is told to end.
        var turn = 0;
        Task EachThird() => Interlocked.Increment(ref turn) % 3 == 0 ? Task.Delay(150) : Task.CompletedTask;
        _writer = OneWriter.Watch(_world.Bed, OperatorPods.Namespace, request => request.IsWrite && request.Resource != "leases" ? EachThird() : Task.CompletedTask, request => request.Method == "GET" ? Task.CompletedTask : EachThird());
        _pods = new OperatorPods(_world);
        await _pods.StartAsync();
        await _pods.StartAsync();
        _world.ApplyInstance(Ns);
        _world.ApplyVo(Ns, "sky", "sky", "rucio", "  accounts: [{name: alice}]");
        for (var i = 0; i < Storages; i++)
            _world.ApplyStorage(Ns, $"disk-{i}", "sky", $"SKY_{i}");
        await SettledAsync();
        _edits = EditAsync(_enough.Token);
    }

    [TearDown]
    public async Task End()
    {
        await _enough.CancelAsync();
        await _pods.DisposeAsync();
        await _world.DisposeAsync();
        _enough.Dispose();
    }

    [Test]
    public async Task An_upgrade_has_one_writer_at_each_moment()
    {
        var before = _pods.Names;
        await _pods.RollAsync();
        await EndAsync();

        Assert.That(_pods.Names, Has.None.AnyOf([.. before]));
        Assert.That(_writer.Leaders, Has.Count.GreaterThanOrEqualTo(2));
        Assert.That(_writer.WritesOf(_writer.Leader), Is.Positive, "the new one works");
    }

    [Test, Category("Slow")]
    public async Task So_have_upgrades_one_after_another_and_a_leader_that_is_killed()
    {
        for (var round = 0; round < 4; round++)
            await _pods.RollAsync();
        var killed = _writer.Leader;
        await _pods.KillAsync(killed);
        await _world.UntilAsync(() => _writer.Leader != killed && _writer.Leader != "", () => $"nobody took over from {killed}");
        await _pods.StartAsync();
        await _pods.RollAsync();
        await EndAsync();

        Assert.That(_writer.Leaders.Count(l => _writer.WritesOf(l) > 0), Is.GreaterThanOrEqualTo(5));
    }

    private async Task EndAsync()
    {
        await _enough.CancelAsync();
        Assert.That(await _edits, Is.Positive);
        await SettledAsync();
        for (var i = 0; i < Storages; i++)
        {
            var asked = _world.Store.Get(World.Storages, Ns, $"disk-{i}")!["spec"]!["attributes"]?["edit"]?.GetValue<string>();
            Assert.That(await _world.ValueAsync(_world.DatabaseName(Ns), $"SELECT a.value FROM rse_attr_map a JOIN rses r ON r.id = a.rse_id WHERE r.rse = 'SKY_{i}' AND a.key = 'edit'"), Is.EqualTo(asked));
        }
        Assert.That(_writer.ChangesOfRucio, Is.GreaterThan(Storages));
        _writer.AssertNoOtherWrote();
    }

    /// <summary>Everything is Ready, at its present generation.</summary>
    private Task SettledAsync() => _world.ReadyAsync([(World.Instances, Ns, "rucio"), (World.Vos, Ns, "sky"), .. Enumerable.Range(0, Storages).Select(i => (World.Storages, Ns, $"disk-{i}"))]);

    /// <summary>Somebody always wants something else.</summary>
    private async Task<int> EditAsync(CancellationToken enough)
    {
        for (var edit = 0; ; edit++)
        {
            _world.PatchSpec(World.Storages, Ns, $"disk-{edit % Storages}", $$$"""{"attributes": {"edit": "{{{edit}}}"}}""");
            await Task.Delay(30, enough).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (enough.IsCancellationRequested)
                return edit + 1;
        }
    }

    private static JsonObject Namespace(string name) => new() { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } };
}
