using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Docs;

/// <summary>samples/flux, as kustomize builds it.</summary>
internal static class FluxSample
{
    public const string Kustomizations = "kustomize.toolkit.fluxcd.io/v1";

    public static string Path(params string[] parts) => Repository.Path(["samples", "flux", .. parts]);

    public static IReadOnlyList<JsonObject> Read(string file) => Yaml.Parse(File.ReadAllText(Path(file)));

    /// <summary>The steps of the cluster in an order that their dependencies allow.</summary>
    public static IReadOnlyList<JsonObject> Steps()
    {
        var left = Read("clusters/main/rucio.yaml").ToList();
        var ordered = new List<JsonObject>();
        while (left.Count > 0)
        {
            var next = left.FirstOrDefault(step => Dependencies(step).All(name => ordered.Any(before => before.Text("metadata", "name") == name)));
            Assert.That(next, Is.Not.Null, $"nothing can begin of {string.Join(", ", left.Select(step => step.Text("metadata", "name")))}");
            ordered.Add(next!);
            left.Remove(next!);
        }
        return ordered;
    }

    public static IEnumerable<string> Dependencies(JsonObject step) => (step["spec"]!["dependsOn"] as JsonArray ?? []).Select(on => on!["name"]!.GetValue<string>());

    /// <summary>What <c>kubectl kustomize</c> makes of a folder: needs kubectl.</summary>
    public static async Task<IReadOnlyList<JsonObject>> BuildAsync(string folder)
    {
        var (code, output) = await Tool.RunAsync("kubectl", ["kustomize", Path(folder)]);
        Assert.That(code, Is.Zero, output);
        return Yaml.Parse(output);
    }
}
