using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>Puts finalizers on objects and takes them off; the server's answer goes into the store at once.</summary>
public static class Finalizers
{
    /// <summary>Null: the object is gone.</summary>
    /// <remarks>With the resourceVersion: the list is replaced as a whole, and somebody else's finalizer must not get lost.</remarks>
    public static async Task<T?> PatchAsync<T>(KubeApi api, Informer<T> informer, T entity, IEnumerable<string> finalizers, string fieldManager, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = entity.Metadata.ResourceVersion,
                ["finalizers"] = new JsonArray([.. finalizers.Select(name => (JsonNode)name)]),
            },
        };
        try
        {
            var patched = await api.MergePatchAsync<T>(ObjectKey.Of(entity), patch, fieldManager, cancellationToken);
            informer.Refresh(patched);
            return patched;
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound)
        {
            return null;
        }
    }
}
