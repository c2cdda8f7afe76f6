using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace RucioOperator.Commands.Manifests;

/// <summary>YAML files of the repository that are part of the binary.</summary>
internal static class EmbeddedYaml
{
    /// <param name="folder">In the names of the project file, with a slash at its end.</param>
    public static IEnumerable<JsonObject> Under(string folder)
    {
        var assembly = typeof(EmbeddedYaml).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith(folder, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            var stream = new YamlStream();
            stream.Load(reader);
            yield return YamlValues.Read(stream.Documents[0].RootNode, FieldPath.Root, (_, _) => { })!.AsObject();
        }
    }
}
