using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>
/// Reads lists and watch lines of any kind in one pass, without a list or event type per kind (each would need
/// generated code).
/// </summary>
internal static class ResourceJson
{
    public static ResourcePage<T> ReadPage<T>(ReadOnlySpan<byte> body, ResourceKind kind) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var reader = new Utf8JsonReader(body);
        var info = KubeJson.Info<T>();
        var (items, undecodable) = (new List<T>(), new List<ObjectKey>());
        V1ListMeta? meta = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isItems, isMeta) = (reader.ValueTextEquals("items"u8), reader.ValueTextEquals("metadata"u8));
            reader.Read();
            if (isMeta)
                meta = JsonSerializer.Deserialize(ref reader, KubeJson.Info<V1ListMeta>());
            else if (isItems && reader.TokenType == JsonTokenType.StartArray)
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    if (TryRead(ref reader, info, kind, out var item, out var metadata))
                        items.Add(item);
                    else
                        undecodable.Add(ObjectKey.Of(metadata));
                }
            else
                reader.Skip();
        }
        return new(items, undecodable, meta?.ResourceVersion ?? throw new JsonException("a list without resourceVersion"), string.IsNullOrEmpty(meta.ContinueProperty) ? null : meta.ContinueProperty);
    }

    public static WatchEvent<T> ReadWatchEvent<T>(ReadOnlySpan<byte> line, ResourceKind kind, string operation) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var reader = new Utf8JsonReader(line);
        Expect(ref reader, JsonTokenType.StartObject);
        string? type = null;
        var early = reader;
        var seenEarly = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, isObject) = (reader.ValueTextEquals("type"u8), reader.ValueTextEquals("object"u8));
            reader.Read();
            if (isType)
                type = reader.GetString();
            else if (isObject && type is not null)
                return ReadObject<T>(ref reader, type, kind, operation);
            else
            {
                if (isObject)
                {
                    early = reader;
                    seenEarly = true;
                }
                reader.Skip();
            }
        }
        if (!seenEarly || type is null)
            throw new JsonException("a watch line without type and object");
        return ReadObject<T>(ref early, type, kind, operation);
    }

    /// <summary>With apiVersion and kind, which typed models leave empty.</summary>
    public static byte[] Write(IKubernetesObject<V1ObjectMeta> obj, ResourceKind kind) => JsonSerializer.SerializeToUtf8Bytes(ToNode(obj, kind), KubeJson.Info<JsonNode>());

    public static JsonObject ToNode(IKubernetesObject<V1ObjectMeta> obj, ResourceKind kind)
    {
        var node = (JsonObject)JsonSerializer.SerializeToNode(obj, KubeJson.Options.GetTypeInfo(obj.GetType()))!;
        (node["apiVersion"], node["kind"]) = (kind.ApiVersion, kind.Kind);
        return node;
    }

    private static WatchEvent<T> ReadObject<T>(ref Utf8JsonReader reader, string type, ResourceKind kind, string operation) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (type == "ERROR")
        {
            var status = JsonSerializer.Deserialize(ref reader, KubeJson.Info<V1Status>());
            throw KubeErrors.From(operation, (System.Net.HttpStatusCode)(status?.Code ?? 500), null, status);
        }
        // A bookmark is an object of the kind with nothing but a version; kinds with required members could not be read from it.
        if (type == "BOOKMARK")
            return new(WatchKind.Bookmark, null, JsonSerializer.Deserialize(ref reader, KubeJson.Info<PartialObject>())!.Metadata.ResourceVersion);
        var change = type switch
        {
            "ADDED" => WatchKind.Added,
            "MODIFIED" => WatchKind.Modified,
            "DELETED" => WatchKind.Deleted,
            _ => throw new JsonException($"unknown watch event {type}"),
        };
        return TryRead(ref reader, KubeJson.Info<T>(), kind, out var obj, out var partial)
            ? new(change, obj, obj.Metadata.ResourceVersion)
            : new(WatchKind.Undecodable, null, partial.Metadata.ResourceVersion, ObjectKey.Of(partial));
    }

    // Types and objects part ways: a newer definition, a hand-made one. What has a name at least can be reported.
    private static bool TryRead<T>(ref Utf8JsonReader reader, JsonTypeInfo<T> info, ResourceKind kind, [NotNullWhen(true)] out T? obj, [NotNullWhen(false)] out PartialObject? partial)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var before = reader;
        (obj, partial) = (null, null);
        try
        {
            obj = Named(JsonSerializer.Deserialize(ref reader, info) ?? throw new JsonException("null for an object"), kind);
            return true;
        }
        catch (Exception error) when (error is JsonException or FormatException or InvalidOperationException && typeof(T) != typeof(PartialObject))
        {
            reader = before;
            partial = Named(JsonSerializer.Deserialize(ref reader, KubeJson.Info<PartialObject>())!, kind);
            return false;
        }
    }

    // Items of typed lists come without apiVersion and kind, and metadata-only objects name their wrapper.
    internal static T Named<T>(T obj, ResourceKind kind) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (obj.Metadata?.Name is null)
            throw new JsonException("an object without a name");
        (obj.ApiVersion, obj.Kind) = (kind.ApiVersion, kind.Kind);
        if (obj is UntypedObject untyped)
            untyped.Resource = kind;
        return obj;
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType token)
    {
        if (!reader.Read() || reader.TokenType != token)
            throw new JsonException($"expected {token}");
    }
}
