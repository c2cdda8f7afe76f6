using System.Text.Json.Nodes;

namespace RucioOperator.Tests.Docs;

/// <summary>A kind's schema as Markdown: each field with its type, limits, default and description, and what the rules of the schema refuse.</summary>
internal static class FieldTable
{
    public static IEnumerable<string> Fields(JsonObject schema, string part) =>
    [
        "| field | type | default | meaning |",
        "| --- | --- | --- | --- |",
        .. Rows(schema["properties"]![part]!.AsObject(), ""),
    ];

    public static IEnumerable<string> Rules(JsonObject schema) =>
    [
        "| where | refused with |",
        "| --- | --- |",
        .. RulesAt(schema, "").Distinct(),
    ];

    /// <summary>Names of all fields, as <see cref="Fields"/> writes them.</summary>
    public static IEnumerable<string> Paths(JsonObject schema, string part) => Below(schema["properties"]![part]!.AsObject(), "").Select(f => f.Path);

    private static IEnumerable<string> Rows(JsonObject schema, string path) =>
        Below(schema, path).Select(f => $"| `{f.Path}` | {Type(f.Field)} | {(f.IsRequired ? "required" : f.Field["default"] is { } value ? $"`{value.ToJsonString().Trim('"')}`" : "–")} | {Text(f.Field["description"]?.GetValue<string>() ?? "–")} |");

    private static IEnumerable<(string Path, JsonObject Field, bool IsRequired)> Below(JsonObject schema, string path)
    {
        var required = (schema["required"] as JsonArray ?? []).Select(name => name!.GetValue<string>()).ToHashSet();
        foreach (var (name, node) in schema["properties"] as JsonObject ?? [])
        {
            var (field, here) = (node!.AsObject(), $"{path}{name}");
            var inner = field["items"] as JsonObject ?? field["additionalProperties"] as JsonObject ?? field;
            here += field["items"] is JsonObject ? "[]" : field["additionalProperties"] is JsonObject ? "{}" : "";
            yield return (here, field, required.Contains(name));
            // Of a condition every cluster knows the fields.
            foreach (var below in here == "conditions[]" ? [] : Below(inner, $"{here}."))
                yield return below;
        }
    }

    private static string Type(JsonObject field) => field switch
    {
        { } f when f["enum"] is JsonArray values => string.Join(", ", values.Select(value => $"`{value}`")),
        { } f when f["x-kubernetes-int-or-string"] is not null => "quantity",
        { } f when f["items"] is JsonObject items => $"list of {Plain(items)}{Keys(f)}{Limits(f["minItems"], f["maxItems"], "")}",
        { } f when f["additionalProperties"] is JsonObject values => $"map of {Plain(values)}{Limits(f["minProperties"], f["maxProperties"], "")}",
        { } f when f["x-kubernetes-preserve-unknown-fields"] is not null => "object of any fields",
        { } f => f["type"]!.GetValue<string>() switch
        {
            "string" when f["format"]?.GetValue<string>() == "date-time" => "time",
            "string" => $"text{Limits(f["minLength"], f["maxLength"], " characters")}",
            "integer" => $"integer{Limits(f["minimum"], f["maximum"], "")}",
            var type => type,
        },
    };

    private static string Plain(JsonObject item) => item["enum"] is JsonArray values ? string.Join(", ", values.Select(value => $"`{value}`"))
        : item["x-kubernetes-int-or-string"] is not null ? "quantities"
        : item["type"]!.GetValue<string>() switch { "string" => "texts", "object" => "objects", "array" => "lists", var type => $"{type}s" };

    private static string Keys(JsonObject list) => list["x-kubernetes-list-map-keys"] is JsonArray keys ? $" by {string.Join(", ", keys.Select(key => $"`{key}`"))}" : "";

    private static string Limits(JsonNode? least, JsonNode? most, string unit) => (least?.ToJsonString(), most?.ToJsonString()) switch
    {
        (null, null) => "",
        (null, { } to) => $", ≤ {to}{unit}",
        ({ } from, null) => $", ≥ {from}{unit}",
        ({ } from, { } to) when from == to => $", {to}{unit}",
        ({ } from, { } to) => $", {from}–{to}{unit}",
    };

    private static IEnumerable<string> RulesAt(JsonObject schema, string path)
    {
        foreach (var rule in schema["x-kubernetes-validations"] as JsonArray ?? [])
            yield return $"| `{$"{path}{rule!["fieldPath"]?.GetValue<string>()}".TrimStart('.')}` | {Text(rule["message"]!.GetValue<string>())} |";
        foreach (var row in (schema["properties"] as JsonObject ?? []).SelectMany(p => RulesAt(p.Value!.AsObject(), path.Length == 0 ? p.Key : $"{path}.{p.Key}")))
            yield return row;
        foreach (var row in schema["items"] is JsonObject items ? RulesAt(items, $"{path}[]") : [])
            yield return row;
        foreach (var row in schema["additionalProperties"] is JsonObject values ? RulesAt(values, $"{path}{{}}") : [])
            yield return row;
    }

    /// <summary>Markdown takes an angle bracket for a tag, and a bar for the end of a cell.</summary>
    private static string Text(string text) => text.ReplaceLineEndings(" ").Trim().Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
