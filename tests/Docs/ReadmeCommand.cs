using System.Text.RegularExpressions;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Docs;

/// <summary>A command that a document shows, in a block or within a sentence.</summary>
/// <param name="File">Relative to the repository.</param>
/// <param name="Shown">The lines that follow it, as what comes out; empty where none are shown.</param>
internal sealed partial record ReadmeCommand(string File, string Text, IReadOnlyList<string> Shown)
{
    private static readonly string[] Programs = ["make", "kubectl", "helm", "rucio", "rucio-operator", "dotnet", "pip", "openssl", "git", "flux", "kubeseal", "apt-get", "export", "mkdir", "ln", "lua5.4", "cosign", "docker", "k3d", "artifacts/publish/rucio-operator"];

    public override string ToString() => $"{File}: {Text}";

    public static IReadOnlyList<string> Files => [.. Directory.EnumerateFiles(Repository.Root, "*.md", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Repository.Root, file))
        .Where(file => !file.Split('/').Any(part => part is "artifacts" or "bin" or "obj" || part.StartsWith('.')))
        .Order(StringComparer.Ordinal)];

    public static IReadOnlyList<ReadmeCommand> All => [.. Files.SelectMany(Of)];

    /// <summary>The blocks of a document, each with its commands in order.</summary>
    public static IReadOnlyList<IReadOnlyList<ReadmeCommand>> Blocks(string file) =>
        [.. Block().Matches(Read(file)).Select(block => (IReadOnlyList<ReadmeCommand>)[.. Commands(file, block.Groups["text"].Value.Split('\n'))])];

    private static IEnumerable<ReadmeCommand> Of(string file) =>
    [
        .. Blocks(file).SelectMany(block => block),
        .. Span().Matches(Block().Replace(Read(file), "")).Select(span => span.Groups[1].Value).Where(text => text.Contains(' ') && IsCommand(text)).Select(text => new ReadmeCommand(file, text, [])),
    ];

    /// <summary>With <c>$</c> before the commands the other lines are what came out; without, each line that begins with a program is one.</summary>
    private static IEnumerable<ReadmeCommand> Commands(string file, string[] lines)
    {
        if (!lines.Any(line => line.StartsWith("$ ", StringComparison.Ordinal)))
            return lines.Select(line => Variables().Replace(line, "")).Where(IsCommand).Select(line => new ReadmeCommand(file, Comment().Replace(line, "").Trim(), []));
        return lines.Select((line, at) => (line, at)).Where(l => l.line.StartsWith("$ ", StringComparison.Ordinal))
            .Select(l => new ReadmeCommand(file, l.line[2..], [.. lines.Skip(l.at + 1).TakeWhile(line => !line.StartsWith("$ ", StringComparison.Ordinal)).Where(line => line.Length > 0)]));
    }

    private static bool IsCommand(string text) => Programs.Contains(text.Split(' ')[0]);

    private static string Read(string file) => System.IO.File.ReadAllText(Repository.Path(file));

    [GeneratedRegex(@"^```(?<language>\w*)\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Span();

    /// <summary>What a command is given in its environment.</summary>
    [GeneratedRegex("^([A-Z_]+=[^ ]+ )+")]
    private static partial Regex Variables();

    [GeneratedRegex(" +# .*")]
    private static partial Regex Comment();
}
