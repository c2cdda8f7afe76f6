using System.Text.RegularExpressions;
using RucioOperator.Api;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Docs;

/// <summary>Every condition with the words that stand at its constant in the source.</summary>
internal static partial class ConditionTable
{
    private static readonly (string File, string Class, string Kinds)[] Sources =
    [
        ("Status/Conditions.cs", "Conditions", "all"),
        ("Controllers/InstanceConditions.cs", "InstanceConditions", RucioInstance.KubeKind),
        ("Planning/VoChange.cs", "VoConditions", VirtualOrganisation.KubeKind),
        ("Planning/StorageChange.cs", "StorageConditions", StorageElement.KubeKind),
        ("Controllers/TransferVerdict.cs", "TransferConditions", $"{RucioInstance.KubeKind}, {VirtualOrganisation.KubeKind}"),
    ];

    public static IReadOnlyList<(string Name, string Kinds, string Meaning)> All =>
    [
        .. from source in Sources
           let text = File.ReadAllText(Repository.Path("operator", source.File))
           from Match constant in Constants().Matches(Body(text, source.Class))
           select (constant.Groups["name"].Value, source.Kinds, Markdown(constant.Groups["summary"].Value)),
    ];

    public static IEnumerable<string> Lines =>
    [
        "| condition | of | meaning |",
        "| --- | --- | --- |",
        .. All.Select(condition => $"| `{condition.Name}` | {condition.Kinds} | {condition.Meaning} |"),
    ];

    private static string Body(string text, string name)
    {
        var from = text.IndexOf($" class {name}\n", StringComparison.Ordinal);
        return text[from..text.IndexOf("\n}", from, StringComparison.Ordinal)];
    }

    private static string Markdown(string summary) => Tag().Replace(summary, "`").Trim();

    [GeneratedRegex(@"(?:/// <summary>(?<summary>.*?)</summary>\s+)?public const string (?<name>\w+) = nameof\(\k<name>\);")]
    private static partial Regex Constants();

    [GeneratedRegex("</?c>")]
    private static partial Regex Tag();
}
