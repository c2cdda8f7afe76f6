using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes.Http;

/// <summary>How a client wants objects, from its Accept header: whole, metadata only, or as a table.</summary>
internal sealed class Form(HttpRequest request, TimeProvider clock)
{
    public bool IsTable { get; } = request.Headers.Accept.ToString().Contains("as=Table", StringComparison.Ordinal);

    public bool IsMetadata { get; } = request.Headers.Accept.ToString().Contains("as=PartialObjectMetadata", StringComparison.Ordinal);

    public byte[] Of(ResourceType type, StoredObject stored) =>
        IsTable ? Table(type, [stored], new() { ["resourceVersion"] = stored.Node.Text("metadata", "resourceVersion") }).Bytes()
        : IsMetadata ? Tables.PartialMetadata(type.FromStored(stored.Node)).Bytes()
        : stored.As(type);

    public JsonObject Table(ResourceType type, IEnumerable<StoredObject> items, JsonObject metadata) =>
        Tables.Of(type, items.Select(item => type.FromStored(item.Node)), metadata, request.Query["includeObject"].ToString(), clock.GetUtcNow());

    public JsonObject Bookmark(ResourceType type, long version, bool initialEnd)
    {
        var metadata = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["creationTimestamp"] = null };
        metadata.Put("annotations", initialEnd ? new JsonObject { ["k8s.io/initial-events-end"] = "true" } : null);
        return new()
        {
            ["kind"] = IsMetadata ? "PartialObjectMetadata" : type.Kind,
            ["apiVersion"] = IsMetadata ? "meta.k8s.io/v1" : type.ApiVersion,
            ["metadata"] = metadata,
        };
    }
}
