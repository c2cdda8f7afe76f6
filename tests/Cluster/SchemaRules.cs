using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RucioOperator.Tests.Cluster;

/// <summary>One x-kubernetes-validations entry.</summary>
/// <param name="Path">Of the schema that carries it, such as <c>.spec.endpoints[].url</c>; empty at the root.</param>
/// <param name="Field">What the server names when the rule is broken.</param>
public sealed record SchemaRule(string Kind, string Path, string Rule, string Message, string Field)
{
    public override string ToString() => $"{Kind}{Path}: {Message}";
}

/// <summary>All rules of the definitions, read from the YAML, so that none is without a case.</summary>
internal static partial class SchemaRules
{
    public static IReadOnlyList<SchemaRule> All { get; } = [.. TestCluster.Definitions().SelectMany(d =>
    {
        var found = new List<SchemaRule>();
        Walk(d["spec"]!["names"]!["kind"]!.GetValue<string>(), d["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject(), "", found);
        return found;
    })];

    /// <summary>The smallest value a schema takes.</summary>
    public static JsonNode Sample(JsonObject schema)
    {
        if (schema["enum"] is JsonArray values)
            return values[0]!.DeepClone();
        if (schema["x-kubernetes-int-or-string"] is not null)
            return 1;
        return schema["type"]!.GetValue<string>() switch
        {
            "object" => new JsonObject((schema["required"] as JsonArray ?? []).Select(r => KeyValuePair.Create(r!.GetValue<string>(), (JsonNode?)Sample(schema["properties"]![r!.GetValue<string>()]!.AsObject())))),
            "array" => new JsonArray(),
            "boolean" => true,
            "integer" => schema["minimum"]?.DeepClone() ?? 1,
            _ => new string('x', (int)(schema["minLength"]?.GetValue<long>() ?? 1)),
        };
    }

    /// <summary>The first place in an object that a rule's path leads to.</summary>
    public static JsonNode? Find(JsonNode root, string path)
    {
        JsonNode? node = root;
        foreach (var step in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            node = (node as JsonObject)?[step.Replace("[]", "")];
            if (step.EndsWith("[]", StringComparison.Ordinal))
                node = (node as JsonArray)?.FirstOrDefault();
        }
        return node;
    }

    /// <summary>A field as the server writes it, with places instead of numbers: <c>spec.accounts[].name</c>.</summary>
    public static string Normal(string field) => Index().Replace(field, "[]");

    private static void Walk(string kind, JsonObject schema, string path, List<SchemaRule> found)
    {
        foreach (var rule in schema["x-kubernetes-validations"] as JsonArray ?? [])
        {
            var field = path + (rule!["fieldPath"]?.GetValue<string>() ?? "");
            found.Add(new(kind, path, rule["rule"]!.GetValue<string>(), rule["message"]!.GetValue<string>(), field.TrimStart('.')));
        }
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
            Walk(kind, property!.AsObject(), $"{path}.{name}", found);
        if (schema["items"] is JsonObject items)
            Walk(kind, items, $"{path}[]", found);
    }

    [GeneratedRegex(@"\[\d+\]")]
    private static partial Regex Index();
}
