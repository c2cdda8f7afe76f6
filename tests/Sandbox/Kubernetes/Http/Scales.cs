using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>The scale subresource: replicas seen through autoscaling/v1.</summary>
internal static class Scales
{
    public static JsonObject Of(JsonObject node, ResourceType type) => new()
    {
        ["kind"] = "Scale",
        ["apiVersion"] = "autoscaling/v1",
        ["metadata"] = new JsonObject(new[] { "name", "namespace", "uid", "resourceVersion", "creationTimestamp" }
            .Select(field => KeyValuePair.Create(field, node.At("metadata", field)?.DeepClone()))),
        ["spec"] = new JsonObject { ["replicas"] = node.Number("spec", "replicas") ?? 0 },
        ["status"] = new JsonObject { ["replicas"] = node.Number("status", "replicas") ?? 0 },
    };

    public static StoredObject Write(ResourceVerbs verbs, ResourceType type, string ns, string name, JsonObject scale, WriteOptions options) =>
        verbs.Patch(type, ns, name, PatchFormat.Merge, new JsonObject { ["spec"] = new JsonObject { ["replicas"] = scale.Number("spec", "replicas") } }, options);
}
