using System.Text.Json.Nodes;

namespace RucioOperator.Tests.Api;

/// <summary>Fields that the schema has and a CEL rule calls "not supported yet", each in an otherwise valid manifest.</summary>
internal static class ToCome
{
    public static IEnumerable<(string Kind, string Path, JsonObject Manifest)> All()
    {
        foreach (var kind in Crds.Kinds.Keys)
        {
            foreach (var steps in Fields(Crds.Schema(kind)["properties"]!["spec"]!.AsObject(), []))
            {
                var manifest = Crds.Manifest(kind);
                yield return (kind, Set(manifest, Crds.Schema(kind), ["spec", .. steps]), manifest);
            }
        }
    }

    /// <summary>Paths below spec; "[]" steps into a list.</summary>
    private static IEnumerable<string[]> Fields(JsonObject schema, string[] path)
    {
        foreach (var rule in schema["x-kubernetes-validations"]?.AsArray() ?? [])
        {
            if (rule!["rule"]!.GetValue<string>().StartsWith("!has(self.", StringComparison.Ordinal) && rule["message"]!.GetValue<string>().EndsWith("is not supported yet", StringComparison.Ordinal))
                yield return [.. path, rule["fieldPath"]!.GetValue<string>().TrimStart('.')];
        }

        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            foreach (var found in Fields(property!.AsObject(), [.. path, name]))
                yield return found;
        }

        if (schema["items"] is JsonObject items)
        {
            foreach (var found in Fields(items, [.. path, "[]"]))
                yield return found;
        }
    }

    /// <summary>Makes the way to the field and the smallest value of its schema; returns its path.</summary>
    private static string Set(JsonObject manifest, JsonObject schema, string[] steps)
    {
        JsonNode at = manifest;
        var path = "";
        foreach (var step in steps)
        {
            schema = (step == "[]" ? schema["items"] : schema["properties"]![step])!.AsObject();
            if (at is JsonArray list)
            {
                list.Add(Smallest(schema));
                at = list[0]!;
                path += "[0]";
                continue;
            }

            at[step] ??= Smallest(schema);
            at = at[step]!;
            path += path == "" ? step : "." + step;
        }

        return path;
    }

    private static JsonNode Smallest(JsonObject schema) => schema["type"]?.GetValue<string>() switch
    {
        "object" => new JsonObject((schema["required"]?.AsArray() ?? []).Select(r => r!.GetValue<string>())
            .Select(r => KeyValuePair.Create(r, (JsonNode?)Smallest(schema["properties"]![r]!.AsObject())))),
        "array" => new JsonArray(),
        "boolean" => true,
        "integer" => 1,
        _ => schema["enum"]?[0]!.GetValue<string>() ?? "1",
    };
}
