using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes;

internal sealed class InProcessStore(ObjectStore store, TypeRegistry types, ResourceVerbs verbs) : IKubeStore
{
    private static readonly WriteOptions Main = new("sandbox") { FieldValidation = "Strict" };
    private static readonly WriteOptions Status = Main with { Subresource = "status" };

    public JsonObject? Get(string resource, string ns, string name)
    {
        var type = types.ForResource(resource);
        lock (store.Gate)
        {
            return store.Find(type.Storage, ns, name) is { } found ? Copy(type, found) : null;
        }
    }

    public IReadOnlyList<JsonObject> List(string resource, string? ns = null, string? labelSelector = null)
    {
        var (type, selectors) = (types.ForResource(resource), Selectors.Parse(labelSelector, null));
        lock (store.Gate)
        {
            return [.. store.List(type.Storage, ns).Where(item => selectors.Match(item.Node)).Select(item => Copy(type, item))];
        }
    }

    public async IAsyncEnumerable<(ObjectEvent Event, JsonObject Object)> WatchAsync(
        string resource, string? ns = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var type = types.ForResource(resource);
        List<StoredObject> present;
        System.Threading.Channels.Channel<Change> changes;
        lock (store.Gate)
        {
            present = [.. store.List(type.Storage, ns)];
            changes = store.Watch(type.Storage, store.Version)!;
        }

        try
        {
            foreach (var item in present)
            {
                yield return (ObjectEvent.Added, Copy(type, item));
            }

            await foreach (var change in changes.Reader.ReadAllAsync(ct))
            {
                if (change.After is { } after && (ns is null || after.Namespace == ns))
                {
                    yield return ((ObjectEvent)change.Kind, Copy(type, after));
                }
            }
        }
        finally
        {
            lock (store.Gate)
            {
                store.Unwatch(type.Storage, changes);
            }
        }
    }

    public JsonObject Upsert(JsonObject node)
    {
        // Through text, so that values made from CLR types read like parsed ones.
        node = (JsonObject)JsonNode.Parse(node.ToJsonString())!;
        var type = types.ForKind(node.Text("apiVersion") ?? "", node.Text("kind") ?? "")
            ?? throw new ArgumentException($"no kind {node.Text("kind")} in {node.Text("apiVersion")} is served", nameof(node));
        var ns = type.Namespaced ? node.Namespace() is { Length: > 0 } home ? home : "default" : "";
        lock (store.Gate)
        {
            var stored = store.Find(type.Storage, ns, node.Name()) is null
                ? verbs.Create(type, ns, node, Main)
                : verbs.Patch(type, ns, node.Name(), PatchFormat.Merge, node, Main);
            if (type.HasStatus && node["status"] is JsonObject status)
            {
                stored = verbs.Patch(type, ns, stored.Name, PatchFormat.Merge, new JsonObject { ["status"] = status.DeepClone() }, Status);
            }

            return Copy(type, stored);
        }
    }

    public JsonObject Patch(string resource, string ns, string name, JsonObject patch)
    {
        var type = types.ForResource(resource);
        return Copy(type, verbs.Patch(type, ns, name, PatchFormat.Merge, JsonNode.Parse(patch.ToJsonString())!, Main));
    }

    public JsonObject PatchStatus(string resource, string ns, string name, JsonObject status)
    {
        var type = types.ForResource(resource);
        var patch = JsonNode.Parse($"{{\"status\":{status.ToJsonString()}}}")!;
        return Copy(type, verbs.Patch(type, ns, name, PatchFormat.Merge, patch, Status));
    }

    public bool Delete(string resource, string ns, string name, string propagation = "Background")
    {
        var type = types.ForResource(resource);
        lock (store.Gate)
        {
            if (store.Find(type.Storage, ns, name) is null)
            {
                return false;
            }

            verbs.Delete(type, ns, name, new() { Propagation = propagation });
            return true;
        }
    }

    private static JsonObject Copy(ResourceType type, StoredObject stored) => type.FromStored(stored.Node).Clone();
}
