using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>The JSONPath of printer columns: members, indexes, wildcards, and equality filters.</summary>
internal static partial class JsonPath
{
    private static readonly ConcurrentDictionary<string, Func<JsonNode?, IEnumerable<JsonNode?>>> Compiled = new(StringComparer.Ordinal);

    public static JsonNode? First(JsonNode? node, string path) => Compiled.GetOrAdd(path, Compile)(node).FirstOrDefault();

    private static Func<JsonNode?, IEnumerable<JsonNode?>> Compile(string path)
    {
        var steps = Step().Matches(path).Select(Compile).ToList();
        return node => steps.Aggregate((IEnumerable<JsonNode?>)[node], (nodes, step) => nodes.SelectMany(step));
    }

    private static Func<JsonNode?, IEnumerable<JsonNode?>> Compile(Match step)
    {
        if (step.Groups["filter"].Success)
        {
            var member = step.Groups["member"].Value.Replace("\\", "", StringComparison.Ordinal);
            var wanted = step.Groups["wanted"].Value.Trim('"', '\'');
            var equal = step.Groups["op"].Value == "==";
            return node => (node as JsonArray ?? []).Where(item => (First(item, member)?.ToString() == wanted) == equal);
        }

        if (step.Groups["index"].Success)
        {
            return int.TryParse(step.Groups["index"].Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)
                ? node => node is JsonArray list && Math.Abs(index) < list.Count + (index < 0 ? 1 : 0) ? [list[index < 0 ? list.Count + index : index]] : []
                : node => node is JsonArray list ? list : (node as JsonObject ?? []).Select(pair => pair.Value);
        }

        var name = (step.Groups["name"].Success ? step.Groups["name"] : step.Groups["quoted"]).Value.Replace("\\", "", StringComparison.Ordinal);
        return node => node is JsonObject map && map.TryGetPropertyValue(name, out var value) && value is not null ? [value] : [];
    }

    [GeneratedRegex("""\.(?<name>(?:\\.|[^.\[\\])+)|\[['"](?<quoted>[^'"]+)['"]\]|\[\?\((?<filter>@(?<member>[^=!]+?)\s*(?<op>==|!=)\s*(?<wanted>"[^"]*"|'[^']*'|[^)]+))\)\]|\[(?<index>-?\d+|\*)\]""")]
    private static partial Regex Step();
}
