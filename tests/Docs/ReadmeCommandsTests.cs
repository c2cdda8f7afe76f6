using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Docs;

public sealed class ReadmeCommandsTests
{
    [Test]
    public void Every_command_of_a_document_is_run_by_a_test_or_has_a_reason_why_not() =>
        Assert.That(ReadmeCommand.All.Where(command => KnownCommand.Of(command) is null), Is.Empty, "tests/Docs/KnownCommands.cs says who runs it");

    [Test]
    public void Whoever_is_said_to_run_one_is_a_test_and_every_entry_is_still_needed()
    {
        Assert.That(KnownCommand.All.Where(known => known.Why is null && known.Suite!.GetMethod(known.Test!)?.IsDefined(typeof(TestAttribute), false) != true), Is.Empty);
        Assert.That(KnownCommand.All.Where(known => ReadmeCommand.All.All(command => KnownCommand.Of(command) != known)).Select(known => known.Begins), Is.Empty);
    }

    [Test]
    public async Task Every_target_of_make_that_is_named_is_one()
    {
        foreach (var command in ReadmeCommand.All.Select(command => command.Text).Where(text => text.StartsWith("make ", StringComparison.Ordinal)).Distinct())
        {
            var (code, output) = await Tool.RunAsync("make", ["-n", .. command.Split(' ').Skip(1)]);
            Assert.That(code, Is.Zero, $"{command}: {output}");
        }
    }

    [Test]
    public void Every_link_between_documents_leads_somewhere()
    {
        var lost = from file in ReadmeCommand.Files
                   from System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(Repository.Path(file)), @"\]\((?<to>[^)#: ]*)(?:#(?<part>[^)]+))?\)")
                   let to = link.Groups["to"].Value
                   let target = to.Length == 0 ? Repository.Path(file) : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Repository.Path(file))!, to))
                   where !Path.Exists(target) || (link.Groups["part"].Success && File.Exists(target) && !Anchors(target).Contains(link.Groups["part"].Value))
                   select $"{file}: {link.Value}";
        Assert.That(lost, Is.Empty);
    }

    /// <summary>Headings as GitHub and GitLab name them.</summary>
    private static HashSet<string> Anchors(string file) => [.. File.ReadLines(file).Where(line => line.StartsWith('#'))
        .Select(line => string.Concat(line.TrimStart('#').Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-'))];
}
