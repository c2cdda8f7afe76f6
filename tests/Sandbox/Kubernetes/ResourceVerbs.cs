using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes.Apply;
using RucioOperator.Sandbox.Kubernetes.Schema;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>What the parameters of a write ask for.</summary>
internal sealed record WriteOptions(string Manager)
{
    public bool DryRun { get; init; }
    public bool Force { get; init; }

    /// <summary>Strict refuses unknown fields, Warn lists them in <see cref="Warnings"/>.</summary>
    public string FieldValidation { get; init; } = "Warn";
    public string Subresource { get; init; } = "";
    public List<string> Warnings { get; } = [];
}

internal sealed record DeleteOptions
{
    public string Propagation { get; init; } = "Background";
    public string? Uid { get; init; }
    public string? ResourceVersion { get; init; }
    public bool DryRun { get; init; }
}

internal enum PatchFormat { Merge, Json, Strategic }

/// <summary>The writes of the API: every rule between a client's body and the store.</summary>
internal sealed class ResourceVerbs(ObjectStore store, TypeRegistry types, TimeProvider clock)
{
    public const string DefinitionFinalizer = "customresourcecleanup.apiextensions.k8s.io";
    private const string NameLetters = "bcdfghjklmnpqrstvwxz2456789";
    private static readonly string[] ServerFields = ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"];

    public string Now => clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public StoredObject Get(ResourceType type, string ns, string name) =>
        store.Find(type.Storage, ns, name) ?? throw ApiError.NotFound(type, name);

    public StoredObject Create(ResourceType type, string ns, JsonObject body, WriteOptions options)
    {
        lock (store.Gate)
        {
            var node = type.ToStored(Identified(type, ns, body.Clone(), null));
            if (node.Name().Length == 0)
            {
                node.Metadata()["name"] = node.Text("metadata", "generateName") is { Length: > 0 } prefix
                    ? prefix + RandomNumberGenerator.GetString(NameLetters, 5)
                    : throw ApiError.Invalid(type, "", [FieldError.Required("metadata.name", "name or generateName is required")]);
            }

            if (store.Find(type.Storage, ns, node.Name()) is not null)
            {
                throw ApiError.AlreadyExists(type, node.Name());
            }

            return Commit(type, null, node, node, options, applied: false);
        }
    }

    public StoredObject Update(ResourceType type, string ns, string name, JsonObject body, WriteOptions options)
    {
        lock (store.Gate)
        {
            var old = Get(type, ns, name);
            var node = type.ToStored(Identified(type, ns, body.Clone(), name));
            if (type.IsCustom && node.Text("metadata", "resourceVersion") is null or "")
            {
                throw ApiError.Invalid(type, name, [FieldError.Invalid("metadata.resourceVersion", 0, "must be specified for an update")]);
            }

            return Commit(type, old, node, node, options, applied: false);
        }
    }

    public StoredObject Patch(ResourceType type, string ns, string name, PatchFormat format, JsonNode patch, WriteOptions options)
    {
        lock (store.Gate)
        {
            var old = Get(type, ns, name);
            var current = type.FromStored(old.Node).Clone();
            var node = (format, patch) switch
            {
                (PatchFormat.Json, JsonArray operations) => Patches.Json(current, operations),
                (PatchFormat.Merge, JsonObject map) => Patches.Merge(current, map),
                (PatchFormat.Strategic, JsonObject map) => Patches.Strategic(current, map, type.Merge),
                _ => throw ApiError.BadRequest("the patch has the wrong shape for its content type"),
            };
            node = type.ToStored(Identified(type, ns, node, name));
            return Commit(type, old, node, node, options, applied: false);
        }
    }

