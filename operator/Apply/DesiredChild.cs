using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>A desired object as it is sent: marked, hashed, with its owner.</summary>
internal sealed record DesiredChild(Type Type, ResourceKind Kind, ObjectKey Key, JsonObject Node, string Hash, string OwnerName)
{
    /// <summary>Immutable once made.</summary>
    public bool IsJob => Type == typeof(V1Job);

    public static DesiredChild From(IKubernetesObject<V1ObjectMeta> owner, string set, DesiredObject desired)
    {
        var type = desired.Object.GetType();
        var kind = ResourceKind.Of(desired.Object);
        var (ownerKey, ownerKind) = (ObjectKey.Of(owner), ResourceKind.Of(owner.GetType()));
        var ownerName = $"{ownerKind.Kind}/{ownerKey}";

        var node = ResourceJson.ToNode(desired.Object, kind);
        node.Remove("status");
        MoveStringData(node);
        var metadata = Object(node, "metadata");
        metadata["namespace"] ??= ownerKey.Namespace;
        var labels = Object(metadata, "labels");
        labels[ChildMarks.ManagedByLabel] = ChildMarks.ManagedBy;
        labels[ChildMarks.OwnerLabel] = owner.Metadata.Uid;
        var annotations = Object(metadata, "annotations");
        annotations[ChildMarks.OwnerAnnotation] = ownerName;
        annotations[ChildMarks.SetAnnotation] = set;
        var key = new ObjectKey(metadata["namespace"]!.GetValue<string>(), metadata["name"]!.GetValue<string>());
        if (desired.Retain || annotations[ChildMarks.RetainAnnotation] is not null)
            annotations[ChildMarks.RetainAnnotation] = "true";
        // An owner in another namespace counts as absent, and the garbage collector would take the child.
        else if (key.Namespace == ownerKey.Namespace)
            metadata["ownerReferences"] = new JsonArray(new JsonObject
            {
                ["apiVersion"] = ownerKind.ApiVersion,
                ["kind"] = ownerKind.Kind,
                ["name"] = ownerKey.Name,
                ["uid"] = owner.Metadata.Uid,
                ["controller"] = true,
                ["blockOwnerDeletion"] = true,
            });
        var hash = Hashed(node);
        annotations[ChildMarks.HashAnnotation] = hash;
        return new(type, kind, key, node, hash, ownerName);
    }

    /// <summary>Of the canonical text: the order of keys doesn't matter.</summary>
    public static string Hashed(JsonNode? node)
    {
        var text = new StringBuilder();
        Canonical(node, text);
        return Digest.Of(text.ToString(), 32);
    }

    // The server does the same, and what it hands back could never be compared with stringData.
    private static void MoveStringData(JsonObject node)
    {
        if (node["stringData"] is not JsonObject texts)
            return;
        var data = Object(node, "data");
        foreach (var (name, text) in texts)
            data[name] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text!.GetValue<string>()));
        node.Remove("stringData");
    }

    private static JsonObject Object(JsonObject parent, string name)
    {
        if (parent[name] is JsonObject present)
            return present;
        var made = new JsonObject();
        parent[name] = made;
        return made;
    }

    private static void Canonical(JsonNode? node, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject obj:
                text.Append('{');
                foreach (var (name, value) in obj.OrderBy(property => property.Key, StringComparer.Ordinal))
                {
                    text.Append(JsonValue.Create(name).ToJsonString()).Append(':');
                    Canonical(value, text);
                    text.Append(',');
                }
                text.Append('}');
                break;
            case JsonArray array:
                text.Append('[');
                foreach (var item in array)
                {
                    Canonical(item, text);
                    text.Append(',');
                }
                text.Append(']');
                break;
            default:
                text.Append(node?.ToJsonString() ?? "null");
                break;
        }
    }
}
