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

    public string Now => clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    public StoredObject Get(ResourceType type, string ns, string name) =>
        store.Find(type.Storage, ns, name) ?? throw ApiError.NotFound(type, name);

    public StoredObject Create(ResourceType type, string ns, JsonObject body, WriteOptions options)
    {
        lock (store.Gate)
        {
            var node = type.ToStored(Admission.Identified(type, ns, body.Clone(), null));
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
            var node = type.ToStored(Admission.Identified(type, ns, body.Clone(), name));
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
            node = type.ToStored(Admission.Identified(type, ns, node, name));
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

            var applied = type.ToStored(Admission.Identified(type, ns, config.Clone(), name));
            if (type.Schema is not null && StructuralSchema.Prune(applied, type.Schema) is { Count: > 0 } unknown)
            {
                throw new ApiError(500, "", $"failed to create typed patch object ({ns}/{name}; {type.ApiVersion}, Kind={type.Kind}): "
                    + string.Join("\n", unknown.Select(path => $".{path}: field not declared in schema")));
            }

            Admission.KeepPart(type, options.Subresource, old: null, applied);
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
        Admission.CheckPreconditions(type, old, asSent);
        var ownership = ManagedFields.Read(!applied && node.At("metadata", "managedFields") is not null ? node : old);
        var writer = new Writer(options.Manager, options.Subresource, Now);
        if (applied)
        {
            node = ownership.Applied(old?.Clone() ?? [], node, type, writer, options.Force);
        }

        Admission.SetServerFields(type, old, node, Now);
        Admission.KeepPart(type, options.Subresource, old, node);
        Admission.Shape(type, old, node, options, Now);
        if (!applied)
        {
            ownership.Updated(old, node, type, writer);
        }

        ownership.Write(node);
        var metadata = node.Metadata();
        metadata.Put("generation", !type.HasGeneration ? null
            : old is null ? 1 : (old.Number("metadata", "generation") ?? 1) + (Admission.SameContent(type, old, node) ? 0 : 1));
        metadata.Put("resourceVersion", old.At("metadata", "resourceVersion"));
        if (before is not null && Admission.Unchanged(old!, node))
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
}
