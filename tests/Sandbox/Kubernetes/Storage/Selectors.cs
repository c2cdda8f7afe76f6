using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RucioOperator.Sandbox.Kubernetes.Storage;

/// <summary>Label and field selectors of one request.</summary>
internal sealed partial class Selectors
{
    private readonly List<Func<JsonObject, bool>> _terms = [];

    public static Selectors None { get; } = new();

    public bool IsEmpty => _terms.Count == 0;

    public static Selectors Parse(string? labels, string? fields)
    {
        var selectors = new Selectors();
        foreach (var term in SplitTerms().Split(labels ?? "").Select(term => term.Trim()).Where(term => term.Length > 0))
        {
            selectors._terms.Add(LabelTerm(term));
        }

        foreach (var term in (fields ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            selectors._terms.Add(FieldTerm(term));
        }

        return selectors;
    }

    public bool Match(JsonObject node)
    {
        foreach (var term in _terms)
        {
            if (!term(node))
            {
                return false;
            }
        }

        return true;
    }

    private static Func<JsonObject, bool> LabelTerm(string term)
    {
        var set = SetTerm().Match(term);
        if (set.Success)
        {
            var values = set.Groups["values"].Value.Split(',').Select(value => value.Trim()).ToHashSet(StringComparer.Ordinal);
            var key = set.Groups["key"].Value;
            return set.Groups["not"].Success
                ? node => Label(node, key) is not { } value || !values.Contains(value)
                : node => Label(node, key) is { } value && values.Contains(value);
        }

        var pair = PairTerm().Match(term);
        if (pair.Success)
        {
            var (key, wanted) = (pair.Groups["key"].Value, pair.Groups["value"].Value);
            return pair.Groups["op"].Value == "!="
                ? node => Label(node, key) != wanted
                : node => Label(node, key) == wanted;
        }

        return KeyTerm().IsMatch(term)
            ? term[0] == '!' ? node => Label(node, term[1..].Trim()) is null : node => Label(node, term) is not null
            : throw ApiError.BadRequest($"unable to parse requirement: {term}");
    }

    private static Func<JsonObject, bool> FieldTerm(string term)
    {
        var pair = PairTerm().Match(term);
        if (!pair.Success)
        {
            throw ApiError.BadRequest($"invalid selector: '{term}'; can't understand '{term}'");
        }

        var (path, wanted) = (pair.Groups["key"].Value.Split('.'), pair.Groups["value"].Value);
        var equal = pair.Groups["op"].Value != "!=";
        return node => ((node.At(path) is JsonValue value ? value.ToString() : "") == wanted) == equal;
    }

    private static string? Label(JsonObject node, string key) => node.Text("metadata", "labels", key);

    [GeneratedRegex(@",(?![^(]*\))")]
    private static partial Regex SplitTerms();

    [GeneratedRegex(@"^(?<key>[^\s=!]+)\s+(?<not>not)?in\s*\((?<values>[^)]*)\)$")]
    private static partial Regex SetTerm();

    [GeneratedRegex(@"^(?<key>[^\s=!]+)\s*(?<op>==|=|!=)\s*(?<value>\S*)$")]
    private static partial Regex PairTerm();

    [GeneratedRegex(@"^!?\s*[\w./-]+$")]
    private static partial Regex KeyTerm();
}
