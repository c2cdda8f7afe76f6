using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Docs;

/// <summary>
/// The front page, followed by somebody who has just cloned the project: a clone of what is committed, without anything built. What is
/// shown there of an instance that is new or wrong is typed by ReadmeSessionTests, and the story of samples/README.md by SampleStoriesTests.
/// </summary>
[Category("Slow")]
public sealed partial class NewcomerTests
{
    /// <summary>Beside the way to Ready: the table is drawn when all are Ready, with or without them.</summary>
    private static readonly string[] InTheirOwnTime = ["Served", "SpaceKnown", "Isolated", "Advised"];

    /// <summary>Nothing of this run's own surroundings but where programs and packages are.</summary>
    private static readonly string[] Own = [.. ((string[])["HOME", "PATH", "NUGET_PACKAGES", "DOTNET_ROOT", "USER", "LANG"]).Where(name => Environment.GetEnvironmentVariable(name) is not null).Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}")];

    [Test]
    public async Task A_clean_clone_shows_what_the_front_page_shows()
    {
        if (!Path.Exists(Repository.Path(".git")))
            Assert.Ignore("needs a git checkout");
        var clone = Directory.CreateTempSubdirectory("rucio-newcomer-");
        try
        {
            var (code, told) = await Tool.RunAsync("env", ["-i", .. Own, "git", "-c", "safe.directory=*", "clone", "--quiet", Repository.Root, clone.FullName]);
            Assert.That(code, Is.Zero, told);
            var blocks = ReadmeCommand.Blocks("README.md");
            using var demo = new Demo(blocks.SelectMany(block => block).First(command => command.Text.StartsWith("make demo", StringComparison.Ordinal)).Text, clone.FullName);
            var output = await demo.UntilAsync("Ctrl-C ends it.");

            var readme = await File.ReadAllTextAsync(Repository.Path("README.md"));
            var (shown, came) = (Rows(readme), Rows(output));
            Assert.That(shown, Has.Count.GreaterThanOrEqualTo(9));
            Assert.That(came, Is.EqualTo(shown), output);
            Assert.That(output, Does.Contain($"ready: {came.Count} of {came.Count}\n"));
            Assert.That(readme, Does.Contain($"ready: {came.Count} of {came.Count}\n"));

            var export = Export().Match(output);
            Assert.That(export.Success, output);
            using var session = new ReadmeSession(export.Groups["path"].Value, new Dictionary<string, string>(), clone.FullName);
            // The path is the run's own; each entry of KnownCommands that names this test is typed here, in the page's order.
            await session.RunAsync([.. blocks.SelectMany(block => block).Where(command => KnownCommand.Of(command)?.Suite == typeof(NewcomerTests) && !command.Text.StartsWith("make ", StringComparison.Ordinal) && !command.Text.StartsWith("export KUBECONFIG", StringComparison.Ordinal))]);
        }
        finally
        {
            clone.Delete(recursive: true);
        }
    }

    /// <summary>A row of the table, whose cells may go on in the lines below; ends of proxies are of the day.</summary>
    private static List<string> Rows(string text)
    {
        var rows = new List<string[]>();
        foreach (var cells in text.Split('\n').Where(line => line.StartsWith('│')).Select(line => line.Trim('│', '\r').Split('│').Select(cell => cell.Trim()).ToArray()).Where(cells => cells.Length == 7 && cells[0] != "Kind"))
        {
            if (cells[0].Length > 0)
                rows.Add(cells);
            else
                rows[^1] = [.. rows[^1].Zip(cells, (above, below) => $"{above} {below}".Trim())];
        }
        return [.. rows.Select(cells => string.Join(" | ", [.. cells[..5], Conditions(cells[5]), cells[6]]))];
    }

    private static string Conditions(string cell) => string.Join(' ', Until().Replace(cell, "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => !InTheirOwnTime.Contains(word[1..])));

    [GeneratedRegex(@" until\s+\d{4}-\d\d-\d\d \d\d:\d\d")]
    private static partial Regex Until();

    [GeneratedRegex(@"^export KUBECONFIG=(?<path>\S+\.kubeconfig) ", RegexOptions.Multiline)]
    private static partial Regex Export();

    /// <summary>What is left running in a terminal until somebody types Ctrl-C there.</summary>
    private sealed class Demo : IDisposable
    {
        private readonly Process _process;

        // A group of its own, as a terminal gives: Ctrl-C reaches all of it.
        public Demo(string command, string directory) => _process = Process.Start(
            new ProcessStartInfo("env", ["-i", .. Own, "setsid", "bash", "-c", $"exec 2>&1; exec {command}"]) { WorkingDirectory = directory, RedirectStandardOutput = true })!;

        /// <returns>All that was written until <paramref name="words"/>.</returns>
        public async Task<string> UntilAsync(string words)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(10));
            var output = new StringBuilder();
            while (await _process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
            {
                output.Append(line).Append('\n');
                if (line.Contains(words, StringComparison.Ordinal))
                    return output.ToString();
            }
            throw new AssertionException($"ended without '{words}'\n{output}");
        }

        public void Dispose()
        {
            using var interrupt = Process.Start("kill", ["-INT", "--", $"-{_process.Id}"]);
            if (!_process.WaitForExit(TimeSpan.FromMinutes(1)))
                _process.Kill(entireProcessTree: true);
            _process.Dispose();
        }
    }
}
