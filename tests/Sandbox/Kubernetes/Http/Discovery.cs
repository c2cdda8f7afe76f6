using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>What kubectl asks before it asks for anything: groups, resources, and enough OpenAPI v3 for server-side validation and explain.</summary>
internal sealed class Discovery(TypeRegistry types)
{
    private static readonly string[] Verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

    public static JsonObject Version => new()
    {
        ["major"] = "1",
        ["minor"] = "32",
        ["gitVersion"] = "v1.32.0-sandbox",
        ["gitCommit"] = "",
        ["gitTreeState"] = "clean",
        ["buildDate"] = "1970-01-01T00:00:00Z",
        ["goVersion"] = "",
        ["compiler"] = "",
        ["platform"] = "linux/amd64",
    };

    public JsonObject Groups() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = types.All.Where(type => type.Group.Length > 0).GroupBy(type => type.Group).Select(JsonNode (group) => Group(group)).ToJsonArray(),
    };

    public JsonObject? Group(string name) =>
        types.All.Where(type => type.Group == name).GroupBy(type => type.Group).FirstOrDefault() is { } group ? Group(group) : null;

    public JsonObject? Resources(string group, string version)
    {
        var served = types.All.Where(type => type.Group == group && type.Version == version).ToList();
        return served.Count == 0 ? null : new()
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = served[0].ApiVersion,
            ["resources"] = served.SelectMany(Entries).ToJsonArray(),
        };
    }

    /// <summary>The aggregated form: all of one root in one answer.</summary>
    public JsonObject Aggregated(bool core) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = types.All.Where(type => type.Group.Length == 0 == core).GroupBy(type => type.Group).Select(JsonNode (group) => new JsonObject
        {
            ["metadata"] = group.Key.Length == 0 ? new JsonObject() : new JsonObject { ["name"] = group.Key },
            ["versions"] = group.GroupBy(type => type.Version).Select(JsonNode (version) => new JsonObject
            {
                ["version"] = version.Key,
                ["freshness"] = "Current",
                ["resources"] = version.Select(JsonNode (type) => AggregatedEntry(type)).ToJsonArray(),
            }).ToJsonArray(),
        }).ToJsonArray(),
    };

    public JsonObject OpenApiIndex() => new()
    {
        ["paths"] = new JsonObject(types.All.GroupBy(Root).Select(group => KeyValuePair.Create(group.Key, (JsonNode?)new JsonObject
        {
            ["serverRelativeURL"] = $"/openapi/v3/{group.Key}",
        }))),
    };

    /// <summary>
    /// The real schemas of custom resources; built-in kinds are free-form. No strategic merge content type is
    /// listed, so that kubectl takes the merge keys it was compiled with.
    /// </summary>
    public JsonObject? OpenApi(string root)
    {
        var served = types.All.Where(type => Root(type) == root).ToList();
        return served.Count == 0 ? null : new()
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "Kubernetes", ["version"] = "v1.32.0" },
            ["paths"] = new JsonObject(served.Select(type => KeyValuePair.Create(
                $"/{root}/{(type.Namespaced ? "namespaces/{namespace}/" : "")}{type.Plural}/{{name}}", (JsonNode?)Operations(type)))),
            ["components"] = new JsonObject { ["schemas"] = new JsonObject(served.Select(type => KeyValuePair.Create(SchemaName(type), (JsonNode?)Schema(type)))) },
        };
    }

    private static string Root(ResourceType type) => type.Group.Length == 0 ? $"api/{type.Version}" : $"apis/{type.ApiVersion}";

    private static string SchemaName(ResourceType type) => $"{string.Join('.', type.Group.Split('.').Reverse())}.{type.Version}.{type.Kind}".TrimStart('.');

    private static JsonObject Schema(ResourceType type)
    {
        var schema = type.Schema?.Clone() ?? new() { ["type"] = "object", ["x-kubernetes-preserve-unknown-fields"] = true };
        schema["x-kubernetes-group-version-kind"] = new JsonArray(Identity(type));
        return schema;
    }

    private static JsonObject Operations(ResourceType type) => new(new[] { "get", "put", "patch", "delete" }.Select(method => KeyValuePair.Create(method, (JsonNode?)new JsonObject
    {
        ["operationId"] = $"{method}{type.Kind}",
        ["x-kubernetes-group-version-kind"] = Identity(type),
        ["parameters"] = new JsonArray(new JsonObject { ["name"] = "fieldValidation", ["in"] = "query", ["schema"] = new JsonObject { ["type"] = "string" } }),
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "OK",
                ["content"] = new JsonObject { ["application/json"] = new JsonObject { ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{SchemaName(type)}" } } },
            },
        },
    })));

    private static JsonObject Identity(ResourceType type) => new() { ["group"] = type.Group, ["version"] = type.Version, ["kind"] = type.Kind };

    private static JsonObject Group(IGrouping<string, ResourceType> group)
    {
        var versions = group.Select(type => type.Version).Distinct().Select(version => new JsonObject { ["groupVersion"] = $"{group.Key}/{version}", ["version"] = version }).ToList();
        return new()
        {
            ["kind"] = "APIGroup",
            ["apiVersion"] = "v1",
            ["name"] = group.Key,
            ["versions"] = versions.Select(JsonNode (version) => version).ToJsonArray(),
            ["preferredVersion"] = versions[0].DeepClone(),
        };
    }

    private static IEnumerable<JsonNode> Entries(ResourceType type)
    {
        var entry = new JsonObject
        {
            ["name"] = type.Plural,
            ["singularName"] = type.Singular,
            ["namespaced"] = type.Namespaced,
            ["kind"] = type.Kind,
        };
        entry.Put("shortNames", type.ShortNames.Count == 0 ? null : Json.ToJsonArray(type.ShortNames));
        entry.Put("categories", type.Categories.Count == 0 ? null : Json.ToJsonArray(type.Categories));
        entry["verbs"] = Json.ToJsonArray(Verbs);
        yield return entry;
        foreach (var (name, kind) in Subresources(type))
        {
            yield return new JsonObject
            {
                ["name"] = $"{type.Plural}/{name}",
                ["singularName"] = "",
                ["namespaced"] = type.Namespaced,
                ["kind"] = kind,
                ["verbs"] = new JsonArray("get", "patch", "update"),
            };
        }
    }

    private static JsonObject AggregatedEntry(ResourceType type)
    {
        var entry = new JsonObject
        {
            ["resource"] = type.Plural,
            ["singularResource"] = type.Singular,
            ["scope"] = type.Namespaced ? "Namespaced" : "Cluster",
            ["responseKind"] = Identity(type),
            ["verbs"] = Json.ToJsonArray(Verbs),
            ["subresources"] = Subresources(type).Select(JsonNode (sub) => new JsonObject
            {
                ["subresource"] = sub.Name,
                ["responseKind"] = new JsonObject { ["group"] = sub.Kind == "Scale" ? "autoscaling" : type.Group, ["version"] = "v1", ["kind"] = sub.Kind },
                ["verbs"] = new JsonArray("get", "patch", "update"),
            }).ToJsonArray(),
        };
        entry.Put("shortNames", type.ShortNames.Count == 0 ? null : Json.ToJsonArray(type.ShortNames));
        entry.Put("categories", type.Categories.Count == 0 ? null : Json.ToJsonArray(type.Categories));
        return entry;
    }

    private static IEnumerable<(string Name, string Kind)> Subresources(ResourceType type) =>
        (type.HasStatus ? [("status", type.Kind)] : Array.Empty<(string, string)>()).Concat(type.HasScale ? [("scale", "Scale")] : []);
}
