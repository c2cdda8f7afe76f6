using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.Behaviour;

/// <summary>SIGTERM to the operator's process, and starts that can't be: what a pod's end and a wrong manifest look like.</summary>
[Parallelizable]
public sealed class ShutdownTests
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rucio-shutdown-").FullName;
    private World _world = null!;

    [SetUp]
    public async Task Start() => _world = await World.StartAsync("--no-operator");

    [TearDown]
    public ValueTask End() => _world.DisposeAsync();

    [OneTimeTearDown]
    public void RemoveLogs() => Directory.Delete(_folder, recursive: true);

    [Test]
    public async Task A_pass_that_waits_for_an_answer_is_cut_off_and_the_lease_given_back()
    {
        await using var process = Begin("waiting", "--health-port=0");
        _world.ApplyInstance(_world.Ns("rucio"));
        await _world.ReadyAsync((World.Instances, _world.Ns("rucio"), "rucio"));
        // Longer than a pod is given to end.
        var asked = new TaskCompletionSource();
        _world.Bed.Rucio.Faults.Add(new Fault(request =>
        {
            var hit = request is { Method: "POST", Path: "/vos/aaa" };
            if (hit)
                asked.TrySetResult();
            return hit;
        })
        { Hang = true });
        _world.ApplyVo(_world.Ns("rucio"), "one", "aaa", "rucio");
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(90));
        Assert.That(await process.StopAsync(), Is.Zero, Log("waiting"));
        Assert.That(Holder(), Is.Empty, Log("waiting"));
    }

    [Test]
    public async Task Somebody_who_holds_a_connection_to_the_endpoints_holds_up_no_shutdown()
    {
        var port = FreePort();
        await using var process = Begin("connection", $"--health-port={port}");
        await _world.UntilAsync(() => Holder() is { Length: > 0 }, () => Log("connection"));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n"));
        Assert.That(await process.StopAsync(), Is.Zero, Log("connection"));
        Assert.That(Holder(), Is.Empty, Log("connection"));
    }

    [Test]
    public async Task Before_the_caches_are_full_it_ends_as_well()
    {
        var kubeconfig = Path.Combine(_folder, "nobody.kubeconfig");
        await File.WriteAllTextAsync(kubeconfig, $"{{apiVersion: v1, kind: Config, current-context: c, clusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{FreePort()}'}}}}], users: [{{name: c, user: {{token: none}}}}], contexts: [{{name: c, context: {{cluster: c, user: c}}}}]}}");
        await using var process = OperatorProcess.Start(kubeconfig, LogFile("nobody"), ["--health-port=0"]);
        await _world.UntilAsync(() => Log("nobody").Length > 0, () => "no word");
        Assert.That(await process.StopAsync(), Is.Zero, Log("nobody"));
    }

    [Test]
    public async Task All_wrong_settings_are_told_and_it_does_not_start()
    {
        await using var process = OperatorProcess.Start(_world.Bed.Kubernetes.KubeconfigPath, LogFile("wrong"), ["--health-port=x", "--no-such=1"], new Dictionary<string, string> { ["RUCIO_OPERATOR_DRIFT_INTERVAL"] = "soon" });
        await EndedAsync(process);
        Assert.Multiple(() =>
        {
            Assert.That(process.ExitCode, Is.EqualTo(2));
            Assert.That(Log("wrong"), Does.Contain("rucio-operator: RUCIO_OPERATOR_DRIFT_INTERVAL: expected a time from 1s to 24h, such as 90s, 10m or 1h, not 'soon'")
                .And.Contain("rucio-operator: --health-port: expected a number from 0 to 65535, not 'x'").And.Contain("rucio-operator: --no-such: unknown option"));
        });
    }

    [Test]
    public async Task A_port_that_is_taken_is_named()
    {
        using var other = new TcpListener(IPAddress.IPv6Any, 0);
        other.Server.DualMode = true;
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var process = Begin("taken", $"--health-port={port}");
        await EndedAsync(process);
        Assert.Multiple(() =>
        {
            Assert.That(process.ExitCode, Is.EqualTo(2), Log("taken"));
            Assert.That(Log("taken"), Does.Contain($"rucio-operator: --health-port: port {port} can't be listened on: "));
            Assert.That(Log("taken"), Does.Not.Contain("   at "), "no stack");
            Assert.That(Holder(), Is.Null.Or.Empty);
        });
    }

    private OperatorProcess Begin(string name, params string[] arguments) =>
        OperatorProcess.Start(_world.Bed.OperatorKubeconfig(arguments), LogFile(name), ["--drift-interval=1h", .. _world.Bed.ServiceOverrides.Select(o => $"--service-override={o}"), .. arguments]);

    private async Task EndedAsync(OperatorProcess process) => await _world.UntilAsync(() => process.HasExited, () => "still runs");

    /// <summary>Null: there never was a lease.</summary>
    private string? Holder() => _world.Store.List("leases.coordination.k8s.io", "default").Select(lease => lease["spec"]!["holderIdentity"]?.GetValue<string>()).FirstOrDefault();

    private string LogFile(string name) => Path.Combine(_folder, $"{name}.log");

    private string Log(string name)
    {
        using var file = new FileStream(LogFile(name), FileMode.OpenOrCreate, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
