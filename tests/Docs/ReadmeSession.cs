using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RucioOperator.Tests.Docs;

/// <summary>Types what a document shows into a shell, and compares what comes out. Ages, ports and passwords are of the day.</summary>
/// <param name="names">Namespace in the document → the one of this run.</param>
internal sealed partial class ReadmeSession(string kubeconfig, IReadOnlyDictionary<string, string> names) : IDisposable
{
    private const string Mark = "==== ";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("rucio-readme-");

    public string Folder => _directory.FullName;

    /// <param name="input">Typed where a command asks.</param>
    public async Task RunAsync(IReadOnlyList<ReadmeCommand> commands, string input = "")
    {
        var script = new StringBuilder("cd \"$1\"\n");
        foreach (var command in commands)
            script.Append($"printf '\\n{Mark}\\n'\n{Here(command.Text)}\n");
        // No terminal: what asks for a password reads it from the input.
        var (_, output) = await Tool.RunAsync("setsid", ["-w", "bash", "-c", $"exec 2>&1\n{script}", "session", Folder], input,
            environment: new Dictionary<string, string> { ["KUBECONFIG"] = kubeconfig, ["KUBECACHEDIR"] = Path.Combine(Folder, ".cache") });
        var came = output.Split($"\n{Mark}\n").Skip(1).ToList();
        Assert.That(came, Has.Count.EqualTo(commands.Count), output);
        foreach (var (command, lines) in commands.Zip(came))
        {
            TestContext.Out.WriteLine($"$ {command.Text}\n{lines}");
            if (command.Shown.Count > 0)
                Assert.That(Masked(Named(lines).Split('\n')), Is.EqualTo(Masked(command.Shown)), command.ToString());
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private string Here(string command) => names.Aggregate(command, (text, name) => Regex.Replace(text, $"-n {name.Key}\\b", $"-n {name.Value}"));

    private string Named(string output) => names.Aggregate(output, (text, name) => text.Replace(name.Value, name.Key, StringComparison.Ordinal));

    private static IReadOnlyList<string> Masked(IEnumerable<string> lines) =>
        [.. lines.Select(line => Spaces().Replace(Port().Replace(Age().Replace(line, " (age)"), "127.0.0.1:(port)"), " ").Trim()).Where(line => line.Length > 0)];

    [GeneratedRegex(@"\s\d+(s|m\d*s?|m|h)(?=\s|$)")]
    private static partial Regex Age();

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Port();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
