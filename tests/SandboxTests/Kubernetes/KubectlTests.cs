using System.ComponentModel;
using System.Diagnostics;
using NUnit.Framework;
using static RucioOperator.Tests.SandboxTests.Kubernetes.WidgetApi;

namespace RucioOperator.Tests.SandboxTests.Kubernetes;

public sealed class KubectlTests
{
    private WidgetApi _api = null!;
    private string _cache = "";

    [SetUp]
    public async Task StartAsync()
    {
        _api = await WidgetApi.StartAsync();
        _cache = Directory.CreateTempSubdirectory("kubectl-cache-").FullName;
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _api.DisposeAsync();
        Directory.Delete(_cache, recursive: true);
    }

    [Test]
    public async Task Kubectl_applies_both_ways_lists_and_deletes()
    {
        Assert.That(await KubectlAsync("apply -f -", Widget("a", "{size: 1, title: hello}").ToJsonString()), Is.EqualTo("widget.example.org/a created"));
        Assert.That(await KubectlAsync("apply -f -", Widget("a", "{size: 1}").ToJsonString()), Is.EqualTo("widget.example.org/a configured"));
        Assert.That(await KubectlAsync("get widget a -o jsonpath={.spec}"), Is.EqualTo("""{"color":"red","size":1}"""));
        Assert.That(await KubectlAsync("apply --server-side -f -", Widget("a", "{size: 2}").ToJsonString()), Does.Contain("conflict with \"kubectl-client-side-apply\""));
        Assert.That(await KubectlAsync("apply --server-side --force-conflicts -f -", Widget("a", "{size: 2}").ToJsonString()), Is.EqualTo("widget.example.org/a serverside-applied"));
        Assert.That(await KubectlAsync("get widgets --no-headers"), Does.Match(@"^a\s+2\s+\d+s$"));
        Assert.That(await KubectlAsync("apply -f -", Widget("b", "{size: 1, sice: 2}").ToJsonString()), Does.Contain("unknown field \"spec.sice\""));
        Assert.That(await KubectlAsync("delete widget a"), Does.Contain("deleted"));
    }

    private async Task<string> KubectlAsync(string arguments, string input = "")
    {
        using var process = new Process
        {
            StartInfo = new("kubectl", $"--kubeconfig {_api.Server.KubeconfigPath} --cache-dir {_cache} {arguments}")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception)
        {
            Assert.Ignore("needs kubectl");
        }

        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (await output + await errors).Trim();
    }
}
