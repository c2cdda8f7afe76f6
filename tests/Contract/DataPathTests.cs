using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Demo;
using RucioOperator.Tests.SandboxTests;

namespace RucioOperator.Tests.Contract;

/// <summary>The Job's own script with Rucio's client, on a running Rucio and a storage that is a folder: one that works, and one that does not.</summary>
[Category("Contract"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class DataPathTests
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("rucio-data-path-");
    private readonly string _tag = $"{(char)('a' + Random.Shared.Next(26))}{Random.Shared.Next(16, 256):x2}";
    private SandboxBed _bed = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        foreach (var name in (string[])["RUCIO_TEST_URL", "RUCIO_TEST_PUBLIC_URL", "RUCIO_TEST_DB", "RUCIO_PYTHON"])
        {
            if (Environment.GetEnvironmentVariable(name) is not { Length: > 0 })
                Assert.Ignore($"needs a running Rucio 41 and a Python with its client: {name} is not set");
        }
        var rucio = LiveRucio.FromEnvironment()!;
        _bed = await SandboxBed.StartAsync(await SharedPostgres.ServerAsync(), live: true);
        _bed.ServiceOverrides = [$"rucio-admin.rucio={rucio.Url}", $"rucio-api.rucio={rucio.PublicUrl}"];
        _bed.StartOperator();
        Samples.Apply(_bed, "quickstart", rucio, file => file.Contains("instance", StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Combine(_directory.FullName, "storage"));
        _bed.Kubernetes.ApplyYaml($$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: VirtualOrganisation
            metadata: {name: {{_tag}}, namespace: rucio}
            spec:
              instanceRef: {name: rucio}
              tag: {{_tag}}
              check: {dataPath: true, storages: [DISK]}
            ---
            apiVersion: rucio.cern.ch/v1alpha1
            kind: StorageElement
            metadata: {name: {{_tag}}-disk, namespace: rucio}
            spec:
              voRef: {name: {{_tag}} }
              rse: DISK
              technology: Posix
              endpoints: [{url: "file://{{_directory.FullName}}/storage/"}]
            """);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_bed is not null)
            await _bed.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Test]
    public async Task It_works_and_it_is_seen_when_it_does_not()
    {
        var vo = await _bed.WaitConditionAsync("virtualorganisations.rucio.cern.ch", "rucio", _tag, "DataPathVerified", "True", within: TimeSpan.FromMinutes(2));
        Assert.That(SandboxBed.Condition(vo, "DataPathVerified")!["message"]!.GetValue<string>(), Does.StartWith("Uploaded to, found on, ruled and given up on DISK in"));
        Assert.That(SandboxBed.Condition(vo, "Isolated")!["status"]!.GetValue<string>(), Is.EqualTo("True"), "and all that is forbidden is refused there");

        Directory.Delete(Path.Combine(_directory.FullName, "storage"), recursive: true);
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "storage"), "no folder any more");
        _bed.Kubernetes.Store.Patch("virtualorganisations.rucio.cern.ch", "rucio", _tag, System.Text.Json.Nodes.JsonNode.Parse("""{"metadata": {"annotations": {"rucio.cern.ch/reconcile-at": "1"}}}""")!.AsObject());
        var broken = await _bed.WaitConditionAsync("virtualorganisations.rucio.cern.ch", "rucio", _tag, "DataPathVerified", "False", within: TimeSpan.FromMinutes(2));
        Assert.That(SandboxBed.Condition(broken, "DataPathVerified")!["message"]!.GetValue<string>(), Does.StartWith("DISK, upload: "));
    }
}
