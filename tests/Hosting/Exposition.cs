using System.Globalization;
using System.Text.RegularExpressions;

namespace RucioOperator.Tests.Hosting;

/// <summary>Metrics in the text format of Prometheus.</summary>
internal sealed partial record Exposition(IReadOnlyList<Exposition.Family> Families, IReadOnlyList<Exposition.Sample> Samples)
{
    private static readonly string[] Suffixes = ["_bucket", "_sum", "_count"];

    /// <param name="Labels">Of any of its samples, without those of the format.</param>
    public sealed record Family(string Name, string Type, IReadOnlyList<string> Labels);

    public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

    public static Exposition Parse(string text)
    {
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var samples = lines.Where(l => l[0] != '#').Select(l => Line().Match(l)).Select(m => new Sample(m.Groups["name"].Value,
            Label().Matches(m.Groups["labels"].Value).ToDictionary(l => l.Groups[1].Value, l => l.Groups[2].Value), double.Parse(m.Groups["value"].Value, CultureInfo.InvariantCulture))).ToList();
        var families = from line in lines
                       where line.StartsWith("# TYPE ", StringComparison.Ordinal)
                       let words = line.Split(' ')
                       let names = words[3] == "histogram" ? Suffixes.Select(s => words[2] + s).ToArray() : [words[2]]
                       select new Family(words[2], words[3], [.. samples.Where(s => names.Contains(s.Name)).SelectMany(s => s.Labels.Keys).Where(l => l != "le").Distinct()]);
        return new([.. families], samples);
    }

    /// <summary>Of the one sample with these labels, among others; null: there is none.</summary>
    public double? Value(string name, params (string Name, string Value)[] labels) =>
        Samples.Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Select(s => (double?)s.Value).SingleOrDefault();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<labels>.*)\})? (?<value>\S+)( \d+)?$""")]
    private static partial Regex Line();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)",?""")]
    private static partial Regex Label();
}
