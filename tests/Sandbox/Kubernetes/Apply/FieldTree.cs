using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Apply;

/// <summary>Objects as trees of fields: which there are, what differs, merging, and taking fields out.</summary>
internal static class FieldTree
{
    /// <summary>Leaves, items of keyed lists, and entries of free-form maps.</summary>
    public static FieldSet Of(JsonNode? value, MergeSchema schema)
    {
        var set = new FieldSet();
        switch (value)
        {
            case JsonObject { Count: > 0 } map when !schema.Atomic:
                foreach (var (name, child) in map)
                {
                    var branch = Of(child, schema.Field(name));
                    branch.Member |= !schema.Declares(name);
                    set.Add("f:" + name, branch);
                }

                return set;
            case JsonArray { Count: > 0 } list when Parts(list, schema) is { } parts:
                foreach (var (step, item) in parts)
                {
                    var branch = schema.IsSet ? new FieldSet() : Of(item, schema.Item);
                    branch.Member = true;
                    set.Add(step, branch);
                }

                return set;
            default:
                set.Member = true;
                return set;
        }
    }

    public static void Compare(JsonNode? old, JsonNode? now, MergeSchema schema, FieldSet changed, FieldSet removed)
    {
        if (Parts(old, schema) is not { } before || Parts(now, schema) is not { } after)
        {
            changed.Member |= !JsonNode.DeepEquals(old, now);
            return;
        }

        foreach (var (step, value) in after)
        {
            var child = ChildSchema(schema, step);
            if (before.TryGetValue(step, out var was))
            {
                if (!JsonNode.DeepEquals(was, value))
                {
                    var (deepChanged, deepRemoved) = (new FieldSet(), new FieldSet());
                    Compare(was, value, child, deepChanged, deepRemoved);
                    changed.Add(step, deepChanged);
                    removed.Add(step, deepRemoved);
                }
            }
            else
            {
                changed.Add(step, Whole(value, child, step));
            }
        }

        foreach (var (step, value) in before.Where(part => !after.ContainsKey(part.Key)))
        {
            removed.Add(step, Whole(value, ChildSchema(schema, step), step));
        }
    }

    /// <summary>What is live with the applied fields on top.</summary>
    public static JsonNode? Merge(JsonNode? live, JsonNode? applied, MergeSchema schema)
    {
        if (live is JsonObject liveMap && applied is JsonObject map && !schema.Atomic)
        {
            foreach (var (name, value) in map)
            {
                var current = liveMap[name];
                var merged = Merge(current, value, schema.Field(name));
                if (merged is null || !ReferenceEquals(current, merged))
                {
                    liveMap[name] = merged;
                }
            }

            return liveMap;
        }

        if (live is not JsonArray || Parts(live, schema) is not { } before || Parts(applied, schema) is not { } after)
        {
            return applied?.DeepClone();
        }

        var order = before.Keys.All(after.ContainsKey) ? after.Keys : before.Keys.Union(after.Keys);
        return order.Select(step => !after.TryGetValue(step, out var value) ? before[step]?.DeepClone()
            : schema.IsSet ? value?.DeepClone() : Merge(before.GetValueOrDefault(step)?.DeepClone(), value, schema.Item)).ToJsonArray();
    }

    /// <summary>Removes what was applied before, is not any more, and belongs to nobody else.</summary>
    public static void Prune(JsonNode? node, FieldSet before, FieldSet? applied, FieldSet? others, MergeSchema schema)
    {
        foreach (var (step, last) in before.Children)
        {
            if (Lookup(node, step, schema) is not { } found)
            {
                continue;
            }

            var wanted = applied?[step] is { IsEmpty: false } || others?[step] is { IsEmpty: false };
            if (!wanted && last.Member)
            {
                Take(node!, step, found);
                continue;
            }

            Prune(found, last, applied?[step], others?[step], ChildSchema(schema, step));
            if (!wanted && found is JsonObject { Count: 0 } or JsonArray { Count: 0 })
            {
                Take(node!, step, found);
            }
        }
    }

    private static FieldSet Whole(JsonNode? value, MergeSchema schema, string step)
    {
        var branch = step[0] == 'v' ? new FieldSet() : Of(value, schema);
        branch.Member = true;
        return branch;
    }

    private static MergeSchema ChildSchema(MergeSchema schema, string step) => step[0] == 'f' ? schema.Field(step[2..]) : schema.Item;

    /// <summary>The value's own steps; null when it is a leaf.</summary>
    private static Dictionary<string, JsonNode?>? Parts(JsonNode? value, MergeSchema schema)
    {
        switch (value)
        {
            case JsonObject map when !schema.Atomic:
                return map.ToDictionary(pair => "f:" + pair.Key, pair => pair.Value, StringComparer.Ordinal);
            case JsonArray list when schema.IsSet || (schema.Keys.Count > 0 && list.All(item => item is JsonObject)):
                var parts = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
                foreach (var item in list)
                {
                    parts.TryAdd(schema.IsSet ? "v:" + item?.ToJsonString() : schema.KeyOf((JsonObject)item!), item);
                }

                return parts;
            default:
                return null;
        }
    }

    private static JsonNode? Lookup(JsonNode? node, string step, MergeSchema schema) =>
        node is JsonObject map ? step[0] == 'f' ? map[step[2..]] : null
        : node is JsonArray && Parts(node, schema) is { } parts ? parts.GetValueOrDefault(step) : null;

    private static void Take(JsonNode node, string step, JsonNode found)
    {
        if (node is JsonObject map)
        {
            map.Remove(step[2..]);
        }
        else
        {
            ((JsonArray)node).Remove(found);
        }
    }
}
