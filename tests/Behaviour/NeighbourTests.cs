using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.Behaviour;

/// <summary>One experiment's trouble is not its neighbours'.</summary>
public sealed class NeighbourTests
{
    private const int Stuck = 30;

    [Test]
    public async Task A_Rucio_that_never_answers_and_a_missing_Secret_delay_no_other_VO()
    {
        await using var world = await World.StartAsync();
        world.Bed.CreateAdminSecret(Manifests.Namespace);
        world.Store.Upsert(Manifests.Instance(world.Proxy, "neighbours"));
        world.Store.Upsert(Manifests.Instance(world.Proxy, "neighbours_slow", "slow"));
        await world.ReadyAsync((World.Instances, Manifests.Namespace, "rucio"), (World.Instances, Manifests.Namespace, "slow"));

        // More VOs than there are workers; each holds one until its call comes back, which it never does.
        world.Bed.Rucio.Faults.Add(new(r => r.Method == "POST" && r.Path.StartsWith("/vos/s", StringComparison.Ordinal)) { Times = int.MaxValue, Hang = true });
        for (var n = 0; n < Stuck; n++)
            world.Store.Upsert(Manifests.Vo($"s{n:00}", instance: "slow"));
        await world.UntilAsync(() => world.Bed.Rucio.Log.Requests.Count(r => r is { Method: "POST", Status: 0 } && r.Path.StartsWith("/vos/s", StringComparison.Ordinal)) >= 4, () => "the slow ones are not stuck");

        world.ApplyVo(Manifests.Namespace, "poor", "poo", "rucio", "  accounts: [{name: ann, identities: [{type: Userpass, secretRef: {name: missing}}]}]");
        world.ApplyVo(Manifests.Namespace, "well", "wel", "rucio", "  accounts: [{name: bob, identities: [{type: Userpass}]}]");
        await world.ReadyAsync((World.Vos, Manifests.Namespace, "well"));
        await world.NotReadyAsync(World.Vos, Manifests.Namespace, "poor", "SecretNotFound");
        Assert.That(Enumerable.Range(0, Stuck).Count(n => SandboxBed.IsReady(world.Store.Get(World.Vos, Manifests.Namespace, $"s{n:00}")!)), Is.Zero);
    }
}
