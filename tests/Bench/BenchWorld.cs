using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Bench;

/// <summary>A sandbox whose instance reaches PostgreSQL through a counting proxy.</summary>
internal sealed class BenchWorld : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(5);
    private static readonly HttpClient Http = new();
    private int _statements;

    private BenchWorld(SandboxBed bed, PostgresProxy proxy)
    {
        (Bed, Proxy) = (bed, proxy);
        proxy.OnRequest = trip =>
        {
            if (trip.Application == "rucio-operator")
                Interlocked.Add(ref _statements, trip.Statements);
            return Task.CompletedTask;
        };
    }

    public SandboxBed Bed { get; }
    public PostgresProxy Proxy { get; }
    public IKubeStore Store => Bed.Kubernetes.Store;
    public int Statements => Volatile.Read(ref _statements);

    /// <summary>Where health and metrics are.</summary>
    public int Port { get; private set; }

    /// <summary>As in a cluster: with metrics that are read.</summary>
    public void StartOperator(params string[] arguments) => Bed.StartOperator([$"--health-port={Port = FreePort()}", .. arguments]);

    public Task<string> MetricsAsync() => Http.GetStringAsync($"http://127.0.0.1:{Port}/metrics");

    /// <summary>Of all series of a metric together.</summary>
    public static double Sum(string metrics, string name) =>
        (from line in metrics.Split('\n')
         where line.StartsWith($"{name} ", StringComparison.Ordinal) || line.StartsWith($"{name}{{", StringComparison.Ordinal)
         let value = line[(line.Contains('}') ? line.LastIndexOf('}') + 1 : name.Length)..].Trim().Split(' ')[0]
         select double.Parse(value, CultureInfo.InvariantCulture)).Sum();

    public static async Task<BenchWorld> StartAsync()
    {
        var bed = await SandboxBed.StartAsync();
        bed.CreateAdminSecret(Manifests.Namespace);
        return new(bed, new PostgresProxy(bed.Postgres.Host, bed.Postgres.Port));
    }

    /// <summary>With a ready instance, and VOs with storages where asked for.</summary>
    public static async Task<BenchWorld> WithInstanceAsync(int vos = 0, int accountsEach = 0, int storagesEach = 0, params string[] arguments)
    {
        var world = await StartAsync();
        world.Store.Upsert(Manifests.Instance(world.Proxy));
        world.StartOperator(arguments);
        await world.ReadyAsync("rucioinstances", 1);
        world.AddVos(vos, accountsEach);
        await world.ReadyAsync("virtualorganisations", vos);
        world.AddStorages(vos, storagesEach);
        await world.ReadyAsync("storageelements", vos * storagesEach);
        return world;
    }

    public void AddVos(int vos, int accountsEach)
    {
        for (var n = 0; n < vos; n++)
            Store.Upsert(Manifests.Vo(Manifests.Tag(n), accountsEach));
    }

    public void AddStorages(int vos, int each)
    {
        for (var n = 0; n < vos; n++)
        {
            for (var storage = 0; storage < each; storage++)
                Store.Upsert(Manifests.Storage(Manifests.Tag(n), storage));
        }
    }

    public async Task ReadyAsync(string kind, int count)
    {
        if (count == 0)
            return;
        using var deadline = new CancellationTokenSource(Deadline);
        var ready = new HashSet<string>();
        try
        {
            await foreach (var (_, node) in Store.WatchAsync($"{kind}.rucio.cern.ch", ct: deadline.Token))
            {
                var name = node["metadata"]!["name"]!.GetValue<string>();
                _ = SandboxBed.IsReady(node) ? ready.Add(name) : ready.Remove(name);
                if (ready.Count == count)
                    return;
                if (Bed.Operator is { HasExited: true })
                    break;
            }
        }
        catch (OperationCanceledException)
        {
        }
        throw new TimeoutException($"{ready.Count} of {count} {kind} became Ready\n{Bed.LogTail()}");
    }

    /// <summary>What the operator asks of either side in this time; watches and Leases aside.</summary>
    public async Task<(int Kubernetes, int Rucio, int Statements)> CountAsync(Func<Task> during)
    {
        var (mark, rucio, statements) = (Bed.Kubernetes.Requests.Mark(), Bed.Rucio.Log.Count, Statements);
        await during();
        return (Bed.Kubernetes.Requests.Count(mark, IsCall), Bed.Rucio.Log.Count - rucio, Statements - statements);
    }

    private static bool IsCall(ApiRequest request) => request.Verb != "watch" && request.Resource != "leases";

    /// <summary>Ends when nothing was said to anybody for a while.</summary>
    public async Task QuietAsync(double seconds = 1.5)
    {
        while ((await CountAsync(() => Task.Delay(TimeSpan.FromSeconds(seconds)))) is not (0, 0, 0))
        {
        }
    }

    /// <summary>After metrics were read a few times.</summary>
    public async Task<double> ResidentMiBAsync()
    {
        for (var n = 0; n < 3; n++)
            await MetricsAsync();
        return Bed.Operator!.ResidentBytes / 1024.0 / 1024.0;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await Bed.DisposeAsync();
        await Proxy.DisposeAsync();
    }
}
