using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Chart;
using RucioOperator.Tests.Docs;

namespace RucioOperator.Tests.Cluster;

/// <summary>What documents show of helm and kubectl, on a real API server: as they stand there, but as a dry run, since the server is shared.</summary>
[Category("Cluster")]
public sealed class ReadmeOnClusterTests
{
    [Test]
    public async Task The_chart_is_installed_as_the_documents_say()
    {
        var cluster = await TestCluster.GetAsync();
        var commands = ReadmeCommand.All.Where(command => KnownCommand.Of(command)?.Test == nameof(The_chart_is_installed_as_the_documents_say)).Select(command => command.Text).Distinct().ToList();
        Assert.That(commands, Has.Count.GreaterThan(1));
        var file = Path.Combine(Path.GetTempPath(), $"rucio-values-{Guid.NewGuid():n}.yaml");
        await File.WriteAllTextAsync(file, ReadmeExamplesTests.All[0]);
        foreach (var command in commands)
        {
            // Definitions are there already, by another hand.
            var words = command.Split(' ').Skip(1).Select(word => word switch { "charts/rucio-operator" => Helm.Chart, "operator-values.yaml" => file, _ => word });
            var (code, output, errors) = await Helm.RunAsync(cluster.Kubeconfig, [.. words, "--dry-run=server", "--take-ownership"]);
            Assert.That(code, Is.Zero, $"{command}: {errors}");
            Assert.That(output, Does.Contain("kind: Deployment").And.Contain("STATUS: pending-install").And.Contain("image: registry.example.org/"));
        }
        File.Delete(file);
    }

    [Test]
    public async Task Definitions_are_applied_as_the_documents_say()
    {
        var cluster = await TestCluster.GetAsync();
        foreach (var command in ReadmeCommand.All.Where(command => KnownCommand.Of(command)?.Test == nameof(Definitions_are_applied_as_the_documents_say)).Select(command => command.Text).Distinct())
        {
            var (code, output) = await Tool.RunAsync("kubectl", [.. command.Split(' ').Skip(1), "--dry-run=server", .. command.Contains("server-side", StringComparison.Ordinal) ? (string[])["--force-conflicts"] : []],
                directory: Repository.Root, environment: new Dictionary<string, string> { ["KUBECONFIG"] = cluster.Kubeconfig });
            Assert.That(code, Is.Zero, $"{command}: {output}");
        }
    }
}
