using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Reflection.PortableExecutable;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Image;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Behaviour;

namespace RucioOperator.Tests.Image;

/// <summary>The image as it is shipped, for this machine's architecture: `make test-image`.</summary>
[Category("Image"), Category("Slow")]
public sealed class BuiltImageTests
{
    private StandInRegistry _registry = null!;
    private BuiltImage _image = null!;
    private string _root = null!;

    [OneTimeSetUp]
    public async Task Build()
    {
        if (TestBase.Missing() is { } missing)
            Assert.Ignore($"the test's base image is made of this machine's libraries, and {missing} is not there");
        _registry = await StandInRegistry.StartAsync();
        TestBase.Put(_registry);
        _image = await BuiltImage.MakeAsync(_registry);
        _root = Directory.CreateTempSubdirectory("rucio-rootfs-").FullName;
        ImageProcess.Share(_root);
        _image.Unpack(_root);
        await TestContext.Progress.WriteLineAsync(_image.Output);
    }

    [OneTimeTearDown]
    public async Task Remove()
    {
        if (_root is not null)
            Directory.Delete(_root, recursive: true);
        if (_registry is not null)
            await _registry.DisposeAsync();
    }

    [Test]
    public void It_runs_one_program_as_a_user_that_is_not_root()
    {
        var config = _image.Config["config"]!;
        Assert.Multiple(() =>
        {
            Assert.That(config.Required("User"), Is.EqualTo("1654"), "a number: runAsNonRoot can't be checked for a name");
            Assert.That(config["Entrypoint"]!.ToJsonString(), Is.EqualTo("""["/app/rucio-operator"]"""));
            Assert.That(config["Cmd"], Is.Null);
            Assert.That(config["ExposedPorts"]!.ToJsonString(), Is.EqualTo("""{"8080/tcp":{}}"""));
            Assert.That(_image.Config.Required("architecture"), Is.EqualTo(TestBase.Architecture));
        });
    }

    [Test]
    public void It_says_what_it_is_and_what_it_was_made_of()
    {
        var labels = _image.Config["config"]!["Labels"]!;
        Assert.Multiple(() =>
        {
            Assert.That(labels.Required("org.opencontainers.image.title"), Is.EqualTo("rucio-operator"));
            Assert.That(labels.Required("org.opencontainers.image.description"), Does.Contain("Kubernetes operator for Rucio"));
            Assert.That(labels.Required("org.opencontainers.image.version"), Does.Match(@"^\d+\.\d+\.\d+"));
            Assert.That(labels.Required("org.opencontainers.image.revision"), Does.Match("^[0-9a-f]{40}(-dirty)?$"));
            Assert.That(labels.Required("org.opencontainers.image.created"), Is.EqualTo("2026-01-01T00:00:00Z"));
            Assert.That(labels.Required("org.opencontainers.image.base.name"), Is.EqualTo($"{_registry.Host}/base:1"));
            Assert.That(labels["org.opencontainers.image.authors"], Is.Null);
        });
    }

    [Test]
    public void What_was_compiled_names_no_symbols_whose_order_is_chance()
    {
        var rid = TestBase.Architecture == "arm64" ? ("aot-arm64", "linux-arm64") : ("aot", "linux-x64");
        using var compiled = new PEReader(File.OpenRead(Repository.Path("operator", "obj", rid.Item1, "Release", "net10.0", rid.Item2, "rucio-operator.dll")));
        Assert.That(compiled.ReadDebugDirectory().Select(entry => entry.Type), Is.EqualTo(new[] { DebugDirectoryEntryType.Reproducible }));
    }

    [Test]
    public void The_layer_on_the_base_holds_the_program_and_its_bill_of_materials_alone()
    {
        var files = _image.Files(1).ToList();
        var size = _image.Manifest["layers"]![1]!["size"]!.GetValue<long>();
        Assert.Multiple(() =>
        {
            Assert.That(files.Where(file => file.Content is not null).Select(file => file.Name), Is.EquivalentTo(new[] { "app/rucio-operator", "app/rucio-operator.cdx.json" }), "no debug symbols, no settings");
            Assert.That(size, Is.LessThan(30 << 20), "bytes to pull; symbols would be three times that");
        });
    }

