using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes;

/// <summary>Reading Kubernetes objects as JSON trees.</summary>
public static class Json
{
    private static readonly JsonSerializerOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>As it goes over the wire.</summary>
    public static byte[] Bytes(this JsonNode? node) => JsonSerializer.SerializeToUtf8Bytes(node, Written);

    public static string Shown(this JsonNode? node) => node?.ToJsonString(Written) ?? "null";

    public static JsonNode? At(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var step in path)
        {
            node = (node as JsonObject)?[step];
        }

        return node;
    }

    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    public static long? Number(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.TryGetLong(out var number) ? number : null;

    public static bool Flag(this JsonNode? node, params ReadOnlySpan<string> path) =>
        node.At(path) is JsonValue value && value.GetValueKind() == JsonValueKind.True;

    public static bool TryGetLong(this JsonValue value, out long number)
    {
        number = 0;
        return value.GetValueKind() == JsonValueKind.Number && long.TryParse(value.ToJsonString(), out number);
    }

    /// <summary>The child object of that name, created when missing.</summary>
    public static JsonObject Child(this JsonObject node, string name)
    {
        if (node[name] is JsonObject child)
        {
            return child;
        }

        node[name] = child = [];
        return child;
    }

    public static JsonObject Metadata(this JsonObject node) => node.Child("metadata");

    public static string Name(this JsonObject node) => node.Text("metadata", "name") ?? "";

    public static string Namespace(this JsonObject node) => node.Text("metadata", "namespace") ?? "";

    public static string Uid(this JsonObject node) => node.Text("metadata", "uid") ?? "";

    public static bool IsDeleting(this JsonObject node) => node.At("metadata", "deletionTimestamp") is not null;

    public static IEnumerable<JsonObject> Objects(this JsonNode? node) => node is JsonArray array ? array.OfType<JsonObject>() : [];

    public static IEnumerable<string> Texts(this JsonNode? node) =>
        node is JsonArray array ? array.Select(item => item.Text()).OfType<string>() : [];

    public static JsonObject Clone(this JsonObject node) => (JsonObject)node.DeepClone();

    public static JsonArray ToJsonArray(this IEnumerable<JsonNode?> nodes) => new([.. nodes]);

    public static JsonArray ToJsonArray(this IEnumerable<string> texts) => new([.. texts.Select(text => (JsonNode?)text)]);

    /// <summary>Sets the member, or removes it when the value is null.</summary>
    public static void Put(this JsonObject node, string name, JsonNode? value)
    {
        if (value is null)
        {
            node.Remove(name);
        }
        else
        {
            node[name] = value.Parent is null ? value : value.DeepClone();
        }
    }

    /// <summary>Null is absent, as in the typed decoding of built-in kinds.</summary>
    public static void DropNulls(this JsonNode node)
    {
        foreach (var item in node as JsonArray ?? [])
        {
            item?.DropNulls();
        }

        foreach (var (name, value) in (node as JsonObject)?.ToList() ?? [])
        {
            if (value is null)
            {
                ((JsonObject)node).Remove(name);
            }
            else
            {
                value.DropNulls();
            }
        }
    }

    public static bool TryParseObject(ReadOnlySpan<byte> utf8, [NotNullWhen(true)] out JsonNode? node)
    {
        try
        {
            node = JsonNode.Parse(utf8);
            return node is not null;
        }
        catch (JsonException)
        {
            node = null;
            return false;
        }
    }
}
