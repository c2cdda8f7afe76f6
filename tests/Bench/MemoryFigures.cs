using System.Text.Json.Nodes;

namespace RucioOperator.Bench;

internal static class MemoryFigures
{
    private const int Secrets = 300;

    public static async IAsyncEnumerable<Figure> IdleAsync()
    {
        await using var world = await BenchWorld.StartAsync();
        world.StartOperator();
        await world.QuietAsync();
        var idle = await world.ResidentMiBAsync();
        yield return new("memory, idle", "≤ 80 MiB", $"{idle:f0} MiB");

        AddForeignSecrets(world);
        await world.QuietAsync();
        var seen = await world.ResidentMiBAsync() - idle;
        await world.Bed.Operator!.StopAsync();
        await world.Bed.Operator.DisposeAsync();
        world.StartOperator();
        await world.QuietAsync();
        yield return new($"{Secrets} foreign Secrets of 1 MB", "≤ 5 MiB more", $"{seen:f1} MiB more when they come, {await world.ResidentMiBAsync() - idle:f1} MiB more after a restart");
    }

    public static async IAsyncEnumerable<Figure> NoChangeAsync()
    {
        await using var world = await BenchWorld.WithInstanceAsync(20, 2, 5, "--drift-interval=2s");
        // Storages settle once more for those that are new to the daemons.
        await Task.Delay(TimeSpan.FromSeconds(10));
        var before = await world.MetricsAsync();
        await Task.Delay(TimeSpan.FromSeconds(20));
        var after = await world.MetricsAsync();
        var passes = Grown("rucio_operator_reconcile_total");
        yield return new("allocated for a no-change pass, reads of the catalogue and all else included", "–", $"{Grown("dotnet_gc_heap_total_allocated_bytes_total") / passes / 1024:f0} KiB ({passes:f0} passes)");

        double Grown(string name) => BenchWorld.Sum(after, name) - BenchWorld.Sum(before, name);
    }

    private static void AddForeignSecrets(BenchWorld world)
    {
        var megabyte = Convert.ToBase64String(new byte[1_000_000]);
        for (var n = 0; n < Secrets; n++)
        {
            world.Store.Upsert(new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Secret",
                ["metadata"] = new JsonObject { ["name"] = $"foreign-{n}", ["namespace"] = "default" },
                ["data"] = new JsonObject { ["blob"] = megabyte },
            });
        }
    }
}
