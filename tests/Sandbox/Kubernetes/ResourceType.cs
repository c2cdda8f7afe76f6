using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes.Apply;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>One kind in one version: what discovery says about it and how its objects are treated.</summary>
internal sealed record ResourceType(string Group, string Version, string Kind, string Plural)
{
    public bool Namespaced { get; init; } = true;
    public string Singular { get; init; } = Kind.ToLowerInvariant();
    public string ListKind { get; init; } = Kind + "List";
    public IReadOnlyList<string> ShortNames { get; init; } = [];
    public IReadOnlyList<string> Categories { get; init; } = [];
    public bool HasStatus { get; init; }
    public bool HasScale { get; init; }

    /// <summary>True for types from a CustomResourceDefinition: schema rules apply instead of the built-in ones.</summary>
    public bool IsCustom { get; init; }
    public JsonObject? Schema { get; init; }
    public IReadOnlyList<Column> Columns { get; init; } = [];

    /// <summary>How lists and maps merge, for server-side apply and strategic patches.</summary>
    public MergeSchema Merge { get; init; } = MergeSchema.BuiltIn;

    /// <summary>Versions of one resource share their objects; so do the two Event groups.</summary>
    public string Storage { get; init; } = Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    public string GroupResource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public bool HasGeneration => IsCustom || Group is "apps" or "batch" or "policy" or "networking.k8s.io" or "apiextensions.k8s.io";

    public bool IsStoredForm(JsonObject node) => node.Text("apiVersion") == ApiVersion;

    /// <summary>The object as a client of this version sees it.</summary>
    public JsonObject FromStored(JsonObject node)
    {
        if (IsStoredForm(node))
        {
            return node;
        }

        var seen = Group == "events.k8s.io" ? EventForms.ToEvents(node.Clone()) : node.Clone();
        seen["apiVersion"] = ApiVersion;
        return seen;
    }

    public JsonObject ToStored(JsonObject node) => Group == "events.k8s.io" ? EventForms.ToCore(node) : node;
}

/// <summary>One column of a printed table.</summary>
internal sealed record Column(string Name, Func<JsonObject, JsonNode?> Cell)
{
    public string Type { get; init; } = "string";
    public string Format { get; init; } = "";
    public string Description { get; init; } = "";
    public int Priority { get; init; }
}

/// <summary>The two spellings of an Event; stored in the core one, which kubectl reads.</summary>
internal static class EventForms
{
    private static readonly (string Core, string Events)[] Names =
    [
        ("message", "note"), ("involvedObject", "regarding"), ("source", "deprecatedSource"), ("count", "deprecatedCount"),
        ("firstTimestamp", "deprecatedFirstTimestamp"), ("lastTimestamp", "deprecatedLastTimestamp"),
        ("reportingComponent", "reportingController"),
    ];

    public static JsonObject ToCore(JsonObject node)
    {
        foreach (var (core, events) in Names)
        {
            Move(node, events, core);
        }

        node["apiVersion"] = "v1";
        return node;
    }

    public static JsonObject ToEvents(JsonObject node)
    {
        foreach (var (core, events) in Names)
        {
            Move(node, core, events);
        }

        return node;
    }

    private static void Move(JsonObject node, string from, string to)
    {
        if (node.Remove(from, out var value))
        {
            node[to] = value;
        }
    }
}
