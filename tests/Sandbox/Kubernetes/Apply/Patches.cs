using System.Globalization;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Apply;

/// <summary>The three patch formats that need no bookkeeping. Each changes the given clone.</summary>
internal static class Patches
{
    /// <summary>RFC 7386.</summary>
    public static JsonObject Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject map)
            {
                target[name] = Merge(target[name] is JsonObject old ? old.Clone() : [], map);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }

        return target;
    }

    /// <summary>RFC 6902.</summary>
    public static JsonObject Json(JsonObject target, JsonArray operations)
    {
        foreach (var operation in operations.Objects())
        {
            var path = Steps(operation, "path");
            switch (operation.Text("op"))
            {
                case "add":
                    Insert(target, path, operation["value"]?.DeepClone());
                    break;
                case "replace":
                    _ = path.Length == 0 || Exists(target, path) ? true : throw Rejected($"replace operation does not apply: doc is missing key: {operation.Text("path")}");
                    Remove(target, path);
                    Insert(target, path, operation["value"]?.DeepClone());
                    break;
                case "remove":
                    Remove(target, path);
                    break;
                case "copy":
                    Insert(target, path, Find(target, Steps(operation, "from"))?.DeepClone());
                    break;
                case "move":
                    var moved = Find(target, Steps(operation, "from"))?.DeepClone();
                    Remove(target, Steps(operation, "from"));
                    Insert(target, path, moved);
                    break;
                case "test" when !JsonNode.DeepEquals(Find(target, path), operation["value"]):
                    throw Rejected($"testing value {operation.Text("path")} failed: test failed");
                case "test":
                    break;
                default:
                    throw ApiError.BadRequest($"unexpected patch operation {operation.ToJsonString()}");
            }
        }

        return target;
    }

    /// <summary>Kubernetes' own format for built-in kinds, with its directives.</summary>
    public static JsonObject Strategic(JsonObject target, JsonObject patch, MergeSchema schema)
    {
        if (patch.Text("$patch") == "replace")
        {
            var replaced = patch.Clone();
            replaced.Remove("$patch");
            return replaced;
        }

        foreach (var (name, value) in patch)
        {
            var field = schema.Field(name);
            if (name.StartsWith("$retainKeys", StringComparison.Ordinal))
            {
                var keep = value.Texts().ToHashSet(StringComparer.Ordinal);
                target.Select(pair => pair.Key).Where(key => !keep.Contains(key)).ToList().ForEach(key => target.Remove(key));
            }
            else if (name.StartsWith("$deleteFromPrimitiveList/", StringComparison.Ordinal))
            {
                var (list, gone) = (name[(name.IndexOf('/') + 1)..], value.Texts().ToHashSet(StringComparer.Ordinal));
                target[list] = target[list].Texts().Where(item => !gone.Contains(item)).ToJsonArray();
            }
            else if (name[0] != '$')
            {
                target.Put(name, value switch
                {
                    JsonObject map when map.Text("$patch") == "delete" => null,
                    JsonObject map => Strategic(target[name] is JsonObject old ? old.Clone() : [], map, field),
                    JsonArray list when field.IsSet => target[name].Texts().Union(list.Texts()).ToJsonArray(),
                    JsonArray list when field.Keys.Count > 0 => Items(target[name] as JsonArray, list, field.Keys[0], field),
                    _ => value,
                });
            }
        }

        foreach (var (name, order) in patch.Where(pair => pair.Key.StartsWith("$setElementOrder/", StringComparison.Ordinal)))
        {
            var list = name[(name.IndexOf('/') + 1)..];
            if (schema.Field(list).Keys is [var key, ..] && target[list] is JsonArray items)
            {
                var wanted = order.Objects().Select(item => item[key]?.ToJsonString()).ToList();
                target[list] = items.Objects().OrderBy(item => wanted.IndexOf(item[key]?.ToJsonString())).Select(item => item.DeepClone()).ToJsonArray();
            }
        }

        return target;
    }

    private static JsonArray Items(JsonArray? old, JsonArray patch, string key, MergeSchema schema)
    {
        if (patch.Objects().Any(item => item.Text("$patch") == "replace"))
        {
            return patch.Objects().Where(item => !item.ContainsKey("$patch")).Select(item => item.DeepClone()).ToJsonArray();
        }

        var items = old.Objects().Select(item => item.Clone()).ToList();
        foreach (var change in patch.Objects())
        {
            var at = items.FindIndex(item => JsonNode.DeepEquals(item[key], change[key]));
            if (change.Text("$patch") == "delete")
            {
                _ = at < 0 ? 0 : items.RemoveAll(item => JsonNode.DeepEquals(item[key], change[key]));
            }
            else if (at < 0)
            {
                items.Add(Strategic([], change, schema.Item));
            }
            else
            {
                items[at] = Strategic(items[at], change, schema.Item);
            }
        }

        return new([.. items]);
    }

    private static string[] Steps(JsonObject operation, string member) =>
        operation.Text(member) is { } pointer
            ? [.. pointer.Split('/').Skip(1).Select(step => step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))]
            : throw ApiError.BadRequest($"patch operation without {member}");

    private static JsonNode? Find(JsonNode? node, ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = node switch
            {
                JsonObject map when map.ContainsKey(step) => map[step],
                JsonArray list when Index(step, list.Count - 1) is { } at => list[at],
                _ => throw Rejected($"doc is missing path: {string.Join('/', path)}"),
            };
        }

        return node;
    }

    private static bool Exists(JsonObject target, string[] path) => Find(target, path.AsSpan()[..^1]) switch
    {
        JsonObject map => map.ContainsKey(path[^1]),
        JsonArray list => Index(path[^1], list.Count - 1) is not null,
        _ => false,
    };

    private static void Insert(JsonObject target, string[] path, JsonNode? value)
    {
        switch (Find(target, path.AsSpan()[..^1]))
        {
            case JsonObject map:
                map[path[^1]] = value;
                break;
            case JsonArray list when path[^1] == "-":
                list.Add(value);
                break;
            case JsonArray list when Index(path[^1], list.Count) is { } at:
                list.Insert(at, value);
                break;
            default:
                throw Rejected($"add operation does not apply: /{string.Join('/', path)}");
        }
    }

    private static void Remove(JsonObject target, string[] path)
    {
        switch (Find(target, path.AsSpan()[..^1]))
        {
            case JsonObject map when map.Remove(path[^1]):
                break;
            case JsonArray list when Index(path[^1], list.Count - 1) is { } at:
                list.RemoveAt(at);
                break;
            default:
                throw Rejected($"remove operation does not apply: doc is missing /{string.Join('/', path)}");
        }
    }

    private static int? Index(string step, int last) =>
        int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= last ? at : null;

    private static ApiError Rejected(string why) => new(422, "Invalid", $"the server rejected our request due to an error in our request: {why}");
}
