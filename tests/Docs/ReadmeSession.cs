using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Docs;

/// <summary>Types what a document shows into a shell, and compares what comes out. Ages, ports and passwords are of the day.</summary>
/// <param name="names">Namespace in the document → the one of this run.</param>
/// <param name="checkout">Where it is typed, with what was built there; null: in a folder of its own, with what was built here.</param>
internal sealed partial class ReadmeSession(string kubeconfig, IReadOnlyDictionary<string, string> names, string? checkout = null) : IDisposable
{
    private const string Mark = "==== ";

    private readonly DirectoryInfo _directory = checkout is null ? WithOperator(Directory.CreateTempSubdirectory("rucio-readme-")) : Directory.CreateTempSubdirectory("rucio-readme-");

    public string Folder => _directory.FullName;

    /// <param name="input">Typed where a command asks.</param>
    /// <returns>What came out, command by command.</returns>
    public async Task<IReadOnlyList<string>> RunAsync(IReadOnlyList<ReadmeCommand> commands, string input = "")
    {
        var script = new StringBuilder(checkout is null ? "cd \"$1\"; chmod +x .bin/*; PATH=$1/.bin:$PATH\n" : "cd \"$1\"\n");
        foreach (var command in commands)
            script.Append($"printf '\\n{Mark}\\n'\n{Here(command.Text)}\n");
        // No terminal: what asks for a password reads it from the input.
        var (_, output) = await Tool.RunAsync("setsid", ["-w", "bash", "-c", $"exec 2>&1\n{script}", "session", checkout ?? Folder], input,
            environment: new Dictionary<string, string> { ["KUBECONFIG"] = kubeconfig, ["KUBECACHEDIR"] = Path.Combine(Folder, ".cache") });
        var answers = output.Split($"\n{Mark}\n").Skip(1).ToList();
        Assert.That(answers, Has.Count.EqualTo(commands.Count), output);
        foreach (var (command, lines) in commands.Zip(answers))
        {
            TestContext.Out.WriteLine($"$ {command.Text}\n{lines}");
            // Three dots: and so on.
            var (shown, came) = (Masked(command.Shown.TakeWhile(line => line != "...")), Masked(Named(lines).Split('\n')));
            if (command.Shown.Count > 0)
                Assert.That(command.Shown.Contains("...") ? came.Take(shown.Count) : came, Is.EqualTo(shown), $"{command}\n{lines}");
        }
        return answers;
    }

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>The binary that is tested under the two names that people call it by.</summary>
    private static DirectoryInfo WithOperator(DirectoryInfo folder)
    {
        var (program, first) = OperatorProcess.Program();
        foreach (var name in (string[])["rucio-operator", "kubectl-rucio"])
        {
            var file = Path.Combine(folder.CreateSubdirectory(".bin").FullName, name);
            File.WriteAllText(file, $"#!/bin/sh\nexec {string.Join(' ', [program, .. first])} \"$@\"\n");
        }
        return folder;
    }

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
