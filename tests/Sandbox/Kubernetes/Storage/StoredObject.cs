using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes.Storage;

/// <summary>One version of one object. The tree is shared by every reader: never changed after this point.</summary>
internal sealed class StoredObject(string storage, JsonObject node, long version)
{
    private byte[]? _json;

    public string Storage { get; } = storage;

    public JsonObject Node { get; } = node;

    public long Version { get; } = version;

    public string Name { get; } = node.Name();

    public string Namespace { get; } = node.Namespace();

    public string Uid { get; } = node.Uid();

    public byte[] Json => _json ??= Node.Bytes();

    public byte[] As(ResourceType type) =>
        type.IsStoredForm(Node) ? Json : type.FromStored(Node).Bytes();
}

internal enum ChangeKind { Added, Modified, Deleted, Bookmark, Cut }

/// <summary>What happened; for a deletion <c>After</c> is the last state with the version of the deletion.</summary>
internal sealed record Change(ChangeKind Kind, long Version, StoredObject? Before, StoredObject? After);
