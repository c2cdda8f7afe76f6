using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace RucioOperator.Commands.Manifests.Schema;

/// <summary>The schemas of the three kinds, as this binary was built with them (crds/).</summary>
public static class Definitions
{
    private static readonly Lazy<IReadOnlyDictionary<string, JsonObject>> Read = new(() => Load().ToDictionary(d => (string)d["spec"]!["names"]!["kind"]!));

    public static IEnumerable<string> Kinds => Read.Value.Keys;

    /// <summary>The whole CustomResourceDefinition; null: not one of ours.</summary>
    public static JsonObject? Find(string kind) => Read.Value.GetValueOrDefault(kind);

    /// <summary>Of the only version; null: not one of ours.</summary>
    public static JsonObject? SchemaOf(string kind) => Find(kind)?["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();

    private static IEnumerable<JsonObject> Load()
    {
        var assembly = typeof(Definitions).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("Definitions/", StringComparison.Ordinal)))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var stream = new YamlStream();
            stream.Load(reader);
            yield return YamlValues.Read(stream.Documents[0].RootNode, FieldPath.Root, (_, _) => { })!.AsObject();
        }
    }
}
