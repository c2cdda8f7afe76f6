using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <param name="Undecodable">Objects that are there but don't fit the type; one of them must not hide the others.</param>
public sealed record ResourcePage<T>(IReadOnlyList<T> Items, IReadOnlyList<ObjectKey> Undecodable, string ResourceVersion, string? Continue);

public enum WatchKind { Added, Modified, Deleted, Bookmark, Undecodable }

/// <summary><see cref="Object"/> is null for bookmarks and for what can't be read.</summary>
public readonly record struct WatchEvent<T>(WatchKind Kind, T? Object, string ResourceVersion, ObjectKey Key = default) where T : class;

/// <summary>What to list or watch.</summary>
public sealed record Selection(string Namespace = "", string? LabelSelector = null, string? FieldSelector = null, ResourceKind? Kind = null);

/// <summary>The one client for any kind. Every failure is a <see cref="KubeApiException"/>.</summary>
/// <remarks>No rate limit of its own: fairness is the server's business, and its Retry-After is obeyed by the callers' queues.</remarks>
public sealed class KubeApi(Kubernetes client, TimeProvider time)
{
    private const string Json = "application/json";
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Null when there is none.</summary>
    /// <param name="kind">Needed where T does not say it: <see cref="PartialObject"/> reads metadata only.</param>
    public async Task<T?> GetAsync<T>(ObjectKey key, CancellationToken cancellationToken, ResourceKind? kind = null) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return await CallAsync<T>(HttpMethod.Get, kind ?? ResourceKind.Of<T>(), key, null, null, null, cancellationToken);
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound)
        {
            return null;
        }
    }

    public async Task<ResourcePage<T>> ListPageAsync<T>(Selection selection, int limit, string? @continue, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var kind = selection.Kind ?? ResourceKind.Of<T>();
        var query = Query(("limit", limit.ToString(CultureInfo.InvariantCulture)), ("continue", @continue), ("labelSelector", selection.LabelSelector), ("fieldSelector", selection.FieldSelector));
        using var request = Request<T>(HttpMethod.Get, kind.Path(selection.Namespace) + query, list: true);
        var call = new KubeCall("list", kind.Plural, $"list {kind.Plural}{In(selection.Namespace)}");
        var body = await ReadAsync(request, call, cancellationToken);
        return Parse(call.Operation, () => ResourceJson.ReadPage<T>(body, kind));
    }

    /// <summary>Ends when the server ends it; an ERROR line becomes an exception.</summary>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(Selection selection, string resourceVersion, TimeSpan timeout, [EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var kind = selection.Kind ?? ResourceKind.Of<T>();
        var query = Query(
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", resourceVersion),
            ("timeoutSeconds", ((int)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture)),
            ("labelSelector", selection.LabelSelector), ("fieldSelector", selection.FieldSelector));
        using var request = Request<T>(HttpMethod.Get, kind.Path(selection.Namespace) + query, list: false);
        var operation = $"watch {kind.Plural}{In(selection.Namespace)}";
        using var response = await SendAsync(request, new("watch", kind.Plural, operation), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using var stream = await TransportAsync(operation, () => response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken);
        await using var lines = new WatchLines(stream);
        while (await TransportAsync(operation, () => lines.ReadAsync(cancellationToken).AsTask(), cancellationToken) is { Length: > 0 } line)
            yield return Parse(operation, () => ResourceJson.ReadWatchEvent<T>(line.Span, kind, operation));
    }

    public Task<T> CreateAsync<T>(T obj, string fieldManager, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var kind = ResourceKind.Of(obj);
        return CallAsync<T>(HttpMethod.Post, kind, ObjectKey.Of(obj), null, Query(("fieldManager", fieldManager)), Body(ResourceJson.Write(obj, kind), Json), cancellationToken);
    }

    /// <summary>PUT with the object's resourceVersion. Only for kinds we know completely: unknown fields are lost.</summary>
    public Task<T> ReplaceAsync<T>(T obj, string fieldManager, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var kind = ResourceKind.Of<T>();
        return CallAsync<T>(HttpMethod.Put, kind, ObjectKey.Of(obj), null, Query(("fieldManager", fieldManager)), Body(ResourceJson.Write(obj, kind), Json), cancellationToken);
    }

    /// <summary>Server-side apply, forced: what the object names is ours.</summary>
    public async Task<T> ApplyAsync<T>(T obj, string fieldManager, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> =>
        (T)await ApplyAnyAsync(obj, fieldManager, cancellationToken);

    /// <summary>As <see cref="ApplyAsync{T}"/>, for an object whose type is known at run time only.</summary>
    public Task<IKubernetesObject<V1ObjectMeta>> ApplyAnyAsync(IKubernetesObject<V1ObjectMeta> obj, string fieldManager, CancellationToken cancellationToken) =>
        ApplyNodeAsync(obj.GetType(), ResourceKind.Of(obj), ObjectKey.Of(obj), ResourceJson.ToNode(obj, ResourceKind.Of(obj)), fieldManager, cancellationToken);

    internal async Task<IKubernetesObject<V1ObjectMeta>> ApplyNodeAsync(Type type, ResourceKind kind, ObjectKey key, JsonObject node, string fieldManager, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Patch, kind.Path(key.Namespace, key.Name) + Query(("fieldManager", fieldManager), ("force", "true")));
        request.Content = Body(Encoding.UTF8.GetBytes(node.ToJsonString()), "application/apply-patch+yaml");
        var operation = $"apply {kind.Kind} {key}";
        var body = await ReadAsync(request, new("apply", kind.Plural, operation), cancellationToken);
        return Parse(operation, () => Trimmed(ResourceJson.Named((IKubernetesObject<V1ObjectMeta>)JsonSerializer.Deserialize(body, KubeJson.Options.GetTypeInfo(type))!, kind)));
    }

    /// <summary>Server-side apply as a dry run: what the server would say of it. Nothing is kept.</summary>
    public async Task RehearseAsync(ResourceKind kind, ObjectKey key, JsonObject node, string fieldManager, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Patch, kind.Path(key.Namespace, key.Name) + Query(("fieldManager", fieldManager), ("force", "true"), ("dryRun", "All"), ("fieldValidation", "Strict")));
        request.Content = Body(Encoding.UTF8.GetBytes(node.ToJsonString()), "application/apply-patch+yaml");
        await ReadAsync(request, new("rehearse", kind.Plural, $"rehearse {kind.Kind} {key}"), cancellationToken);
    }

    /// <summary>Server-side apply of the status subresource, forced. A newer object, or another of that name, is a conflict.</summary>
    /// <param name="version">resourceVersion: the server ignores a uid here (metadata of an apply to <c>/status</c> is the stored one).</param>
    public Task<T> ApplyStatusAsync<T>(ObjectKey key, string? version, JsonNode status, string fieldManager, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var kind = ResourceKind.Of<T>();
        var patch = new JsonObject
        {
            ["apiVersion"] = kind.ApiVersion,
            ["kind"] = kind.Kind,
            ["metadata"] = new JsonObject { ["name"] = key.Name, ["namespace"] = key.Namespace, ["resourceVersion"] = version },
            ["status"] = status.DeepClone(),
        };
        return CallAsync<T>(HttpMethod.Patch, kind, key, "status", Query(("fieldManager", fieldManager), ("force", "true")), Body(Encoding.UTF8.GetBytes(patch.ToJsonString()), "application/apply-patch+yaml"), cancellationToken);
    }

    public Task<T> MergePatchAsync<T>(ObjectKey key, JsonNode patch, string fieldManager, CancellationToken cancellationToken, string? subresource = null) where T : class, IKubernetesObject<V1ObjectMeta> =>
        CallAsync<T>(HttpMethod.Patch, ResourceKind.Of<T>(), key, subresource, Query(("fieldManager", fieldManager)), Body(Encoding.UTF8.GetBytes(patch.ToJsonString()), "application/merge-patch+json"), cancellationToken);

    /// <summary>Background propagation. Gone already counts as done; another object of that name (uid) is a conflict.</summary>
    public Task DeleteAsync<T>(ObjectKey key, string? uid, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta> => DeleteAsync(ResourceKind.Of<T>(), key, uid, cancellationToken);

    public async Task DeleteAsync(ResourceKind kind, ObjectKey key, string? uid, CancellationToken cancellationToken)
    {
        var options = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions", ["propagationPolicy"] = "Background" };
        if (uid is not null)
            options["preconditions"] = new JsonObject { ["uid"] = uid };
        using var request = Request(HttpMethod.Delete, kind.Path(key.Namespace, key.Name));
        request.Content = Body(Encoding.UTF8.GetBytes(options.ToJsonString()), Json);
        try
        {
            await ReadAsync(request, new("delete", kind.Plural, $"delete {kind.Kind} {key}"), cancellationToken);
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound)
        {
        }
    }

    /// <summary>What the server says about itself below a path such as <c>apis</c>; null when there is nothing.</summary>
    public async Task<JsonNode?> DiscoverAsync(string path, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept", Json);
        var operation = $"discover {path}";
        try
        {
            var body = await ReadAsync(request, new("discover", "apis", operation), cancellationToken);
            return Parse(operation, () => JsonNode.Parse(body));
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.NotFound)
        {
            return null;
        }
    }

    private async Task<T> CallAsync<T>(HttpMethod method, ResourceKind kind, ObjectKey key, string? subresource, string? query, HttpContent? content, CancellationToken cancellationToken) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        using var request = Request<T>(method, kind.Path(key.Namespace, method == HttpMethod.Post ? null : key.Name, subresource) + query, list: false);
        request.Content = content;
        var verb = method == HttpMethod.Post ? "create" : method == HttpMethod.Put ? "replace" : method == HttpMethod.Get ? "get" : "patch";
        var operation = $"{verb} {kind.Kind}{(subresource is null ? "" : "/" + subresource)} {key}";
        var body = await ReadAsync(request, new(verb, subresource is null ? kind.Plural : $"{kind.Plural}/{subresource}", operation), cancellationToken);
        return Parse(operation, () => Trimmed(JsonSerializer.Deserialize(body, KubeJson.Info<T>())!));
    }

    private async Task<byte[]> ReadAsync(HttpRequestMessage request, KubeCall call, CancellationToken cancellationToken)
    {
        using var limit = new CallLimit(CallTimeout, IsAwaited(request.Method), time, cancellationToken);
        try
        {
            using var response = await SendAsync(request, call, HttpCompletionOption.ResponseContentRead, limit.Token);
            return await TransportAsync(call.Operation, () => response.Content.ReadAsByteArrayAsync(limit.Token), limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new KubeApiException(KubeErrorKind.Unavailable, call.Operation, $"no answer in {CallTimeout.TotalSeconds:0} s");
        }
    }

    // Not the Lease, which alone is replaced: an attempt must not outlive its deadline.
    private static bool IsAwaited(HttpMethod method) => method != HttpMethod.Get && method != HttpMethod.Put;

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, KubeCall call, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        var operation = call.Operation;
        if (client.Credentials is { } credentials)
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        using var telling = call.Begin(request, time);
        var response = await TransportAsync(operation, () => client.HttpClient.SendAsync(request, completion, cancellationToken), cancellationToken);
        telling.Answered(response.StatusCode);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
        {
            var body = await TransportAsync(operation, () => response.Content.ReadAsByteArrayAsync(cancellationToken), cancellationToken);
            throw KubeErrors.From(operation, response.StatusCode, RetryAfter(response), KubeErrors.ReadStatus(body));
        }
    }

    private static async Task<TResult> TransportAsync<TResult>(string operation, Func<Task<TResult>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new KubeApiException(KubeErrorKind.Unavailable, operation, error is HttpRequestException http ? http.HttpRequestError.ToString() : error.GetType().Name, inner: error);
        }
    }

    private static TResult Parse<TResult>(string operation, Func<TResult> parse)
    {
        try
        {
            return parse();
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException)
        {
            throw new KubeApiException(KubeErrorKind.Undecodable, operation, (error as JsonException)?.Path ?? "", inner: error);
        }
    }

    private HttpRequestMessage Request(HttpMethod method, string path) =>
        new(method, new Uri(client.BaseUri, path)) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };

    private HttpRequestMessage Request<T>(HttpMethod method, string path, bool list)
    {
        var request = Request(method, path);
        var partial = typeof(T) == typeof(PartialObject);
        request.Headers.TryAddWithoutValidation("Accept", !partial ? Json : list ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" : "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
        return request;
    }

    private static ByteArrayContent Body(byte[] body, string type) => new(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    private static string Query(params ReadOnlySpan<(string Name, string? Value)> parameters)
    {
        var query = new StringBuilder();
        foreach (var (name, value) in parameters)
        {
            if (!string.IsNullOrEmpty(value))
                query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
        return query.ToString();
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter is { } wish ? wish.Delta ?? wish.Date - time.GetUtcNow() : null;

    // Half of every object, and nobody here reads it.
    private static T Trimmed<T>(T obj) where T : IKubernetesObject<V1ObjectMeta>
    {
        obj.Metadata.ManagedFields = null;
        return obj;
    }

    private static string In(string @namespace) => @namespace.Length == 0 ? "" : $" in {@namespace}";
}
