using System.Text;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>
/// <c>kubectl create secret</c> and its like send protobuf whatever the server offers. Read here: the small kinds
/// that command makes; the rest gets 415.
/// </summary>
internal static class Protobuf
{
    private static readonly Dictionary<string, string> Messages = new(StringComparer.Ordinal)
    {
        ["Unknown"] = "1 typeMeta TypeMeta,2 raw bytes",
        ["TypeMeta"] = "1 apiVersion string,2 kind string",
        ["ObjectMeta"] = "1 name string,2 generateName string,3 namespace string,5 uid string,6 resourceVersion string,"
            + "11 labels map,12 annotations map,14 finalizers strings",
        ["Namespace"] = "1 metadata ObjectMeta",
        ["ServiceAccount"] = "1 metadata ObjectMeta",
        ["ConfigMap"] = "1 metadata ObjectMeta,2 data map,3 binaryData bytesmap,4 immutable bool",
        ["Secret"] = "1 metadata ObjectMeta,2 data bytesmap,3 type string,4 stringData map,5 immutable bool",
        ["SelfSubjectAccessReview"] = "1 metadata ObjectMeta,2 spec AccessReviewSpec",
        ["AccessReviewSpec"] = "1 resourceAttributes ResourceAttributes",
        ["ResourceAttributes"] = "1 namespace string,2 verb string,3 group string,4 version string,5 resource string,6 subresource string,7 name string",
        ["MapEntry"] = "1 key string,2 value string",
        ["BytesMapEntry"] = "1 key string,2 value bytes",
    };

    /// <summary>Null for a kind that is not listed.</summary>
    public static JsonObject? Read(ReadOnlySpan<byte> body)
    {
        if (!body.StartsWith("k8s\0"u8))
        {
            return null;
        }

        var envelope = Message("Unknown", body[4..]);
        var kind = envelope.Text("typeMeta", "kind") ?? "";
        if (!Messages.ContainsKey(kind))
        {
            return null;
        }

        var node = Message(kind, Convert.FromBase64String(envelope.Text("raw") ?? ""));
        node["apiVersion"] = envelope.Text("typeMeta", "apiVersion");
        node["kind"] = kind;
        return node;
    }

    private static JsonObject Message(string message, ReadOnlySpan<byte> bytes)
    {
        var fields = Messages[message].Split(',').Select(field => field.Split(' ')).ToDictionary(field => int.Parse(field[0]), field => (Name: field[1], Type: field[2]));
        var node = new JsonObject();
        while (bytes.Length > 0)
        {
            var tag = Varint(ref bytes);
            var scalar = 0UL;
            ReadOnlySpan<byte> value = [];
            switch (tag & 7)
            {
                case 0:
                    scalar = Varint(ref bytes);
                    break;
                case 1:
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    value = bytes[..length];
                    bytes = bytes[length..];
                    break;
                default:
                    bytes = bytes[4..];
                    break;
            }

            if (fields.TryGetValue((int)(tag >> 3), out var field))
            {
                Set(node, field.Name, field.Type, value, scalar);
            }
        }

        return node;
    }

    private static void Set(JsonObject node, string name, string type, ReadOnlySpan<byte> value, ulong scalar)
    {
        switch (type)
        {
            case "string" when value.Length > 0:
                node[name] = Encoding.UTF8.GetString(value);
                break;
            case "string":
                break;
            case "strings":
                (node[name] as JsonArray ?? (JsonArray)(node[name] = new JsonArray())).Add(Encoding.UTF8.GetString(value));
                break;
            case "bytes":
                node[name] = Convert.ToBase64String(value);
                break;
            case "bool":
                node[name] = scalar != 0;
                break;
            case "map" or "bytesmap":
                var entry = Message(type == "map" ? "MapEntry" : "BytesMapEntry", value);
                node.Child(name)[entry.Text("key") ?? ""] = entry.Text("value") ?? "";
                break;
            default:
                node[name] = Message(type, value);
                break;
        }
    }

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        var (value, shift, at) = (0UL, 0, 0);
        do
        {
            value |= (ulong)(bytes[at] & 0x7F) << shift;
            shift += 7;
        }
        while ((bytes[at++] & 0x80) != 0);
        bytes = bytes[at..];
        return value;
    }
}
