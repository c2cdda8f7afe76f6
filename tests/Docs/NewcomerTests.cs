using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Docs;

/// <summary>
/// The front page, followed by somebody who has just cloned the project: a clone of what is committed, without anything built. What is
/// shown there of kubectl is typed by ReadmeSessionTests, and the story of samples/README.md by SampleStoriesTests.
/// </summary>
[Category("Slow")]
public sealed partial class NewcomerTests
{
    /// <summary>Beside the way to Ready: the table is drawn when all are Ready, with or without them.</summary>
    private static readonly string[] InTheirOwnTime = ["Served", "SpaceKnown", "Isolated", "Advised"];

    [Test]
    public async Task A_clean_clone_shows_the_table_of_the_front_page()
    {
        if (!Path.Exists(Repository.Path(".git")))
            Assert.Ignore("needs a git checkout");
        var clone = Directory.CreateTempSubdirectory("rucio-newcomer-");
        try
        {
            // Nothing of this run's own surroundings but where programs and packages are.
            string[] own = [.. ((string[])["HOME", "PATH", "NUGET_PACKAGES", "DOTNET_ROOT", "USER", "LANG"]).Where(name => Environment.GetEnvironmentVariable(name) is not null).Select(name => $"{name}={Environment.GetEnvironmentVariable(name)}")];
            await DoAsync("env", ["-i", .. own, "git", "-c", "safe.directory=*", "clone", "--quiet", Repository.Root, clone.FullName]);
            var demo = ReadmeCommand.Blocks("README.md").SelectMany(block => block).First(command => command.Text.StartsWith("make demo", StringComparison.Ordinal)).Text;
            var output = await DoAsync("env", ["-i", .. own, "KEEP=0", .. demo.Split(' ')], clone.FullName);

            var readme = await File.ReadAllTextAsync(Repository.Path("README.md"));
            var (shown, came) = (Rows(readme), Rows(output));
            Assert.That(shown, Has.Count.GreaterThanOrEqualTo(9));
            Assert.That(came, Is.EqualTo(shown), output);
            Assert.That(output.TrimEnd(), Does.EndWith($"ready: {came.Count} of {came.Count}"));
            Assert.That(readme, Does.Contain($"ready: {came.Count} of {came.Count}"));
        }
        finally
        {
            clone.Delete(recursive: true);
        }
    }

    private static async Task<string> DoAsync(string program, IReadOnlyList<string> arguments, string? directory = null)
    {
        var (code, output) = await Tool.RunAsync(program, arguments, directory: directory, within: TimeSpan.FromMinutes(10));
        Assert.That(code, Is.Zero, output);
        return output;
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
}
