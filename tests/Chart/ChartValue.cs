using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Chart;

/// <summary>A value of values.yaml: where it is, what it is by default, and the comment above it.</summary>
internal sealed record ChartValue(string Path, JsonNode? Default, string Meaning)
{
    public static IReadOnlyList<ChartValue> All { get; } = Read();

    public static string File => System.IO.Path.Combine(Helm.Chart, "values.yaml");

    /// <summary>All as a Markdown table.</summary>
    public static string Table() => All.Aggregate(new StringBuilder("| value | default | meaning |\n| --- | --- | --- |\n"),
        (text, value) => text.Append($"| `{value.Path}` | `{Text(value.Default)}` | {value.Meaning} |\n")).ToString();

    private static string Text(JsonNode? node) => node is JsonValue scalar && scalar.GetValueKind() == JsonValueKind.String && scalar.GetValue<string>() is { Length: > 0 } word ? word : node?.ToJsonString() ?? "null";

    // The comment makes a leaf: a mapping without one is a group.
    private static List<ChartValue> Read()
    {
        var text = System.IO.File.ReadAllText(File);
        var root = Yaml.Parse(text).Single();
        var (found, groups, comment) = (new List<ChartValue>(), new Stack<(int Indent, string Key)>(), new List<string>());
        foreach (var line in text.Split('\n'))
        {
            var (indent, rest) = (line.Length - line.TrimStart().Length, line.Trim());
            if (rest.StartsWith('#'))
            {
                comment.Add(rest[1..].Trim());
                continue;
            }
            if (rest.Length > 0 && char.IsAsciiLetter(rest[0]) && rest.IndexOf(':') is var colon and > 0)
            {
                while (groups.TryPeek(out var above) && above.Indent >= indent)
                    groups.Pop();
                groups.Push((indent, rest[..colon]));
                var path = string.Join('.', groups.Reverse().Select(group => group.Key));
                if (!found.Any(value => path.StartsWith(value.Path + ".", StringComparison.Ordinal)) && (comment.Count > 0 || At(root, path) is not JsonObject))
                    found.Add(new(path, At(root, path), string.Join(' ', comment)));
            }
            comment.Clear();
        }
        return found;
    }

    private static JsonNode? At(JsonNode? node, string path) => path.Split('.').Aggregate(node, (at, key) => (at as JsonObject)?[key]);
}
