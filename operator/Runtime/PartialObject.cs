using k8s;
using k8s.Models;

namespace RucioOperator.Runtime;

/// <summary>An object of any kind without its content: what a metadata-only watch delivers.</summary>
public sealed record PartialObject : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";
    public string Kind { get; set; } = "";
    public V1ObjectMeta Metadata { get; set; } = new();
}
