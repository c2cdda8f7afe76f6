using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Chart;

/// <summary>The values files that the chart's README shows.</summary>
[Parallelizable(ParallelScope.All)]
public sealed partial class ReadmeExamplesTests
{
    /// <summary>In YAML: for a whole cluster, for Roles alone, for production.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Block().Matches(File.ReadAllText(Repository.Path("charts", "rucio-operator", "README.md"))).Select(block => block.Groups[1].Value)];

    /// <summary>As Helm takes them on its command line.</summary>
    public static string[] Values(string example) => [.. Yaml.Parse(example).Single().Select(value => $"{value.Key}={value.Value!.ToJsonString()}")];

    [Test]
    public async Task One_is_for_the_whole_cluster_and_one_makes_nothing_outside_its_namespaces()
    {
        Assert.That(All, Has.Count.EqualTo(3));
        var (wide, roles) = (await KindsAsync(All[0]), await KindsAsync(All[1]));
        Assert.That(wide, Has.Member("ClusterRole").And.Member("CustomResourceDefinition").And.No.Member("PodMonitor"));
        Assert.That(roles, Has.Exactly(3).EqualTo("Role").And.None.StartsWith("Cluster").And.None.EqualTo("CustomResourceDefinition"));
        Assert.That(await KindsAsync(All[2]), Has.Member("PodMonitor").And.Member("PrometheusRule"));
    }

    private static async Task<IReadOnlyList<string>> KindsAsync(string example) =>
        [.. Yaml.Parse(await Helm.RenderAsync(Values(example))).Select(node => node["kind"]!.GetValue<string>())];

    [GeneratedRegex("^```yaml\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
