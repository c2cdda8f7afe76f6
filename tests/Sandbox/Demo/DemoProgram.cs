using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace RucioOperator.Sandbox.Demo;

/// <summary>`make demo`: the samples become Ready before your eyes; KEEP=0 ends then, else the world stays up.</summary>
internal static class DemoProgram
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    public static async Task<int> RunAsync(bool keep)
    {
        var live = LiveRucio.FromEnvironment();
        await using var grid = await DemoGrid.StartAsync();
        await using var bed = await StartAsync(live);
        bed.StartOperator("--drift-interval=1m");
        foreach (var sample in (string[])["quickstart", "two-experiments"])
            Samples.Apply(bed.Kubernetes.Store, bed.Postgres, sample, live, adapt: grid.Adapt);
        grid.Provide(bed.Kubernetes.Store);
        using var stop = new CancellationTokenSource();
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

        var ready = await FollowAsync(bed, stop.Token);
        var objects = DemoTable.Objects(bed);
        if (!ready)
            AnsiConsole.WriteLine(bed.LogTail());
        AnsiConsole.WriteLine($"export KUBECONFIG={bed.Kubernetes.KubeconfigPath}   # in another terminal; then: kubectl get rucio -A");
        AnsiConsole.WriteLine($"Rucio: {live?.PublicUrl.ToString() ?? bed.Rucio.Url("/rucio/rucio-api")}");
        AnsiConsole.WriteLine($"FTS:   {grid.Url}   (stand-in, with certificates of an authority made for this run)");
        AnsiConsole.WriteLine($"ready: {objects.Count(SandboxBed.IsReady)} of {objects.Count}");
        if (keep && ready && !stop.IsCancellationRequested)
        {
            AnsiConsole.WriteLine("Ctrl-C ends it.");
            await Task.Delay(Timeout.Infinite, stop.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        return ready ? 0 : 1;

        void End(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private static async Task<SandboxBed> StartAsync(LiveRucio? live)
    {
        if (live is null)
            return await SandboxBed.StartAsync();
        await live.ForgetOwnerAsync();
        var bed = await SandboxBed.StartAsync(live: true);
        bed.ServiceOverrides = [$"rucio-admin.rucio={live.Url}"];
        return bed;
    }

    /// <summary>Ready does not wait for FTS; who watches does.</summary>
    private static bool IsDone(JsonObject node) => SandboxBed.IsReady(node) && SandboxBed.Condition(node, "Delegated")?["status"]?.GetValue<string>() is null or "True";

    private static async Task<bool> FollowAsync(SandboxBed bed, CancellationToken stop)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
        deadline.CancelAfter(Deadline);
        var objects = DemoTable.Objects(bed);
        async Task UntilReadyAsync(Action show)
        {
            while (!(objects.Count > 0 && objects.All(IsDone)) && !deadline.IsCancellationRequested && bed.Operator is { HasExited: false })
            {
                await Task.Delay(100, CancellationToken.None);
                objects = DemoTable.Objects(bed);
                show();
            }
        }
        if (Console.IsOutputRedirected)
        {
            // Nobody watches: the end is enough, and it has room.
            AnsiConsole.Profile.Width = 200;
            await UntilReadyAsync(() => { });
            AnsiConsole.Write(DemoTable.Render(objects));
        }
        else
        {
            await AnsiConsole.Live(DemoTable.Render(objects)).StartAsync(view => UntilReadyAsync(() => view.UpdateTarget(DemoTable.Render(objects))));
        }
        return objects.Count > 0 && objects.All(IsDone);
    }
}
