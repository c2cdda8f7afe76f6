using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Docs;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What README.md shows of kubectl, typed on the quickstart as it becomes Ready. The story of samples/README.md is typed by <see cref="SampleStoriesTests"/>.</summary>
[Parallelizable]
public sealed class ReadmeSessionTests
{
    private World _world = null!;
    private ReadmeSession _session = null!;

    private string Rucio => _world.Ns("rucio");

    [SetUp]
    public async Task Start()
    {
        _world = await World.StartAsync();
        _session = new(_world.Bed.Kubernetes.KubeconfigPath, new Dictionary<string, string> { ["rucio"] = Rucio });
    }

    [TearDown]
    public async Task End()
    {
        _session.Dispose();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task The_front_page_shows_what_comes_out()
    {
        static IReadOnlyList<ReadmeCommand> Shown(string words) => ReadmeCommand.Blocks("README.md").Single(block => block.Any(command => command.Text.Contains(words, StringComparison.Ordinal)));

        _world.Bed.CreateAdminSecret(Rucio, password: "wrong");
        Lay();
        await _session.RunAsync(Shown("rucio doctor"));
        Apply("10-instance.yaml");
        await _world.NotReadyAsync(World.Instances, Rucio, "rucio", "DatabaseCredentialsRejected");
        await _session.RunAsync(Shown("get ri "));
        await _session.RunAsync(Shown("rucio-operator status -n"));

        await InstanceReadyAsync();
        await _session.RunAsync(Shown("rucio plan"));
        await ExperimentReadyAsync();
        await _session.RunAsync(Shown("-n rucio get rucio"));
    }

    [Test]
    public async Task The_quickstart_is_applied_as_it_is_and_says_that_its_database_is_still_an_example()
    {
        using var session = new ReadmeSession(_world.Bed.Kubernetes.KubeconfigPath, new Dictionary<string, string>(), Repository.Root);
        var commands = ReadmeCommand.Blocks("README.md").Single(block => block.Any(command => command.Text.StartsWith("helm install", StringComparison.Ordinal)))
            .Where(command => command.Text.StartsWith("kubectl", StringComparison.Ordinal)).ToList();
        var applied = await session.RunAsync([commands[0]]);
        Assert.That(applied.Single(), Does.Contain("storageelement.rucio.cern.ch/disk created"));
        await _world.Bed.WaitAsync(World.Instances, "rucio", "rucio", instance => SandboxBed.Condition(instance, "Ready") is { } ready
            && ready["status"]!.GetValue<string>() == "False" && ready["reason"]!.GetValue<string>().StartsWith("Database", StringComparison.Ordinal));
        Assert.That((await session.RunAsync([commands[1]])).Single(), Does.Match("rucioinstance.rucio.cern.ch/rucio +False +Database"));
    }

    [Test]
    public async Task Commands_within_sentences_work()
    {
        _world.Bed.CreateAdminSecret(Rucio);
        Apply("10-instance.yaml");
        await InstanceReadyAsync();
        await ExperimentReadyAsync();
        var commands = ReadmeCommand.All.Where(command => KnownCommand.Of(command)?.Test == nameof(Commands_within_sentences_work)).Select(command => command.Text).Distinct()
            .Select(text => text.StartsWith("kubectl wait", StringComparison.Ordinal) ? $"{text} -n rucio ri/rucio" : text.StartsWith("kubectl explain", StringComparison.Ordinal) ? $"{text} > explained" : $"{text} -n rucio").ToList();
        foreach (var command in commands)
            Assert.That((await _session.RunAsync([new("", $"{command} && echo '(done)'", [])])).Single(), Does.Contain("(done)"), command);
    }

    private async Task InstanceReadyAsync()
    {
        _world.Bed.CreateAdminSecret(Rucio);
        await _world.ReadyAsync((World.Instances, Rucio, "rucio"));
    }

    private async Task ExperimentReadyAsync()
    {
        Apply("20-vo.yaml");
        await _world.ReadyAsync((World.Vos, Rucio, "sky"), (World.Storages, Rucio, "disk"));
        // The count follows the storage.
        await _world.Bed.WaitAsync(World.Vos, Rucio, "sky", vo => vo["status"]?["storages"]?.GetValue<int>() == 1);
    }

    /// <summary>The sample where the commands look for it, filled in as it asks for.</summary>
    private void Lay()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_session.Folder, "samples", "quickstart"));
        foreach (var file in Directory.GetFiles(Repository.Path("samples", "quickstart"), "*.yaml"))
            File.WriteAllText(Path.Combine(folder.FullName, Path.GetFileName(file)), File.ReadAllText(file)
                .Replace("namespace: rucio\n", $"namespace: {Rucio}\n", StringComparison.Ordinal).Replace("username: CHANGE-ME", $"username: {PostgresServer.AdminName}", StringComparison.Ordinal)
                .Replace("host: postgres.example.org", $"host: {_world.Proxy.Host}\n      port: {_world.Proxy.Port}", StringComparison.Ordinal).Replace("sslMode: Require", "sslMode: Disable", StringComparison.Ordinal));
    }

    private void Apply(string file)
    {
        foreach (var node in Yaml.Parse(File.ReadAllText(Repository.Path("samples", "quickstart", file))).Where(node => node.Text("kind") is not ("Namespace" or "Secret")))
        {
            node["metadata"]!["namespace"] = Rucio;
            if (node["spec"]?["database"]?["provision"] is { } database)
                (database["host"], database["port"], database["sslMode"]) = (_world.Proxy.Host, _world.Proxy.Port, "Disable");
            _world.Store.Upsert(node);
        }
    }
}
