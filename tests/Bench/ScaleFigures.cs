using System.Diagnostics;

namespace RucioOperator.Bench;

internal static class ScaleFigures
{
    private static readonly HttpClient Http = new();

    public static async IAsyncEnumerable<Figure> ThousandAsync()
    {
        await using var world = await BenchWorld.WithInstanceAsync(20);
        await world.QuietAsync();
        world.AddStorages(20, 50);
        var began = Stopwatch.GetTimestamp();
        await world.ReadyAsync("storageelements", 1000);
        yield return new("1000 StorageElements in 20 VOs → Ready", "≤ 20 s", $"{Stopwatch.GetElapsedTime(began).TotalSeconds:f1} s");
        await world.QuietAsync();
        yield return new("memory, 1000 resources", "≤ 130 MiB", $"{await world.ResidentMiBAsync():f0} MiB");

        await world.Bed.Operator!.StopAsync();
        await world.Bed.Operator.DisposeAsync();
        yield return new("start → caches synced with 1000 resources", "≤ 3 s", $"{(await StartAsync(world)).TotalSeconds:f2} s");
        await world.QuietAsync();
        yield return new("memory, 1000 resources, after a restart", "≤ 130 MiB", $"{await world.ResidentMiBAsync():f0} MiB");
    }

    public static async IAsyncEnumerable<Figure> FiveThousandAsync()
    {
        await using var world = await BenchWorld.WithInstanceAsync(100);
        world.AddStorages(100, 50);
        var began = Stopwatch.GetTimestamp();
        await world.ReadyAsync("storageelements", 5000);
        yield return new("5000 StorageElements in 100 VOs → Ready", "–", $"{Stopwatch.GetElapsedTime(began).TotalSeconds:f1} s");
        await world.QuietAsync();
        yield return new("memory, 5000 resources", "≤ 250 MiB", $"{await world.ResidentMiBAsync():f0} MiB");
    }

    private static async Task<TimeSpan> StartAsync(BenchWorld world)
    {
        var began = Stopwatch.GetTimestamp();
        world.StartOperator();
        while (true)
        {
            try
            {
                using var answer = await Http.GetAsync($"http://127.0.0.1:{world.Port}/readyz");
                if (answer.IsSuccessStatusCode)
                    return Stopwatch.GetElapsedTime(began);
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            await Task.Delay(5);
        }
    }
}
