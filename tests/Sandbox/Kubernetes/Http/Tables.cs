using System.Globalization;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>Objects as clients ask for them in Accept: whole, metadata only, or rows of a printed table.</summary>
internal static class Tables
{
    public static JsonObject Of(ResourceType type, IEnumerable<JsonObject> nodes, JsonObject listMetadata, string includeObject, DateTimeOffset now)
    {
        var columns = Columns(type, now);
        return new()
        {
            ["kind"] = "Table",
            ["apiVersion"] = "meta.k8s.io/v1",
            ["metadata"] = listMetadata,
            ["columnDefinitions"] = columns.Select(JsonNode (column) => new JsonObject
            {
                ["name"] = column.Name,
                ["type"] = column.Type,
                ["format"] = column.Format,
                ["description"] = column.Description,
                ["priority"] = column.Priority,
            }).ToJsonArray(),
            ["rows"] = nodes.Select(JsonNode (node) => new JsonObject
            {
                ["cells"] = columns.Select(column => Cell(column, node, now)).ToJsonArray(),
                ["object"] = includeObject switch { "None" => null, "Object" => node.DeepClone(), _ => PartialMetadata(node) },
            }).ToJsonArray(),
        };
    }

    public static JsonObject PartialMetadata(JsonObject node) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = node["metadata"]?.DeepClone(),
    };

    private static List<Column> Columns(ResourceType type, DateTimeOffset now)
    {
        List<Column> columns = [new("Name", node => node.Name()) { Format = "name" }, .. type.Columns];
        if (!type.IsCustom || type.Columns.Count == 0)
        {
            columns.Add(new("Age", node => Age(node.Text("metadata", "creationTimestamp"), now)));
        }

        return columns;
    }

    private static JsonNode? Cell(Column column, JsonObject node, DateTimeOffset now) => (column.Type, column.Cell(node)) switch
    {
        ("date", JsonValue date) => Age(date.ToString(), now),
        ("string", JsonValue or JsonObject or JsonArray) and var (_, value) => value.ToString(),
        var (_, value) => value,
    };

    /// <summary>As kubectl shows ages: 5s, 3m20s, 4h, 12d.</summary>
    private static string Age(string? time, DateTimeOffset now)
    {
        if (!DateTimeOffset.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var then))
        {
            return "<unknown>";
        }

        var age = now - then;
        return age.TotalSeconds < 120 ? $"{Math.Max(0, (int)age.TotalSeconds)}s"
            : age.TotalMinutes < 10 ? Two(age.Minutes, "m", age.Seconds, "s")
            : age.TotalHours < 3 ? $"{(int)age.TotalMinutes}m"
            : age.TotalHours < 8 ? Two(age.Hours, "h", age.Minutes, "m")
            : age.TotalHours < 48 ? $"{(int)age.TotalHours}h"
            : age.TotalDays < 8 ? Two(age.Days, "d", age.Hours, "h")
            : $"{(int)age.TotalDays}d";
    }

    private static string Two(int big, string bigUnit, int small, string smallUnit) =>
        small == 0 ? $"{big}{bigUnit}" : $"{big}{bigUnit}{small}{smallUnit}";
}
