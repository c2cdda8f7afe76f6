using System.Collections.Concurrent;
using NUnit.Framework;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Rucio's source publishes passwords for its first account and for each new VO's root: none may work at any moment.</summary>
[Parallelizable]
public sealed class PublishedCredentialTests
{
    private static readonly string[] Tags = ["sky", "sea"];

    [Test]
    public async Task No_published_credential_opens_anything_from_before_the_vos_exist_until_they_are_ready()
    {
        await using var world = await World.StartAsync();
        var rucio = world.Ns("rucio");
        var answers = new ConcurrentDictionary<int, int>();
        var between = 0;
        // After each effect, before the operator can go on: no window is too short for this.
        world.Bed.Rucio.OnResponse = async request =>
        {
            if (!request.Path.Contains("/auth/", StringComparison.Ordinal))
            {
                await TryAllAsync();
                Interlocked.Increment(ref between);
            }
        };
        world.Proxy.OnResponse = trip => trip.Sql.Contains("identities", StringComparison.Ordinal) && !World.IsLook(trip.Sql) && trip.Sql.StartsWith("INSERT", StringComparison.Ordinal) ? TryAllAsync() : Task.CompletedTask;
        using var stop = new CancellationTokenSource();
        var probing = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await TryAllAsync();
                await Task.Yield();
            }
        });

        await world.ReadyAsync(TwoExperiments.Apply(world));
        await stop.CancelAsync();
        await probing;

        Assert.That(answers.Keys.Except([401, 503]), Is.Empty, string.Join(", ", answers));
        Assert.That(answers.GetValueOrDefault(401), Is.GreaterThan(100), string.Join(", ", answers));
        Assert.That(between, Is.GreaterThan(15), "calls of the operator with an attempt after each");
        Assert.That(world.Bed.Rucio.Log.CountOf(r => r.Path.StartsWith("/auth/", StringComparison.Ordinal) && r.Status == 200), Is.LessThanOrEqualTo(6), "only the operator logs in");

        async Task TryAllAsync()
        {
            foreach (var server in (string[])["api", "admin"])
            {
                foreach (var tag in Tags)
                {
                    await TryAsync(server, $"root@{tag}", "password", "root", tag);
                    await TryAsync(server, "root", "password", "root", tag);
                    await TryAsync(server, "ddmlab", "secret", "root", tag);
                }
                await TryAsync(server, "ddmlab", "secret", "super_root", "def");
                await TryAsync(server, "ddmlab", "secret", "root", "def");
            }
        }

        async Task TryAsync(string server, string name, string password, string account, string vo)
        {
            var status = await Logins.StatusAsync(world, rucio, server, name, password, account, vo);
            answers.AddOrUpdate(status, 1, (_, n) => n + 1);
        }
    }
}
