using System.Net.Sockets;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Behaviour;

/// <summary>The chart's Deployment as processes: with its environment, started, found ready and ended as its controller and a kubelet would.</summary>
internal sealed class OperatorPods(World world) : IAsyncDisposable
{
    private readonly string _logs = Directory.CreateTempSubdirectory("rucio-operator-pods-").FullName;
    private readonly Queue<Pod> _running = new();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };
    private int _started;

    public static string Namespace { get; } = Deployment()["metadata"]!["namespace"]!.GetValue<string>();

    public IReadOnlyList<string> Names => [.. _running.Select(pod => pod.Name)];

    /// <summary>One more, ready.</summary>
    public async Task StartAsync()
    {
        var (name, port) = ($"rucio-operator-{++_started}", FreePort());
        var container = Deployment()["spec"]!["template"]!["spec"]!["containers"]![0]!;
        var environment = container["env"]!.AsArray().ToDictionary(v => v!["name"]!.GetValue<string>(), v => v!["value"]?.GetValue<string>() ?? v["valueFrom"]!["fieldRef"]!["fieldPath"]!.GetValue<string>() switch
        {
            "metadata.name" => name,
            "metadata.namespace" => Namespace,
            _ => "10.42.0.7",
        });
        var process = OperatorProcess.Start(world.Bed.OperatorKubeconfig([], environment), Path.Combine(_logs, name), [$"--health-port={port}", .. world.Bed.ServiceOverrides.Select(o => $"--service-override={o}")], environment);
        _running.Enqueue(new(name, process));
        await world.UntilAsync(async () => !process.HasExited && await AnswersAsync($"http://127.0.0.1:{port}/readyz"), () => $"{name} is not ready (exited: {process.HasExited})\n{File.ReadAllText(Path.Combine(_logs, name))}");
    }

    /// <summary>A rolling update: maxSurge 1, maxUnavailable 0. An old one has its end to itself while the next one starts.</summary>
    public async Task RollAsync()
    {
        var endings = new List<Task<int>>();
        for (var left = _running.Count; left > 0; left--)
        {
            await StartAsync();
            endings.Add(StopAsync(_running.Dequeue()));
        }
        Assert.That(await Task.WhenAll(endings), Has.All.Zero);
    }

    /// <summary>As a node's end would.</summary>
    public async Task KillAsync(string name)
    {
        foreach (var pod in Enumerable.Range(0, _running.Count).Select(_ => _running.Dequeue()).ToList())
        {
            if (pod.Name == name)
                await pod.Process.DisposeAsync();
            else
                _running.Enqueue(pod);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in _running)
            await pod.Process.DisposeAsync();
        _http.Dispose();
        Directory.Delete(_logs, recursive: true);
    }

    private static async Task<int> StopAsync(Pod pod)
    {
        var code = await pod.Process.StopAsync();
        await pod.Process.DisposeAsync();
        return code;
    }

    private async Task<bool> AnswersAsync(string url)
    {
        try
        {
            return (await _http.GetAsync(url)).IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    /// <summary>As rendered; a test of the chart holds the file to it.</summary>
    private static System.Text.Json.Nodes.JsonObject Deployment() =>
        Yaml.Parse(File.ReadAllText(Repository.Path("tests", "Chart", "defaults.yaml"))).Single(o => o["kind"]!.GetValue<string>() == "Deployment");

    private static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed record Pod(string Name, OperatorProcess Process);
}
