using System.Diagnostics;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox;

namespace RucioOperator.Bench;

internal static class TimeFigures
{
    private const int Edits = 500;

    /// <summary>A VO without an instance: a pass over it is the status write alone.</summary>
    private static JsonObject Probe => Manifests.Vo("aaa", instance: "absent");

    /// <summary>From the edit to the arrival of the status write: the watch, the queue, the pass and one request.</summary>
    public static async IAsyncEnumerable<Figure> EventAsync()
    {
        await using var world = await BenchWorld.StartAsync();
        world.Store.Upsert(Probe);
        world.Bed.StartOperator();
        await world.QuietAsync();
        var times = new List<double>();
        for (var n = 0; n < Edits; n++)
        {
            var written = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            world.Bed.Kubernetes.OnRequest = request =>
            {
                if (request.IsWrite && request.Subresource == "status")
                    written.TrySetResult(Stopwatch.GetTimestamp());
                return Task.CompletedTask;
            };
            var began = Stopwatch.GetTimestamp();
            Edit(world, $"edit {n}");
            times.Add(Stopwatch.GetElapsedTime(began, await written.Task).TotalMilliseconds);
            await Task.Delay(5);
        }
        times.Sort();
        yield return new("edit → status write arrives (watch, queue, pass, one request)", "event → worker p99 ≤ 5 ms", $"p50 {times[Edits / 2]:f1} ms, p99 {times[Edits * 99 / 100]:f1} ms");
    }

    public static async IAsyncEnumerable<Figure> FailOverAsync()
    {
        yield return new("fail-over, graceful", "≤ 3 s", $"{await FailOverAsync(graceful: true):f1} s");
        yield return new("fail-over, killed", "≤ 17 s", $"{await FailOverAsync(graceful: false):f1} s");
    }

    private static async Task<double> FailOverAsync(bool graceful)
    {
        await using var world = await BenchWorld.StartAsync();
        world.Store.Upsert(Probe);
        var leader = world.Bed.StartOperator("--leader-election=true");
        await SeenAsync(world);
        string[] arguments = ["--health-port=0", .. world.Bed.ServiceOverrides.Select(o => $"--service-override={o}")];
        var log = Path.GetTempFileName();
        await using var standby = OperatorProcess.Start(world.Bed.OperatorKubeconfig(arguments), log, arguments);
        // It has asked for the Lease at least twice: caches are full and it waits.
        await Task.Delay(TimeSpan.FromSeconds(5));
        var began = Stopwatch.GetTimestamp();
        if (graceful)
            await leader.StopAsync();
        else
            leader.Kill();
        Edit(world, "edited while nobody leads");
        try
        {
            await SeenAsync(world);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"nobody took over: {world.Store.Get("leases.coordination.k8s.io", "default", "rucio-operator")?.ToJsonString()}\n{await File.ReadAllTextAsync(log)}");
        }
        File.Delete(log);
        return Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static void Edit(BenchWorld world, string description) =>
        world.Store.Patch("virtualorganisations.rucio.cern.ch", Manifests.Namespace, "aaa", new JsonObject { ["spec"] = new JsonObject { ["description"] = description } });

    private static async Task SeenAsync(BenchWorld world)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await foreach (var (_, node) in world.Store.WatchAsync("virtualorganisations.rucio.cern.ch", ct: deadline.Token))
        {
            if (node["status"]?["observedGeneration"]?.GetValue<long>() == node["metadata"]!["generation"]!.GetValue<long>())
                return;
        }
    }
}
