using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;

namespace RucioOperator.Planning;

/// <summary>
/// A subscription as Rucio keeps it. Filters are regular expressions there, tried from the start of a name and not to its end, on
/// <c>scope@tag</c>: the server appends the tag to each scope and account, and nothing else keeps a subscription within its VO.
/// </summary>
public static class SubscriptionDocument
{
    /// <summary>Rucio's columns hold 4000 characters of each.</summary>
    public const int MaxLength = 4000;

    /// <summary>The transmogrifier skips what it does not know in a rule; so the operator finds its own again, also from a new cluster.</summary>
    private const string Mark = "managed_by";
    private const string Operator = "rucio-operator";

    private static readonly string[] PlainTexts = ["provenance"];

    public static JsonObject Filter(SubscriptionSpec spec, string tag)
    {
        // The tag that follows ends a scope; in the base VO nothing follows.
        var end = tag == BaseVo.Tag ? "$" : "";
        var filter = new JsonObject { ["scope"] = List(spec.Filter.Scopes.Select(s => Expression(s) + end)) };
        if (spec.Filter.Accounts is { Count: > 0 } accounts)
        {
            filter["account"] = List(accounts);
        }
        if (spec.Filter.Pattern is { } pattern)
        {
            filter["pattern"] = Expression(pattern) + "$";
        }
        if (spec.Filter.ExcludedPattern is { } excluded)
        {
            filter["excluded_pattern"] = Expression(excluded) + "$";
        }
        foreach (var (_, column, text) in (spec.Filter.Metadata ?? new()).Columns())
        {
            filter[column] = PlainTexts.Contains(column) ? Expression(text) + "$" : List([Expression(text) + "$"]);
        }
        return filter;
    }

    public static JsonArray Rules(SubscriptionSpec spec) => [.. spec.Rules.Select(r =>
    {
        var rule = new JsonObject { ["rse_expression"] = r.RseExpression, ["copies"] = r.Copies, ["activity"] = r.Activity, [Mark] = Operator };
        if (r.Lifetime is { } lifetime)
        {
            rule["lifetime"] = (long)DurationText.Parse(lifetime).TotalSeconds;
        }
        return (JsonNode)rule;
    })];

    /// <summary>Empty comments can't be set again (core/subscription.py skips them).</summary>
    public static string Comments(SubscriptionSpec spec) => spec.Comments ?? spec.Name;

    /// <summary>By meaning: order of keys and blanks don't matter.</summary>
    public static bool Same(string have, JsonNode wanted) => JsonNode.DeepEquals(Read(have), wanted);

    public static bool IsOurs(string rules) => Read(rules) is JsonArray list && list.Any(r => r is JsonObject rule && rule[Mark] is JsonValue mark && mark.TryGetValue<string>(out var who) && who == Operator);

    private static JsonNode? Read(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonArray List(IEnumerable<string> texts) => [.. texts.Select(t => (JsonNode)t)];

    /// <summary>
    /// <c>*</c> is any characters, all else itself. Parts between two <c>*</c> are matched once, where they first occur, and not tried again
    /// elsewhere (a look-ahead and its group, since Python has atomic groups only since 3.11): else a name of many equal letters
    /// would keep the daemon of all VOs busy for hours.
    /// </summary>
    private static string Expression(string pattern)
    {
        var parts = pattern.Split('*');
        var text = new StringBuilder(Literal(parts[0]));
        var group = 0;
        foreach (var part in parts.Skip(1).SkipLast(1).Where(p => p != ""))
        {
            text.Append($"(?=(.*?{Literal(part)}))\\{++group}");
        }
        return parts.Length > 1 ? text.Append(".*").Append(Literal(parts[^1])).ToString() : text.ToString();
    }

    private static string Literal(string text) => string.Concat(text.Select(c => @"\.^$+?{}[]|()".Contains(c) ? $@"\{c}" : $"{c}"));
}
