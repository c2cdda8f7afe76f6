using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes.Schema;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>What the server makes of a body before it is stored: identity, own fields, parts kept, schema, and what counts as a change.</summary>
internal static class Admission
{
    private static readonly string[] ServerFields = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"];

    public static JsonObject Identified(ResourceType type, string ns, JsonObject body, string? name)
    {
        if (body.Text("kind") is { } kind && kind != type.Kind)
        {
            throw ApiError.BadRequest($"{kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}");
        }

        if (body.Text("apiVersion") is { } version && version != type.ApiVersion)
        {
            throw ApiError.BadRequest($"the API version in the data ({version}) does not match the expected API version ({type.ApiVersion})");
        }

        if (!type.IsCustom)
        {
            body.DropNulls();
        }

        var metadata = body.Metadata();
        if (name is not null && body.Name() is { Length: > 0 } other && other != name)
        {
            throw ApiError.BadRequest($"the name of the object ({other}) does not match the name on the URL ({name})");
        }

        if (type.Namespaced && metadata.Text("namespace") is { Length: > 0 } otherNs && otherNs != ns)
        {
            throw ApiError.BadRequest($"the namespace of the provided object does not match the namespace sent on the request ({ns})");
        }

        metadata.Put("name", name ?? metadata["name"]);
        metadata.Put("namespace", type.Namespaced ? ns : null);
        return body;
    }

    public static void CheckPreconditions(ResourceType type, JsonObject? old, JsonObject sent)
    {
        var (version, uid) = (sent.Text("metadata", "resourceVersion"), sent.Text("metadata", "uid"));
        if (old is not null && version is { Length: > 0 } && version != old.Text("metadata", "resourceVersion"))
        {
            throw ApiError.Modified(type, old.Name());
        }

        if (old is not null && uid is { Length: > 0 } && uid != old.Uid())
        {
            throw ApiError.Modified(type, old.Name(), $"Precondition failed: UID in precondition: {uid}, UID in object meta: {old.Uid()}");
        }

        if (old is null && version is { Length: > 0 })
        {
            throw ApiError.BadRequest("resourceVersion should not be set on objects to be created");
        }
    }

    public static void SetServerFields(ResourceType type, JsonObject? old, JsonObject node, string now)
    {
        var metadata = node.Metadata();
        foreach (var field in ServerFields)
        {
            metadata.Put(field, old.At("metadata", field));
        }

        if (old is null)
        {
            metadata["uid"] = Guid.NewGuid().ToString();
            metadata["creationTimestamp"] = now;
        }

        foreach (var empty in new[] { "labels", "annotations", "finalizers", "ownerReferences" }.Where(field => metadata[field] is null or JsonObject { Count: 0 } or JsonArray { Count: 0 }))
        {
            metadata.Remove(empty);
        }

        node["apiVersion"] = type.IsCustom ? type.ApiVersion : old?.Text("apiVersion") ?? (type.Storage == "events" ? "v1" : type.ApiVersion);
        node["kind"] = type.Kind;
    }

    /// <summary>The main endpoint leaves status alone, /status leaves all else alone.</summary>
    public static void KeepPart(ResourceType type, string subresource, JsonObject? old, JsonObject node)
    {
        if (subresource == "status")
        {
            foreach (var name in node.Select(pair => pair.Key).Union(old?.Select(pair => pair.Key) ?? []).ToList())
            {
                if (name is not ("status" or "metadata" or "apiVersion" or "kind"))
                {
                    node.Put(name, old?[name]);
                }
            }

            if (old is not null)
            {
                var managed = node.At("metadata", "managedFields")?.DeepClone();
                node["metadata"] = old["metadata"]!.DeepClone();
                node.Metadata().Put("managedFields", managed);
            }
        }
        else if (type.HasStatus)
        {
            node.Put("status", old?["status"]);
        }
    }

    public static void Shape(ResourceType type, JsonObject? old, JsonObject node, WriteOptions options, string now)
    {
        var errors = BuiltInRules.ValidateMetadata(type, old, node).ToList();
        if (type.Schema is { } schema)
        {
            var unknown = StructuralSchema.Prune(node, schema);
            if (unknown.Count > 0 && old is not null)
            {
                // A definition may have lost fields since: what was stored is no fault of this writer.
                unknown = [.. unknown.Except(StructuralSchema.Prune(old.Clone(), schema))];
            }

            if (unknown.Count > 0)
            {
                var texts = unknown.Select(path => $"unknown field \"{path}\"").ToList();
                if (options.FieldValidation == "Strict")
                {
                    throw ApiError.BadRequest($"{type.Kind} in version \"{type.Version}\" cannot be handled as a {type.Kind}: strict decoding error: {string.Join(", ", texts)}");
                }

                options.Warnings.AddRange(options.FieldValidation == "Warn" ? texts : []);
            }

            StructuralSchema.Default(node, schema);
            errors.AddRange(SchemaValidation.Validate(node, schema));
        }
        else if (options.Subresource != "status")
        {
            BuiltInRules.Default(type, node);
            errors.AddRange(BuiltInRules.Validate(type, old, node));
            if (type.Storage == TypeRegistry.DefinitionStorage)
            {
                errors.AddRange(TypeRegistry.Validate(node));
                TypeRegistry.Establish(node, now);
            }
        }

        if (errors.Count > 0)
        {
            throw ApiError.Invalid(type, node.Name(), errors);
        }
    }

    /// <summary>Whether nothing changed that counts for the generation: all but metadata and, where it is a subresource, status.</summary>
    public static bool SameContent(ResourceType type, JsonObject old, JsonObject node) => !old.Select(pair => pair.Key)
        .Union(node.Select(pair => pair.Key))
        .Any(name => name != "metadata" && name != "apiVersion" && (name != "status" || (type.IsCustom && !type.HasStatus)) && !JsonNode.DeepEquals(old[name], node[name]));

    public static bool Unchanged(JsonObject old, JsonObject node) =>
        SameMembers(old, node, "metadata") && SameMembers(old.Metadata(), node.Metadata(), "managedFields")
        && JsonNode.DeepEquals(Timeless(old), Timeless(node));

    private static bool SameMembers(JsonObject one, JsonObject two, string except) =>
        one.Count == two.Count && one.All(pair => pair.Key == except || JsonNode.DeepEquals(pair.Value, two[pair.Key]));

    private static JsonNode? Timeless(JsonObject node)
    {
        var copy = node.At("metadata", "managedFields")?.DeepClone();
        foreach (var entry in copy.Objects())
        {
            entry.Remove("time");
        }

        return copy;
    }
}