    [Test]
    public void The_bill_of_materials_lists_what_is_compiled_in_and_is_attached_to_what_was_pushed()
    {
        var inside = _image.Files(1).Single(file => file.Name.EndsWith(".cdx.json", StringComparison.Ordinal)).Content!;
        var names = JsonNode.Parse(inside)!["components"]!.AsArray().Select(component => component.Required("name")).ToList();
        var referrer = _registry.Manifests.Values.Select(manifest => JsonNode.Parse(manifest.Content)!).Single(manifest => manifest["subject"] is not null);
        Assert.Multiple(() =>
        {
            Assert.That(names, Does.Contain("KubernetesClient.Aot").And.Contain("Npgsql").And.Contain($"{_registry.Host}/base"));
            Assert.That(names, Has.Some.StartsWith("Microsoft.NETCore.App.Runtime.NativeAOT.linux-"));
            Assert.That(referrer["subject"].Required("digest"), Is.EqualTo(_image.Archive.Entry.Required("digest")));
            Assert.That(_registry.Blobs[referrer["layers"]![0].Required("digest")], Is.EqualTo(inside));
            Assert.That(_image.Output, Does.Contain($"{_registry.Host}/rucio/rucio-operator:0.1.0@{_image.Archive.Entry.Required("digest")}"));
        });
    }

    [Test]
    public async Task Made_again_it_is_the_same_image()
    {
        var again = await BuiltImage.MakeAsync(_registry);
        Assert.That(again.Archive.Entry.Required("digest"), Is.EqualTo(_image.Archive.Entry.Required("digest")));
    }

    [Test]
    public async Task In_its_own_read_only_files_it_answers_and_refuses_bad_settings()
    {
        Enterable();
        var version = await ImageProcess.RunAsync(_root, "--version");
        var refused = await ImageProcess.RunAsync(_root, "--no-such-option=1");
        Assert.Multiple(() =>
        {
            Assert.That(version.Output, Does.Match(@"^rucio-operator \d+\.\d+\.\d+; Rucio "));
            Assert.That((version.ExitCode, version.Errors), Is.EqualTo((0, "")));
            Assert.That(refused.ExitCode, Is.EqualTo(2));
            Assert.That(refused.Errors, Does.StartWith("rucio-operator: --no-such-option: unknown option"));
        });
    }

    [Test]
    public async Task In_its_own_read_only_files_it_makes_an_instance_ready_and_gives_its_lease_back()
    {
        Enterable();
        await using var world = await World.StartAsync("--no-operator");
        File.Copy(world.Bed.OperatorKubeconfig([]), Path.Combine(_root, "kubeconfig"), overwrite: true);
        ImageProcess.Share(Path.Combine(_root, "kubeconfig"));
        var port = FreePort();
        using var process = ImageProcess.Start(_root, new Dictionary<string, string> { ["KUBECONFIG"] = "/kubeconfig" },
            [$"--health-port={port}", .. world.Bed.ServiceOverrides.Select(o => $"--service-override={o}")]);
        var log = new List<string>();
        process.OutputDataReceived += (_, line) => { lock (log) log.Add(line.Data ?? ""); };
        process.ErrorDataReceived += (_, line) => { lock (log) log.Add(line.Data ?? ""); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            await world.UntilAsync(() => IsReady(http), () => $"not ready: {Log()}");
            world.ApplyInstance(world.Ns("rucio"));
            await world.ReadyAsync((World.Instances, world.Ns("rucio"), "rucio"));
            Assert.That(File.ReadAllText($"/proc/{process.Id}/status"), Does.Match(@"Uid:\s+1654\s").And.Match(@"CapEff:\s+0+\s").And.Match(@"NoNewPrivs:\s+1\s"));
            using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
            await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
            Assert.Multiple(() =>
            {
                Assert.That(process.ExitCode, Is.Zero, Log);
                Assert.That(world.Store.List("leases.coordination.k8s.io", "default").Single()["spec"].Required("holderIdentity"), Is.Empty);
            });
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }

        string Log()
        {
            lock (log)
                return string.Join('\n', log);
        }
    }

    private static bool IsReady(HttpClient http)
    {
        try
        {
            using var answer = http.Send(new HttpRequestMessage(HttpMethod.Get, "/readyz"));
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static void Enterable()
    {
        if (ImageProcess.Missing() is { } missing)
            Assert.Ignore(missing);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
