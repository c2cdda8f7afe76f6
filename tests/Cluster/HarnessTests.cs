using System.Diagnostics;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Chart;

namespace RucioOperator.Tests.Cluster;

/// <summary>`make e2e` without nodes: what it applies is taken by a real API server, and what it promises of an uninstallation holds there.</summary>
[Category("Cluster")]
public sealed class HarnessTests
{
    private const string Assets = "KUBEBUILDER_ASSETS";

    [Test]
    public async Task All_that_the_harness_applies_is_taken_and_outlives_the_operator()
    {
        if (Environment.GetEnvironmentVariable(Assets) is not { Length: > 0 } assets)
        {
            Assert.Ignore($"needs a Kubernetes API of its own: {Assets} is not set");
            return;
        }
        Helm.Require();
        var (code, output) = await RunAsync(("KUBECONFIG", await KubeControlPlane.StartAsync(assets)), ("IMAGE", "registry.example.org/rucio-operator:e2e"), ("NODES", "0"));
        if (code == 77)
            Assert.Ignore(output);
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero, output);
            Assert.That(output, Does.Contain("all was applied"));
            Assert.That(output, Does.Not.Contain("Warning"), "the server has nothing to say about a manifest");
        });
    }

    private static async Task<(int Code, string Output)> RunAsync(params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Repository.Path("tests", "e2e", "run")) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(5)).Token);
        return (process.ExitCode, await output + await errors);
    }
}
