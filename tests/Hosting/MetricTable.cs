using System.Text.RegularExpressions;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Hosting;

/// <summary>The table of all figures in the operator's README: what dashboards and alerts may name.</summary>
internal static partial class MetricTable
{
    public const string Begin = "<!-- metrics: written by make golden, but for the labels -->";
    public const string End = "<!-- /metrics -->";

    /// <summary>Those of .NET that dashboards name; the process is looked at for them, too.</summary>
    public static IReadOnlyList<string> OfTheRuntime { get; } = ["dotnet_process_memory_working_set_bytes", "dotnet_process_cpu_time_seconds_total"];

    /// <param name="Type">Of Prometheus: counter, gauge or histogram.</param>
    public sealed record Row(string Name, string Type, IReadOnlyList<string> Labels, string Meaning)
    {
        public override string ToString() => $"| `{Name}` | {Type} | {string.Join(", ", Labels.Select(l => $"`{l}`"))} | {Meaning} |";
    }

    public static string Path => Repository.Path("operator", "README.md");

    public static IReadOnlyList<Row> Rows { get; } = Read();

    /// <summary>What stands for a metric in queries: a histogram has three series.</summary>
    public static IEnumerable<(string Series, IReadOnlyList<string> Labels)> Series => Rows.SelectMany(r => r.Type == "histogram"
        ? [($"{r.Name}_bucket", [.. r.Labels, "le"]), ($"{r.Name}_sum", r.Labels), ($"{r.Name}_count", r.Labels)]
        : new[] { (r.Name, r.Labels) });

    private static List<Row> Read() =>
        [.. Line().Matches(Section(File.ReadAllText(Path))).Select(m => new Row(m.Groups[1].Value, m.Groups[2].Value, [.. Word().Matches(m.Groups[3].Value).Select(w => w.Groups[1].Value)], m.Groups[4].Value))];

    public static string Section(string text) => text[(text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)..text.IndexOf(End, StringComparison.Ordinal)];

    [GeneratedRegex(@"^\| `(\w+)` \| (\w+) \| (.*?) \| (.*) \|$", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex("`(\\w+)`")]
    private static partial Regex Word();
}
