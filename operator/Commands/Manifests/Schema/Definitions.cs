using System.Text.Json.Nodes;

namespace RucioOperator.Commands.Manifests.Schema;

/// <summary>The schemas of the three kinds, as this binary was built with them (crds/).</summary>
public static class Definitions
{
    private static readonly Lazy<IReadOnlyDictionary<string, JsonObject>> Read = new(() => EmbeddedYaml.Under("Definitions/").ToDictionary(d => (string)d["spec"]!["names"]!["kind"]!));

    public static IEnumerable<string> Kinds => Read.Value.Keys;

    /// <summary>The whole CustomResourceDefinition; null: not one of ours.</summary>
    public static JsonObject? Find(string kind) => Read.Value.GetValueOrDefault(kind);

    /// <summary>Of the only version; null: not one of ours.</summary>
    public static JsonObject? SchemaOf(string kind) => Find(kind)?["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();
}
