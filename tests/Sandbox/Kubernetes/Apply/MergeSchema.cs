using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Apply;

/// <summary>How one field merges: maps field by field or whole, lists whole, as sets, or by key.</summary>
internal abstract class MergeSchema
{
    /// <summary>Treated as one value, map or list.</summary>
    public bool Atomic { get; protected init; }

    public bool IsSet { get; protected init; }

    /// <summary>Key fields of a keyed list; empty for every other field.</summary>
    public IReadOnlyList<string> Keys { get; protected init; } = [];

    /// <summary>Key fields a client may leave out, with what is then meant.</summary>
    public virtual JsonNode? KeyDefault(string key) => key == "protocol" ? "TCP" : null;

    public abstract MergeSchema Field(string name);

    public abstract MergeSchema Item { get; }

    /// <summary>False for free-form maps, whose entries are owned one by one.</summary>
    public virtual bool Declares(string field) => true;

    public static MergeSchema BuiltIn { get; } = new BuiltInSchema("", "");

    public static MergeSchema ForCustom(JsonObject schema) => new CustomSchema(schema, isRoot: true);

    /// <summary>Path step of a keyed list's item.</summary>
    public string KeyOf(JsonObject item)
    {
        var key = new JsonObject();
        foreach (var name in Keys)
        {
            key.Put(name, item[name] ?? KeyDefault(name));
        }

        return "k:" + key.ToJsonString();
    }

    /// <summary>The built-in kinds by field name: their merge rules are regular enough for that.</summary>
    private sealed class BuiltInSchema : MergeSchema
    {
        private static readonly Dictionary<string, string[]> KeyedLists = new(StringComparer.Ordinal)
        {
            ["containers"] = ["name"],
            ["initContainers"] = ["name"],
            ["ephemeralContainers"] = ["name"],
            ["containers/env"] = ["name"],
            ["initContainers/env"] = ["name"],
            ["containers/volumeMounts"] = ["mountPath"],
            ["initContainers/volumeMounts"] = ["mountPath"],
            ["containers/ports"] = ["containerPort", "protocol"],
            ["initContainers/ports"] = ["containerPort", "protocol"],
            ["spec/ports"] = ["port", "protocol"],
            ["spec/volumes"] = ["name"],
            ["spec/imagePullSecrets"] = ["name"],
            ["spec/hostAliases"] = ["ip"],
            ["spec/topologySpreadConstraints"] = ["topologyKey", "whenUnsatisfiable"],
            ["status/conditions"] = ["type"],
            ["metadata/ownerReferences"] = ["uid"],
            ["secrets"] = ["name"],
        };

        private static readonly HashSet<string> AtomicMaps = new(StringComparer.Ordinal)
        {
            "spec/selector", "nodeSelector", "podSelector", "namespaceSelector", "secretKeyRef", "configMapKeyRef", "fieldRef",
            "resourceFieldRef", "involvedObject", "regarding", "related", "roleRef", "claimRef", "secretRef",
        };

        private readonly string _name;
        private readonly ConcurrentDictionary<string, MergeSchema> _fields = new(StringComparer.Ordinal);

        public BuiltInSchema(string parent, string name)
        {
            var path = $"{parent}/{name}";
            _name = name;
            Keys = KeyedLists.GetValueOrDefault(path) ?? KeyedLists.GetValueOrDefault(name) ?? [];
            Atomic = AtomicMaps.Contains(path) || AtomicMaps.Contains(name);
            IsSet = path == "metadata/finalizers";
        }

        public override MergeSchema Field(string name) => _fields.GetOrAdd(name, key => new BuiltInSchema(_name, key));

        public override MergeSchema Item => _name == "ownerReferences" ? Whole : this;

        public override bool Declares(string field) => _name is not ("labels" or "annotations" or "data" or "stringData");
    }

    private sealed class CustomSchema : MergeSchema
    {
        private readonly JsonObject? _schema;
        private readonly bool _isRoot;
        private readonly ConcurrentDictionary<string, MergeSchema> _fields = new(StringComparer.Ordinal);

        public CustomSchema(JsonObject? schema, bool isRoot = false)
        {
            _schema = schema;
            _isRoot = isRoot;
            Atomic = schema.Text("x-kubernetes-map-type") == "atomic";
            IsSet = schema.Text("x-kubernetes-list-type") == "set";
            Keys = schema.Text("x-kubernetes-list-type") == "map" ? [.. schema.At("x-kubernetes-list-map-keys").Texts()] : [];
        }

        public override MergeSchema Item => _fields.GetOrAdd("[]", _ => new CustomSchema(_schema?["items"] as JsonObject));

        public override MergeSchema Field(string name) => _fields.GetOrAdd(name, key => _isRoot && key == "metadata"
            ? BuiltIn.Field("metadata")
            : new CustomSchema(_schema.At("properties", key) as JsonObject ?? _schema?["additionalProperties"] as JsonObject));

        public override bool Declares(string field) => _isRoot || _schema.At("properties", field) is not null;

        public override JsonNode? KeyDefault(string key) => _schema.At("items", "properties", key, "default")?.DeepClone();
    }

    private static MergeSchema Whole { get; } = new WholeSchema();

    private sealed class WholeSchema : MergeSchema
    {
        public WholeSchema() => Atomic = true;

        public override MergeSchema Field(string name) => this;

        public override MergeSchema Item => this;
    }
}
