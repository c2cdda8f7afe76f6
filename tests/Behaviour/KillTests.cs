using System.Collections.Concurrent;
using NUnit.Framework;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Behaviour.Kill;
using RucioOperator.Tests.SandboxTests;

namespace RucioOperator.Tests.Behaviour;

/// <summary>
/// The operator dies at one of its calls, before the call arrives or after its effect but before the answer, and starts
/// again: the world ends as if nothing had happened, and no credential has changed.
/// </summary>
[NonParallelizable]
public sealed class KillTests
{
    private const int WorldsAtOnce = 3;

    [Test]
    public Task Killed_at_a_sample_of_its_calls_the_operator_ends_in_the_same_state() =>
        RunAsync(kills => [.. kills.Where(k => k.Call.IsWrite).Where((_, place) => place % 9 == 0), .. kills.Where(k => !k.Call.IsWrite).Where((_, place) => place % 41 == 0)]);

    [Test, Category("Slow")]
    public Task Killed_at_any_of_its_calls_the_operator_ends_in_the_same_state() => RunAsync(kills => kills);

    private static async Task RunAsync(Func<IReadOnlyList<(OutgoingCall Call, KillMoment Moment)>, IReadOnlyList<(OutgoingCall Call, KillMoment Moment)>> choose)
    {
        var postgres = await SharedPostgres.ServerAsync();
        var (calls, expected) = await UndisturbedAsync(postgres);
        var kills = choose([.. calls.SelectMany(c => new[] { (c, KillMoment.BeforeItArrives), (c, KillMoment.BeforeTheAnswer) })]);
        var (failures, missed) = (new ConcurrentBag<string>(), new ConcurrentBag<string>());
        await Parallel.ForEachAsync(kills, new ParallelOptions { MaxDegreeOfParallelism = WorldsAtOnce }, async (kill, _) =>
        {
            var name = $"{kill.Moment}: {kill.Call.Name}";
            try
            {
                await using var world = await KillWorld.StartAsync(postgres);
                await world.RunAsync(kill.Call, kill.Moment);
                if (!world.WasKilled)
                    missed.Add(name);
                if (await ProblemAsync(world, expected) is { } problem)
                    failures.Add($"{name}\n  {problem}");
            }
            catch (Exception error)
            {
                // One broken world must not hide what the others show.
                failures.Add($"{name}\n  {error.GetType().Name}: {error.Message}");
            }
        });
        TestContext.Out.WriteLine($"{calls.Count} calls, {kills.Count} kills, {missed.Count} not met");
        foreach (var name in missed.Order(StringComparer.Ordinal))
            TestContext.Out.WriteLine($"not met: {name}");
        Assert.Multiple(() =>
        {
            Assert.That(failures, Is.Empty, string.Join("\n", failures.Order(StringComparer.Ordinal)));
            // Calls that race with each other (a watch that was faster than a read) need not happen each time; most do.
            Assert.That(missed, Has.Count.LessThanOrEqualTo(kills.Count / 10));
        });
    }

    private static async Task<(IReadOnlyList<OutgoingCall> Calls, SortedSet<string> EndState)> UndisturbedAsync(PostgresServer postgres)
    {
        await using var world = await KillWorld.StartAsync(postgres);
        await world.RunAsync();
        Assert.That(await world.WrongLoginsAsync(), Is.Empty);
        return (world.Calls.Calls, await EndState.OfAsync(world));
    }

    private static async Task<string?> ProblemAsync(KillWorld world, SortedSet<string> expected)
    {
        var now = world.GeneratedSecrets();
        foreach (var (name, data) in world.SecretsAtDeath)
        {
            if (!now.TryGetValue(name, out var after) || !data.SequenceEqual(after))
                return $"Secret {name} has changed";
        }
        if (await world.WrongLoginsAsync() is [_, ..] wrong)
            return string.Join("; ", wrong);
        var state = await EndState.OfAsync(world);
        return state.SetEquals(expected) ? null : $"another end state:\n  - {string.Join("\n  - ", expected.Except(state))}\n  + {string.Join("\n  + ", state.Except(expected))}";
    }
}
