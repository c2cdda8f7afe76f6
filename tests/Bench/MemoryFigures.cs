using System.Text.Json.Nodes;

namespace RucioOperator.Bench;

internal static class MemoryFigures
{
    private const int Secrets = 300;

    public static async IAsyncEnumerable<Figure> IdleAsync()
    {
        await using var world = await BenchWorld.StartAsync();
        world.Bed.StartOperator();
        await world.QuietAsync();
        var idle = world.ResidentMiB;
        yield return new("memory, idle", "≤ 80 MiB", $"{idle:f0} MiB");

        AddForeignSecrets(world);
        await world.QuietAsync();
        var seen = world.ResidentMiB - idle;
        await world.Bed.Operator!.StopAsync();
        await world.Bed.Operator.DisposeAsync();
        world.Bed.StartOperator();
        await world.QuietAsync();
        yield return new($"{Secrets} foreign Secrets of 1 MB", "≤ 5 MiB more", $"{seen:f1} MiB more when they come, {world.ResidentMiB - idle:f1} MiB more after a restart");
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
