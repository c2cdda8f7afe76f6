using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Schema;

/// <summary>Pruning and defaulting as a CustomResourceDefinition's schema asks for.</summary>
internal static class StructuralSchema
{
    /// <summary>Takes out what the schema does not declare; returns the paths.</summary>
    public static List<string> Prune(JsonObject root, JsonObject schema)
    {
        var unknown = new List<string>();
        foreach (var name in root.Select(pair => pair.Key).ToList())
        {
            if (name is not ("apiVersion" or "kind" or "metadata"))
            {
                PruneField(root, name, schema, "", unknown);
            }
        }

        return unknown;
    }

    public static void Default(JsonNode? node, JsonObject? schema)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (name, property) in (schema.At("properties") as JsonObject) ?? [])
                {
                    var replacesNull = map.ContainsKey(name) && map[name] is null && !property.Flag("nullable");
                    if (property.At("default") is { } value && (!map.ContainsKey(name) || replacesNull))
                    {
                        map[name] = value.DeepClone();
                    }

                    Default(map[name], property as JsonObject);
                }

                foreach (var (name, value) in schema?["additionalProperties"] is JsonObject ? map : [])
                {
                    Default(value, schema!["additionalProperties"] as JsonObject);
                }

                break;
            case JsonArray list:
                foreach (var item in list)
                {
                    Default(item, schema?["items"] as JsonObject);
                }

                break;
        }
    }

    private static void Prune(JsonNode? node, JsonObject schema, string path, List<string> unknown)
    {
        if (node is JsonObject map)
        {
            foreach (var name in map.Select(pair => pair.Key).ToList())
            {
                PruneField(map, name, schema, path, unknown);
            }
        }
        else if (node is JsonArray list && schema["items"] is JsonObject item)
        {
            for (var i = 0; i < list.Count; i++)
            {
                Prune(list[i], item, $"{path}[{i}]", unknown);
            }
        }
    }

    private static void PruneField(JsonObject map, string name, JsonObject schema, string path, List<string> unknown)
    {
        var at = path.Length == 0 ? name : $"{path}.{name}";
        var keepsUnknown = schema.Flag("x-kubernetes-preserve-unknown-fields");
        switch (schema.At("properties", name) ?? schema["additionalProperties"])
        {
            case JsonObject field:
                Prune(map[name], field, at, unknown);
                break;
            case JsonValue allowed when allowed.GetValueKind() == JsonValueKind.True:
                break;
            default:
                if (!keepsUnknown)
                {
                    map.Remove(name);
                    unknown.Add(at);
                }

                break;
        }
    }
}
