using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>How many calls things may cost; times are the bench's business.</summary>
public sealed class CallCountTests
{
    [Test]
    public async Task A_new_VO_with_100_storages_in_full_mesh_costs_less_than_40_calls_to_Rucio()
    {
        await using var world = await StartAsync("calls_mesh");
        var before = world.Bed.Rucio.Log.Count;
        // The storages first: on a slow machine they would come to a VO that is there in more than one batch.
        for (var n = 0; n < 100; n++)
            world.Store.Upsert(Manifests.Storage("sky", n));
        world.Store.Upsert(Manifests.Vo("sky"));
        await AllReadyAsync(world);
        Assert.Multiple(async () =>
        {
            Assert.That(world.Bed.Rucio.Log.Count - before, Is.LessThan(40), string.Join('\n', world.Bed.Rucio.Log.Requests.Skip(before)));
            Assert.That(await world.ValueAsync("calls_mesh", "SELECT count(*) FROM distances"), Is.EqualTo("9900"));
        });
    }

    [Test]
    public async Task An_account_with_a_login_and_a_quota_costs_four_calls_and_its_neighbours_none()
    {
        await using var world = await StartAsync("calls_accounts");
        var spec = "  check: {isolation: false}\n  accounts: []";
        world.ApplyVo(Manifests.Namespace, "sky", "sky", "rucio", spec);
        world.ApplyVo(Manifests.Namespace, "sea", "sea", "rucio", spec);
        world.Store.Upsert(Manifests.Storage("sky", 0));
        await AllReadyAsync(world);
        var before = world.Bed.Rucio.Log.Count;
        var accounts = string.Join(',', Enumerable.Range(0, 10).Select(n => $"{{\"name\": \"account{n}\", \"identities\": [{{\"type\": \"Userpass\"}}], \"quotas\": [{{\"rseExpression\": \"*\", \"bytes\": \"1Ti\"}}]}}"));
        world.PatchSpec(World.Vos, Manifests.Namespace, "sky", $"{{\"accounts\": [{accounts}]}}");
        await AllReadyAsync(world);
        Assert.Multiple(async () =>
        {
            var made = world.Bed.Rucio.Log.Requests.Skip(before).ToList();
            Assert.That(made, Has.Count.EqualTo(40), string.Join('\n', made));
            Assert.That(made.Select(r => r.Vo).Distinct(), Is.EqualTo(new[] { "sky" }));
            Assert.That(await world.ValueAsync("calls_accounts", "SELECT count(*) FROM account_limits"), Is.EqualTo("10"));
        });
    }

    [Test]
    public async Task A_drift_pass_over_many_VOs_is_ten_statements_and_no_call_to_Rucio()
    {
        await using var world = await StartAsync("calls_drift", "--drift-interval=3s");
        for (var vo = 0; vo < 12; vo++)
        {
            world.Store.Upsert(Manifests.Vo(Manifests.Tag(vo), accounts: 4));
            for (var n = 0; n < 4; n++)
                world.Store.Upsert(Manifests.Storage(Manifests.Tag(vo), n));
        }
        await AllReadyAsync(world);
        var (statements, looks) = (0, 0);
        world.Proxy.OnRequest = trip =>
        {
            if (trip.Application == "rucio-operator")
                (statements, looks) = (statements + trip.Statements, looks + (World.IsLook(trip.Sql) ? 1 : 0));
            return Task.CompletedTask;
        };
        await world.UntilAsync(() => looks > 0, () => "no look at the catalogue");
        var rucio = world.Bed.Rucio.Log.Count;
        // From a look to the next: what the first one brought about is over by then.
        var (from, seen) = (statements, looks);
        await world.UntilAsync(() => looks >= seen + 2, () => "no further look at the catalogue");
        Assert.Multiple(() =>
        {
            Assert.That((statements - from) / (double)(looks - seen), Is.LessThanOrEqualTo(10));
            Assert.That(world.Bed.Rucio.Log.Count, Is.EqualTo(rucio));
        });
    }

    private static async Task<World> StartAsync(string database, params string[] arguments)
    {
        var world = await World.StartAsync(arguments);
        world.Bed.CreateAdminSecret(Manifests.Namespace);
        world.Store.Upsert(Manifests.Instance(world.Proxy, database));
        await world.ReadyAsync((World.Instances, Manifests.Namespace, "rucio"));
        return world;
    }

    private static Task AllReadyAsync(World world) => world.UntilAsync(
        () => new[] { World.Vos, World.Storages }.All(kind => world.Store.List(kind).All(SandboxBed.IsReady)),
        () => "not all are Ready", TimeSpan.FromMinutes(2));
}
