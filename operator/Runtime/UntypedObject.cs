using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>An object of a kind that is not modelled here: another product's, with spec and status as they come.</summary>
public sealed record UntypedObject : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";
    public string Kind { get; set; } = "";
    public V1ObjectMeta Metadata { get; set; } = new();
    public JsonObject? Spec { get; init; }
    public JsonObject? Status { get; init; }

    /// <summary>Where it lives: the text alone doesn't tell its plural.</summary>
    [JsonIgnore] public ResourceKind? Resource { get; set; }

    public static UntypedObject Of(ResourceKind kind, V1ObjectMeta metadata, JsonObject spec) =>
        new() { ApiVersion = kind.ApiVersion, Kind = kind.Kind, Resource = kind, Metadata = metadata, Spec = spec };
}