    /// <summary>Server-side apply; creates what is missing.</summary>
    public StoredObject Apply(ResourceType type, string ns, string name, JsonObject config, WriteOptions options, out bool created)
    {
        if (options.Manager.Length == 0)
        {
            throw new ApiError(422, "Invalid", "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        }

        if (config.At("metadata", "managedFields") is not null)
        {
            throw ApiError.BadRequest("metadata.managedFields must be nil");
        }

        if (config.Text("apiVersion") != type.ApiVersion)
        {
            throw ApiError.BadRequest($"Incorrect version specified in apply patch. Specified patch version: {config.Text("apiVersion")}, expected: {type.ApiVersion}");
        }

        lock (store.Gate)
        {
            var old = store.Find(type.Storage, ns, name);
            created = old is null;
            if (created && options.Subresource.Length > 0)
            {
                throw ApiError.NotFound(type, name);
            }

            var applied = type.ToStored(Identified(type, ns, config.Clone(), name));
            if (type.Schema is not null && StructuralSchema.Prune(applied, type.Schema) is { Count: > 0 } unknown)
            {
                throw new ApiError(500, "", $"failed to create typed patch object ({ns}/{name}; {type.ApiVersion}, Kind={type.Kind}): "
                    + string.Join("\n", unknown.Select(path => $".{path}: field not declared in schema")));
            }

            KeepPart(type, options.Subresource, old: null, applied);
            if (options.Subresource == "status")
            {
                applied["metadata"] = new JsonObject { ["name"] = name, ["resourceVersion"] = config.At("metadata", "resourceVersion")?.DeepClone() };
            }

            return Commit(type, old, applied, applied, options, applied: true);
        }
    }

    public (StoredObject Stored, bool Gone) Delete(ResourceType type, string ns, string name, DeleteOptions options)
    {
        lock (store.Gate)
        {
            var old = Get(type, ns, name);
            if ((options.Uid is { } uid && uid != old.Uid)
                || (options.ResourceVersion is { } version && version != old.Node.Text("metadata", "resourceVersion")))
            {
                throw ApiError.Modified(type, name, $"Precondition failed: UID or resourceVersion in precondition does not match the stored object");
            }

            var node = old.Node.Clone();
            var metadata = node.Metadata();
            var finalizers = metadata["finalizers"].Texts().ToList();
            finalizers.AddRange(options.Propagation switch
            {
                "Foreground" when store.DependentsOf(old.Uid).Count > 0 => ["foregroundDeletion"],
                "Orphan" when store.DependentsOf(old.Uid).Count > 0 => ["orphan"],
                _ => [],
            });
            if (type.Storage == TypeRegistry.DefinitionStorage)
            {
                finalizers.Add(DefinitionFinalizer);
            }

            var held = finalizers.Count > 0 || node.At("spec", "finalizers") is JsonArray { Count: > 0 } && type.Kind == "Namespace";
            if (options.DryRun)
            {
                return (old, !held);
            }

            if (!held)
            {
                return (store.Remove(old, node), true);
            }

            if (!node.IsDeleting())
            {
                metadata["deletionTimestamp"] = Now;
                metadata["deletionGracePeriodSeconds"] = 0;
                metadata.Put("generation", metadata.Number("generation") + 1);
                if (type.Kind == "Namespace")
                {
                    node.Child("status")["phase"] = "Terminating";
                }
            }

            metadata.Put("finalizers", finalizers.Count == 0 ? null : finalizers.Distinct().ToJsonArray());
            return (JsonNode.DeepEquals(node, old.Node) ? old : store.Put(type.Storage, old, node), false);
        }
    }

    /// <summary>Common end of every create, update, patch and apply.</summary>
    private StoredObject Commit(ResourceType type, StoredObject? before, JsonObject node, JsonObject asSent, WriteOptions options, bool applied)
    {
        var old = before?.Node;
        var (name, ns) = (node.Name(), node.Namespace());
        CheckPreconditions(type, old, asSent);
        var ownership = ManagedFields.Read(!applied && node.At("metadata", "managedFields") is not null ? node : old);
        var writer = new Writer(options.Manager, options.Subresource, Now);
        if (applied)
        {
            node = ownership.Applied(old?.Clone() ?? [], node, type, writer, options.Force);
        }

        SetServerFields(type, old, node);
        KeepPart(type, options.Subresource, old, node);
        Shape(type, old, node, options);
        if (!applied)
        {
            ownership.Updated(old, node, type, writer);
        }

        ownership.Write(node);
        var metadata = node.Metadata();
        metadata.Put("generation", !type.HasGeneration ? null
            : old is null ? 1 : (old.Number("metadata", "generation") ?? 1) + (SameContent(type, old, node) ? 0 : 1));
        metadata.Put("resourceVersion", old.At("metadata", "resourceVersion"));
        if (before is not null && Unchanged(old!, node))
        {
            return before;
        }

        if (before is null)
        {
            CheckNamespace(type, ns, name);
        }

        if (options.DryRun)
        {
            return new(type.Storage, node, before?.Version ?? 0);
        }

        if (before is not null && node.IsDeleting() && node.At("metadata", "finalizers").Texts().FirstOrDefault() is null
            && !(type.Kind == "Namespace" && node.At("spec", "finalizers") is JsonArray { Count: > 0 }))
        {
            return store.Remove(before, node);
        }

        return store.Put(type.Storage, before, node);
    }

    private static void CheckPreconditions(ResourceType type, JsonObject? old, JsonObject sent)
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

    private void SetServerFields(ResourceType type, JsonObject? old, JsonObject node)
    {
        var metadata = node.Metadata();
        foreach (var field in ServerFields)
        {
            metadata.Put(field, old.At("metadata", field));
        }

        if (old is null)
        {
            metadata["uid"] = Guid.NewGuid().ToString();
            metadata["creationTimestamp"] = Now;
        }

        foreach (var empty in new[] { "labels", "annotations", "finalizers", "ownerReferences" }.Where(field => metadata[field] is null or JsonObject { Count: 0 } or JsonArray { Count: 0 }))
        {
            metadata.Remove(empty);
        }

        node["apiVersion"] = type.IsCustom ? type.ApiVersion : old?.Text("apiVersion") ?? (type.Storage == "events" ? "v1" : type.ApiVersion);
        node["kind"] = type.Kind;
    }

    /// <summary>The main endpoint leaves status alone, /status leaves all else alone.</summary>
    private static void KeepPart(ResourceType type, string subresource, JsonObject? old, JsonObject node)
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

    private void Shape(ResourceType type, JsonObject? old, JsonObject node, WriteOptions options)
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
                TypeRegistry.Establish(node, Now);
            }
        }

        if (errors.Count > 0)
        {
            throw ApiError.Invalid(type, node.Name(), errors);
        }
    }

    private void CheckNamespace(ResourceType type, string ns, string name)
    {
        if (!type.Namespaced)
        {
            return;
        }

        var home = store.Find("namespaces", "", ns)?.Node ?? throw ApiError.NotFound(types.ForResource("namespaces"), ns);
        if (home.IsDeleting())
        {
            throw ApiError.Terminating(type, name, ns);
        }
    }

    private static JsonObject Identified(ResourceType type, string ns, JsonObject body, string? name)
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

    /// <summary>Whether nothing changed that counts for the generation: all but metadata and, where it is a subresource, status.</summary>
    private static bool SameContent(ResourceType type, JsonObject old, JsonObject node) => !old.Select(pair => pair.Key)
        .Union(node.Select(pair => pair.Key))
        .Any(name => name != "metadata" && name != "apiVersion" && (name != "status" || (type.IsCustom && !type.HasStatus)) && !JsonNode.DeepEquals(old[name], node[name]));

    private static bool Unchanged(JsonObject old, JsonObject node) =>
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
