using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Api;

/// <summary>The YAML in crds/, and the smallest valid object of each kind.</summary>
internal static class Crds
{
    public static readonly IReadOnlyDictionary<string, Type> Kinds = new Dictionary<string, Type>
    {
        [RucioInstance.KubeKind] = typeof(RucioInstance),
        [VirtualOrganisation.KubeKind] = typeof(VirtualOrganisation),
        [StorageElement.KubeKind] = typeof(StorageElement),
    };

    public static readonly IReadOnlyDictionary<string, JsonObject> Definitions =
        Directory.GetFiles(Repository.Path("crds"), "*.yaml").SelectMany(f => Yaml.Parse(File.ReadAllText(f)))
            .ToDictionary(d => d["spec"]!["names"]!["kind"]!.GetValue<string>());

    private static readonly Dictionary<string, string> Smallest = new()
    {
        [RucioInstance.KubeKind] = "{version: 41.0.0, database: {provision: {host: pg.example.org, adminSecretRef: {name: admin}}}}",
        [VirtualOrganisation.KubeKind] = "{instanceRef: {name: rucio}, tag: sky}",
        [StorageElement.KubeKind] = "{voRef: {name: sky}, rse: SKY_DISK}",
    };

    public static JsonObject Schema(string kind) => Definitions[kind]["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();

    public static string Plural(string kind) => Definitions[kind]["spec"]!["names"]!["plural"]!.GetValue<string>();

    /// <param name="change">YAML laid over the smallest spec; objects are merged, null takes away.</param>
    public static JsonObject Manifest(string kind, string change = "{}", string name = "one")
    {
        var manifest = Yaml.Parse($"{{apiVersion: {ApiGroup.ApiVersion}, kind: {kind}, metadata: {{name: {name}, namespace: default}}, spec: {Smallest[kind]}}}")[0];
        Merge(manifest["spec"]!.AsObject(), Yaml.Parse(change)[0]);
        return manifest;
    }

    private static void Merge(JsonObject into, JsonObject change)
    {
        foreach (var (name, value) in change)
        {
            if (value is null)
                into.Remove(name);
            else if (value is JsonObject inner && into[name] is JsonObject existing)
                Merge(existing, inner);
            else
                into[name] = value.DeepClone();
        }
    }
}
