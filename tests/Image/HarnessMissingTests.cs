using System.Diagnostics;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Image;

/// <summary>`make e2e` where it can't run.</summary>
public sealed class HarnessMissingTests
{
    [TestCase("KUBECONFIG", "/dev/null", "IMAGE is not")]
    [TestCase("PATH", "", "docker is missing")]
    public async Task It_says_in_one_line_what_is_missing(string name, string value, string words)
    {
        var tools = Directory.CreateTempSubdirectory("rucio-e2e-tools-").FullName;
        try
        {
            // A machine with these and nothing else.
            foreach (var tool in (string[])["bash", "dirname", "mktemp", "rm", "kubectl", "openssl", "git", "helm"])
            {
                var real = new[] { "/usr/bin", "/bin" }.Select(folder => Path.Combine(folder, tool)).FirstOrDefault(File.Exists);
                File.CreateSymbolicLink(Path.Combine(tools, tool), real ?? "/bin/true");
            }
            var start = new ProcessStartInfo(Path.Combine(tools, "bash"), [Repository.Path("tests", "e2e", "run")]) { RedirectStandardOutput = true, RedirectStandardError = true };
            (start.Environment["KUBECONFIG"], start.Environment["IMAGE"], start.Environment["HELM"]) = ("", "", "");
            start.Environment[name] = value;
            start.Environment["PATH"] = tools;
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            Assert.Multiple(async () =>
            {
                Assert.That(process.ExitCode, Is.EqualTo(77), await errors);
                Assert.That((await output).Trim().Split('\n'), Has.Exactly(1).StartsWith("make e2e: skipped: ").And.Exactly(1).Contains(words));
                Assert.That(await errors, Is.Empty);
            });
        }
        finally
        {
            Directory.Delete(tools, recursive: true);
        }
    }
}
