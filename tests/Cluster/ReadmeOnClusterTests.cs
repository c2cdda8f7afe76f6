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
        Assert.That(commands, Is.Not.Empty);
        foreach (var command in commands)
        {
            // Definitions are there already, by another hand.
            var (code, output, errors) = await Helm.RunAsync(cluster.Kubeconfig, [.. command.Split(' ').Skip(1).Select(word => word == "charts/rucio-operator" ? Helm.Chart : word), "--dry-run=server", "--take-ownership"]);
            Assert.That(code, Is.Zero, $"{command}: {errors}");
            Assert.That(output, Does.Contain("kind: Deployment").And.Contain("STATUS: pending-install"));
        }
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
