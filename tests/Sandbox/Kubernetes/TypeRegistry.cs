using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes.Apply;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>What is served now: the built-in kinds and those of the CustomResourceDefinitions present.</summary>
internal sealed class TypeRegistry
{
    public const string DefinitionStorage = "customresourcedefinitions.apiextensions.k8s.io";

    private volatile Dictionary<(string, string, string), ResourceType> _types =
        BuiltInTypes.All.ToDictionary(type => (type.Group, type.Version, type.Plural));

    public IEnumerable<ResourceType> All => _types.Values;

    public ResourceType? Find(string group, string version, string plural) => _types.GetValueOrDefault((group, version, plural));

    public ResourceType? ForKind(string apiVersion, string kind) =>
        _types.Values.FirstOrDefault(type => type.ApiVersion == apiVersion && type.Kind == kind);

    /// <summary>By "plural.group", as kubectl writes it; the group may be left out for core kinds.</summary>
    public ResourceType ForResource(string resource) =>
        _types.Values.FirstOrDefault(type => type.GroupResource == resource)
        ?? throw new ArgumentException($"no resource \"{resource}\" is served", nameof(resource));

    public ResourceType ForStorage(string storage) => _types.Values.First(type => type.Storage == storage);

    /// <summary>Fills in what the server's controllers add to a definition: names, conditions, stored versions.</summary>
    public static void Establish(JsonObject definition, string now)
    {
        var names = definition.Child("spec").Child("names");
        names["singular"] ??= names.Text("kind")?.ToLowerInvariant();
        names["listKind"] ??= names.Text("kind") + "List";
        definition.Child("spec").Child("conversion")["strategy"] ??= "None";
        definition["status"] = new JsonObject
        {
            ["acceptedNames"] = names.DeepClone(),
            ["storedVersions"] = Versions(definition).Where(version => version.Flag("storage")).Select(version => version.Text("name")!).ToJsonArray(),
            ["conditions"] = definition.At("status", "conditions")?.DeepClone()
                ?? new JsonArray(Condition("NamesAccepted", "NoConflicts", now), Condition("Established", "InitialNamesAccepted", now)),
        };
    }

    public static IEnumerable<FieldError> Validate(JsonObject definition)
    {
        var (group, plural) = (definition.Text("spec", "group"), definition.Text("spec", "names", "plural"));
        if (definition.Name() != $"{plural}.{group}")
        {
            yield return FieldError.Invalid("metadata.name", definition.Name(), $"must be spec.names.plural+\".\"+spec.group");
        }

        if (Versions(definition).Count(version => version.Flag("storage")) != 1)
        {
            yield return FieldError.Invalid("spec.versions", definition.At("spec", "versions"), "must have exactly one version marked as storage version");
        }

        foreach (var version in Versions(definition).Where(version => version.At("schema", "openAPIV3Schema") is not JsonObject))
        {
            yield return FieldError.Required($"spec.versions[{version.Text("name")}].schema.openAPIV3Schema", "schemas are required");
        }
    }

    public void Serve(JsonObject definition)
    {
        var types = Without(definition.Text("spec", "group")!, definition.Text("spec", "names", "plural")!);
        foreach (var version in Versions(definition).Where(version => version.Flag("served")))
        {
            var type = Custom(definition["spec"]!, version);
            types[(type.Group, type.Version, type.Plural)] = type;
        }

        _types = types;
    }

    public void Withdraw(JsonObject definition) =>
        _types = Without(definition.Text("spec", "group")!, definition.Text("spec", "names", "plural")!);

    private Dictionary<(string, string, string), ResourceType> Without(string group, string plural) =>
        _types.Where(pair => pair.Value.Group != group || pair.Value.Plural != plural).ToDictionary();

    private static IEnumerable<JsonObject> Versions(JsonObject definition) => definition.At("spec", "versions").Objects();

    private static ResourceType Custom(JsonNode spec, JsonObject version)
    {
        var names = spec["names"]!;
        var schema = (JsonObject)version.At("schema", "openAPIV3Schema")!;
        return new(spec.Text("group")!, version.Text("name")!, names.Text("kind")!, names.Text("plural")!)
        {
            IsCustom = true,
            Namespaced = spec.Text("scope") == "Namespaced",
            Singular = names.Text("singular") ?? "",
            ListKind = names.Text("listKind") ?? names.Text("kind") + "List",
            ShortNames = [.. names.At("shortNames").Texts()],
            Categories = [.. names.At("categories").Texts()],
            HasStatus = version.At("subresources", "status") is not null,
            Schema = schema,
            Merge = MergeSchema.ForCustom(schema),
            Columns = [.. version["additionalPrinterColumns"].Objects().Select(column => new Column(
                column.Text("name")!, Cell(column.Text("jsonPath")!))
            {
                Type = column.Text("type") ?? "string",
                Format = column.Text("format") ?? "",
                Description = column.Text("description") ?? "",
                Priority = (int)(column.Number("priority") ?? 0),
            })],
        };
    }

    private static JsonObject Condition(string type, string reason, string now) => new()
    {
        ["type"] = type,
        ["status"] = "True",
        ["reason"] = reason,
        ["message"] = "",
        ["lastTransitionTime"] = now,
    };

    private static Func<JsonObject, JsonNode?> Cell(string path) => node => JsonPath.First(node, path)?.DeepClone();
}
