using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Behaviour;
using RucioOperator.Tests.Docs;

namespace RucioOperator.Tests.Commands;

/// <summary>The shipped binary under the name by which kubectl finds plugins; kubectl itself runs it.</summary>
public sealed class KubectlPluginTests
{
    [Test]
    public async Task Kubectl_finds_the_binary_by_the_link_of_the_front_page()
    {
        if (OperatorProcess.Published is not { } binary)
        {
            Assert.Ignore("needs the published binary: make publish, or RUCIO_OPERATOR_BIN");
            return;
        }
        await using var world = await World.StartAsync("--no-operator");
        var home = Directory.CreateTempSubdirectory("rucio-plugin-");
        try
        {
            // As in a checkout where it was published.
            File.CreateSymbolicLink(Path.Combine(home.CreateSubdirectory("artifacts/publish").FullName, "rucio-operator"), binary);
            var environment = new Dictionary<string, string>
            {
                ["HOME"] = home.FullName,
                ["KUBECONFIG"] = world.Bed.Kubernetes.KubeconfigPath,
                ["PATH"] = $"{home.FullName}/.local/bin:{Environment.GetEnvironmentVariable("PATH")}",
            };
            async Task<string> TypeAsync(string command) => (await Tool.RunAsync("bash", ["-c", $"set -e; {command}"], directory: home.FullName, environment: environment)).Output;

            var shown = ReadmeCommand.Blocks("README.md").Single(block => block.Any(command => command.Text.StartsWith("ln -s", StringComparison.Ordinal)));
            foreach (var command in shown)
            {
                var output = await TypeAsync(command.Text);
                if (command.Shown is [var first, ..])
                    Assert.That(output, Does.StartWith(first), command.Text);
                else
                    Assert.That(output, Is.Empty, command.Text);
            }
            Assert.That(await TypeAsync("kubectl plugin list"), Does.Contain($"{home.FullName}/.local/bin/kubectl-rucio"));
            Assert.That(await TypeAsync("kubectl rucio status -A"), Is.EqualTo("kubectl rucio: no resources found\n"), "the cluster is that of kubectl's own configuration");
            Assert.That(await TypeAsync("kubectl rucio plan --offline -n rucio -f " + Repository.Path("samples", "quickstart")), Does.Contain("VirtualOrganisation rucio/sky").And.Contain("Plan: 3 to create"));
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
