#pragma warning disable CS9113
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

public sealed record ResourcePage<T>(IReadOnlyList<T> Items, string ResourceVersion, string? Continue);

public enum WatchKind { Added, Modified, Deleted, Bookmark }

/// <summary><see cref="Object"/> is null for bookmarks.</summary>
public readonly record struct WatchEvent<T>(WatchKind Kind, T? Object, string ResourceVersion) where T : class;

/// <summary>What to list or watch.</summary>
public sealed record Selection(string Namespace = "", string? LabelSelector = null, string? FieldSelector = null, ResourceKind? Kind = null);

/// <summary>The one client for any kind. Every failure is a <see cref="KubeApiException"/>.</summary>
public sealed class KubeApi(IKubernetes client)
{
    /// <summary>Null when there is none.</summary>
    public Task<T?> GetAsync<T>(ObjectKey key, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    public Task<ResourcePage<T>> ListPageAsync<T>(Selection selection, int limit, string? @continue, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    /// <summary>Ends when the server ends it.</summary>
    public IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(Selection selection, string resourceVersion, TimeSpan timeout, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    public Task<T> CreateAsync<T>(T obj, string fieldManager, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    /// <summary>PUT with the object's resourceVersion. Only for kinds we know completely: unknown fields are lost.</summary>
    public Task<T> ReplaceAsync<T>(T obj, string fieldManager, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    /// <summary>Server-side apply, forced: what the object names is ours.</summary>
    public Task<T> ApplyAsync<T>(T obj, string fieldManager, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    /// <summary>As <see cref="ApplyAsync{T}"/>, for an object whose type is known at run time only.</summary>
    public Task<IKubernetesObject<V1ObjectMeta>> ApplyAnyAsync(IKubernetesObject<V1ObjectMeta> obj, string fieldManager, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<T> ApplyStatusAsync<T>(ObjectKey key, JsonNode status, string fieldManager, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    public Task<T> MergePatchAsync<T>(ObjectKey key, JsonNode patch, string fieldManager, CancellationToken cancellationToken, string? subresource = null) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    /// <summary>Background propagation. Gone already counts as done; another object of that name (uid) is a conflict.</summary>
    public Task DeleteAsync<T>(ObjectKey key, string? uid, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => DeleteAsync(ResourceKind.Of<T>(), key, uid, cancellationToken);

    public Task DeleteAsync(ResourceKind kind, ObjectKey key, string? uid, CancellationToken cancellationToken) => throw new NotImplementedException();
}
