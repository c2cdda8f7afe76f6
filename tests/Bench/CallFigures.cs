using RucioOperator.Sandbox;

namespace RucioOperator.Bench;

internal static class CallFigures
{
    private const int DriftSeconds = 10;

    public static async IAsyncEnumerable<Figure> NoChangeAsync()
    {
        await using var world = await BenchWorld.WithInstanceAsync(2, 2, 5, $"--drift-interval={DriftSeconds}s");
        await Task.Delay(TimeSpan.FromSeconds(DriftSeconds));
        var (kubernetes, rucio, _) = await world.CountAsync(() => Task.Delay(TimeSpan.FromSeconds(DriftSeconds * 1.2)));
        yield return new("calls for a no-change reconcile, any kind, over a drift period", "0", $"{kubernetes} Kubernetes, {rucio} Rucio");
    }

    public static async IAsyncEnumerable<Figure> FullMeshAsync()
    {
        await using var world = await BenchWorld.WithInstanceAsync();
        var (_, rucio, _) = await world.CountAsync(async () =>
        {
            world.AddVos(1, 0);
            world.AddStorages(1, 100);
            await world.ReadyAsync("storageelements", 100);
        });
        yield return new("HTTP calls to Rucio for a new VO with 100 storages in full mesh", "< 40", $"{rucio}");
    }

    public static async IAsyncEnumerable<Figure> DriftPassAsync()
    {
        await using var world = await BenchWorld.WithInstanceAsync(200, 10, 10, "--drift-interval=30s");
        await world.QuietAsync();
        // From one look at the catalogue to the quiet after it.
        var statements = world.Statements;
        var (_, rucio, read) = await world.CountAsync(async () =>
        {
            while (world.Statements == statements)
                await Task.Delay(50);
            await Task.Delay(TimeSpan.FromSeconds(10));
        });
        yield return new("drift pass of 200 VOs, 2000 accounts, 2000 storages", "≤ 10 SQL statements, 0 HTTP", $"{read} SQL statements, {rucio} HTTP");
    }
}
