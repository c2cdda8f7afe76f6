using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Kubernetes;

public enum ObjectEvent { Added, Modified, Deleted }

/// <summary>
/// The objects without HTTP, for whoever plays a controller inside the process: not logged, no faults.
/// A resource is named as kubectl names it, <c>deployments.apps</c>; what comes out is the caller's own copy.
/// </summary>
public interface IKubeStore
{
    JsonObject? Get(string resource, string ns, string name);

    /// <summary>In order of namespace and name; a null namespace means all.</summary>
    IReadOnlyList<JsonObject> List(string resource, string? ns = null, string? labelSelector = null);

    /// <summary>What is there as Added, then every change, until cancelled.</summary>
    IAsyncEnumerable<(ObjectEvent Event, JsonObject Object)> WatchAsync(string resource, string? ns = null, CancellationToken ct = default);

    /// <summary>Creates the object or merges it over the one there; its kind decides where. Status included.</summary>
    JsonObject Upsert(JsonObject node);

    /// <summary>Merge patch on the main endpoint.</summary>
    JsonObject Patch(string resource, string ns, string name, JsonObject patch);

    /// <summary>Merge patch on status; <paramref name="status"/> is the content of the field.</summary>
    JsonObject PatchStatus(string resource, string ns, string name, JsonObject status);

    /// <summary>False when there was none. Finalizers hold as for any client.</summary>
    bool Delete(string resource, string ns, string name, string propagation = "Background");
}
