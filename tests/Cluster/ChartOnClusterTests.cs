using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Chart;

namespace RucioOperator.Tests.Cluster;

/// <summary>
/// What a real API server says of the chart: each value otherwise, both modes of rights, as a dry run in a namespace that enforces and warns by
/// PodSecurity's restricted level.
/// </summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class ChartOnClusterTests
{
    /// <summary>What values name.</summary>
    private static readonly string[] Named = ["rucio", "sky", "monitoring"];

    private TestCluster cluster = null!;
    private string ns = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Helm.Require();
        cluster = await TestCluster.GetAsync();
        await cluster.ServeOptionalKindsAsync();
        ns = cluster.NewNamespace();
        cluster.Store.Patch("namespaces", "", ns, Yaml.Parse("metadata: {labels: {pod-security.kubernetes.io/enforce: restricted, pod-security.kubernetes.io/warn: restricted}}").Single());
        foreach (var name in Named.Where(name => cluster.Store.Get("namespaces", "", name) is null))
            cluster.Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } });
    }

    [OneTimeTearDown]
    public void RemoveNamespace()
    {
        if (ns != "")
            cluster.Store.Delete("namespaces", "", ns);
    }

    [Test]
    public async Task The_defaults_are_taken() => await TakenAsync();

    [Test]
    public async Task Rights_in_a_list_of_namespaces_are_taken() => await TakenAsync("rbac.scope=\"Namespaces\"", "namespaces=[\"rucio\",\"sky\"]");

    [Test]
    public async Task All_values_at_once_are_taken() => await TakenAsync([.. ValuesTests.AllOtherwise]);

    [Test]
    public async Task What_the_README_shows_is_taken()
    {
        foreach (var example in ReadmeExamplesTests.All)
            await TakenAsync(ReadmeExamplesTests.Values(example));
    }

    [TestCaseSource(typeof(ValuesTests), nameof(ValuesTests.EachOtherwise))]
    public async Task Each_value_otherwise_is_taken(string path, string value, string[] given) => await TakenAsync([.. path == "crds.install" ? (string[])[] : ["crds.install=false"], .. given, value]);

    private async Task TakenAsync(params string[] values)
    {
        var objects = Yaml.Parse(await Helm.RenderInAsync(ns, values));
        var complaints = new List<string>();
        foreach (var node in objects)
            complaints.AddRange(await ComplaintsAsync("PATCH", node, node["metadata"]!["name"]!.GetValue<string>()));
        // Of a Deployment's pods it only warns: the pod itself.
        var pod = objects.Single(o => o["kind"]!.GetValue<string>() == "Deployment")["spec"]!["template"]!.DeepClone().AsObject();
        (pod["apiVersion"], pod["kind"], pod["metadata"]!["name"], pod["metadata"]!["namespace"]) = ("v1", "Pod", "operator", ns);
        // The class is the cluster's, and admission fills in what it stands for.
        pod["spec"]!.AsObject().Remove("priorityClassName");
        complaints.AddRange(await ComplaintsAsync("PATCH", pod, "operator"));
        Assert.That(complaints, Is.Empty);
    }

    private async Task<IEnumerable<string>> ComplaintsAsync(string method, JsonObject node, string name)
    {
        var path = RemoteStore.Path(RemoteStore.ResourceOf(node), node["metadata"]!["namespace"]?.GetValue<string>());
        using var response = await cluster.Api.OpenAsync(method, $"{path}/{name}?fieldManager=helm&force=true&dryRun=All&fieldValidation=Strict", node, ClusterClient.Apply, "application/json", default);
        return [.. response.IsSuccessStatusCode ? (string[])[] : [$"{node["kind"]} {name}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}"],
            .. response.Headers.TryGetValues("Warning", out var warnings) ? warnings.Select(warning => $"{node["kind"]} {name}: {warning}") : []];
    }
}
