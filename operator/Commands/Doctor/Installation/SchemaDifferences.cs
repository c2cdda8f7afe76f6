using System.Text.Json.Nodes;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>What two schemas of one kind take differently. Pure; words of descriptions don't count.</summary>
public static class SchemaDifferences
{
    /// <summary>What decides on values. Defaults are compared with, since the API server fills them in.</summary>
    private static readonly string[] Keywords =
        ["type", "format", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "uniqueItems", "default",
         "x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type", "x-kubernetes-map-type"];

    /// <summary>Paths with what is different there, in the schema's order; the server's own metadata is left out.</summary>
    public static IReadOnlyList<string> Between(JsonObject expected, JsonObject served)
    {
        List<string> differences = [];
        foreach (var part in (string[])["spec", "status"])
        {
            Compare(expected["properties"]?[part] as JsonObject, served["properties"]?[part] as JsonObject, part, differences);
        }
        Rules(expected, served, "the object", differences);
        return differences;
    }

    private static void Compare(JsonObject? expected, JsonObject? served, string path, List<string> differences)
    {
        if (expected is null || served is null)
        {
            if (expected is not null || served is not null)
            {
                differences.Add($"{path} is {(served is null ? "not there" : "unknown to this operator")}");
            }
            return;
        }
        foreach (var keyword in Keywords.Where(k => !JsonNode.DeepEquals(expected[k], served[k])))
        {
            differences.Add($"{path}: {keyword} differs");
        }
        if (!Names(expected["required"]).SetEquals(Names(served["required"])))
        {
            differences.Add($"{path}: required differs");
        }
        Rules(expected, served, path, differences);
        var (fields, others) = (expected["properties"] as JsonObject ?? [], served["properties"] as JsonObject ?? []);
        foreach (var name in fields.Select(f => f.Key).Union(others.Select(f => f.Key)))
        {
            Compare(fields[name] as JsonObject, others[name] as JsonObject, $"{path}.{name}", differences);
        }
        Compare(expected["items"] as JsonObject, served["items"] as JsonObject, $"{path}[]", differences);
        Compare(expected["additionalProperties"] as JsonObject, served["additionalProperties"] as JsonObject, $"{path}[*]", differences);
    }

    private static void Rules(JsonObject expected, JsonObject served, string path, List<string> differences)
    {
        if (!Names(expected["x-kubernetes-validations"], "rule").SetEquals(Names(served["x-kubernetes-validations"], "rule")))
        {
            differences.Add($"{path}: rules differ");
        }
    }

    private static HashSet<string> Names(JsonNode? list, string? field = null) => [.. (list as JsonArray ?? []).Select(e => (field is null ? e : e?[field])?.ToString().Trim() ?? "")];
}
