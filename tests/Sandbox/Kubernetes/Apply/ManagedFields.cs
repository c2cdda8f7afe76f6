using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Apply;

/// <summary>Who owns which field: the bookkeeping behind updates and server-side apply.</summary>
internal sealed class ManagedFields
{
    private static readonly string[] Unowned =
    [
        "f:name", "f:namespace", "f:uid", "f:resourceVersion", "f:generation", "f:creationTimestamp", "f:managedFields",
        "f:deletionTimestamp", "f:deletionGracePeriodSeconds", "f:selfLink",
    ];

    private readonly List<Entry> _entries;

    private ManagedFields(List<Entry> entries) => _entries = entries;

    public static ManagedFields Read(JsonObject? node) => new(
        [.. (node.At("metadata", "managedFields")).Objects().Where(entry => entry.Count > 0).Select(entry => new Entry(
            entry.Text("manager") ?? "unknown", entry.Text("operation") ?? "Update", entry.Text("apiVersion") ?? "v1",
            entry.Text("subresource") ?? "", entry.Text("time") ?? "", FieldSet.Parse(entry["fieldsV1"] as JsonObject)))]);

    public void Write(JsonObject node) => node.Metadata()["managedFields"] = _entries.Where(entry => !entry.Fields.IsEmpty)
        .OrderBy(entry => entry.Operation, StringComparer.Ordinal).ThenBy(entry => entry.Time, StringComparer.Ordinal)
        .Select(entry => entry.ToJson()).ToJsonArray();

    /// <summary>A create, update or patch: what it changed is now the writer's.</summary>
    public void Updated(JsonObject? old, JsonObject now, ResourceType type, Writer writer)
    {
        var (changed, removed) = Difference(old ?? [], now, type.Merge);
        if (changed.IsEmpty && removed.IsEmpty)
        {
            return;
        }

        var mine = Own(writer, "Update", type);
        foreach (var entry in _entries)
        {
            entry.Fields.ExceptWith(removed);
            if (entry != mine)
            {
                entry.Fields.ExceptWith(changed);
            }
        }

        if (!changed.IsEmpty)
        {
            mine.Fields.UnionWith(changed);
            mine.Time = writer.Time;
        }
    }

    /// <summary>Server-side apply of <paramref name="config"/>; returns the merged object.</summary>
    public JsonObject Applied(JsonObject live, JsonObject config, ResourceType type, Writer writer, bool force)
    {
        var fields = Owned(FieldTree.Of(config, type.Merge));
        var mine = Own(writer, "Apply", type);
        var others = new FieldSet();
        foreach (var entry in _entries.Where(entry => entry != mine))
        {
            others.UnionWith(entry.Fields);
        }

        var merged = (JsonObject)FieldTree.Merge(live.Clone(), config, type.Merge)!;
        FieldTree.Prune(merged, mine.Fields, fields, others, type.Merge);
        var (changed, removed) = Difference(live, merged, type.Merge);
        var conflicts = _entries.Where(entry => entry != mine)
            .SelectMany(entry => entry.Fields.Intersect(changed).Paths().Select(path => (entry.Shown, path))).ToList();
        if (conflicts.Count > 0 && !force)
        {
            throw ApiError.ApplyConflict(type, config.Name(), conflicts);
        }

        foreach (var entry in _entries.Where(entry => entry != mine))
        {
            entry.Fields.ExceptWith(changed);
            entry.Fields.ExceptWith(removed);
        }

        if (!JsonNode.DeepEquals(mine.Fields.ToJson(), fields.ToJson()) || mine.Time.Length == 0)
        {
            mine.Time = writer.Time;
        }

        mine.Fields = fields;
        return merged;
    }

    private Entry Own(Writer writer, string operation, ResourceType type)
    {
        var mine = _entries.Find(entry => entry.Manager == writer.Manager && entry.Operation == operation
            && entry.Subresource == writer.Subresource && entry.ApiVersion == type.ApiVersion);
        if (mine is null)
        {
            _entries.Add(mine = new(writer.Manager, operation, type.ApiVersion, writer.Subresource, "", new()));
        }

        return mine;
    }

    private static (FieldSet Changed, FieldSet Removed) Difference(JsonObject old, JsonObject now, MergeSchema schema)
    {
        var (changed, removed) = (new FieldSet(), new FieldSet());
        FieldTree.Compare(old, now, schema, changed, removed);
        return (Owned(changed), Owned(removed));
    }

    private static FieldSet Owned(FieldSet set)
    {
        foreach (var field in Unowned)
        {
            set.Drop("f:metadata", field);
        }

        set.Drop("f:apiVersion");
        set.Drop("f:kind");
        if (set["f:metadata"] is { } metadata)
        {
            metadata.Member = false;
            set.Drop("f:metadata", "");
        }

        return set;
    }

    private sealed class Entry(string manager, string operation, string apiVersion, string subresource, string time, FieldSet fields)
    {
        public string Manager { get; } = manager;
        public string Operation { get; } = operation;
        public string ApiVersion { get; } = apiVersion;
        public string Subresource { get; } = subresource;
        public string Time { get; set; } = time;
        public FieldSet Fields { get; set; } = fields;

        public string Shown => $"\"{Manager}\"" + (Subresource.Length == 0 ? "" : $" with subresource \"{Subresource}\"")
            + (Operation == "Apply" ? "" : $" using {ApiVersion}");

        public JsonObject ToJson()
        {
            var node = new JsonObject
            {
                ["manager"] = Manager,
                ["operation"] = Operation,
                ["apiVersion"] = ApiVersion,
                ["time"] = Time,
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = Fields.ToJson(),
            };
            node.Put("subresource", Subresource.Length == 0 ? null : Subresource);
            return node;
        }
    }
}

/// <summary>Who writes, through which subresource, and when.</summary>
internal sealed record Writer(string Manager, string Subresource, string Time);
