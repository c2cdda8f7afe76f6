using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>What kind of change two versions of an object differ by: conditions for <see cref="Controller.Watches"/>.</summary>
public static class Changes
{
    /// <summary>Somebody wants something else: anything but status.</summary>
    public static bool OfIntent<T>(T? old, T? now) where T : class, IKubernetesObject<V1ObjectMeta> =>
        old is null || now is null
        || old.Metadata.Uid != now.Metadata.Uid
        || old.Metadata.Generation != now.Metadata.Generation
        || old.Metadata.DeletionTimestamp != now.Metadata.DeletionTimestamp
        || !Same(old.Metadata.Labels, now.Metadata.Labels)
        || !Same(old.Metadata.Annotations, now.Metadata.Annotations)
        || !(old.Metadata.Finalizers ?? []).SequenceEqual(now.Metadata.Finalizers ?? []);

    /// <summary>For kinds without a generation whose status changes all the time: anything but status and version.</summary>
    public static bool OfContent<T>(T? old, T? now) where T : class, IKubernetesObject<V1ObjectMeta> =>
        old is null || now is null || old.Metadata.Uid != now.Metadata.Uid || !JsonNode.DeepEquals(Content(old), Content(now));

    private static JsonObject Content<T>(T obj) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var node = ResourceJson.ToNode(obj, ResourceKind.Of(obj));
        node.Remove("status");
        (node["metadata"] as JsonObject)?.Remove("resourceVersion");
        return node;
    }

    private static bool Same(IDictionary<string, string>? a, IDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0) && (a is null || b is null || a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value));
}
