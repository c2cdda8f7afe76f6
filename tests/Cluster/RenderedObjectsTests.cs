using System.Text.Json.Nodes;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Apply;
using RucioOperator.Runtime;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Golden;

namespace RucioOperator.Tests.Cluster;

/// <summary>
/// Every object of every sample and mode, as the applier would send it, to a real API server as a dry run: taken without a
/// warning, no unknown field, and as much as the images allow in a namespace that enforces the baseline pod standard.
/// </summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class RenderedObjectsTests
{
    private TestCluster cluster = null!;
    private string ns = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        cluster = await TestCluster.GetAsync();
        await cluster.ServeOptionalKindsAsync();
        ns = cluster.NewNamespace();
        cluster.Store.Patch("namespaces", "", ns, Yaml.Parse("metadata: {labels: {pod-security.kubernetes.io/enforce: baseline, pod-security.kubernetes.io/warn: baseline}}").Single());
    }

    [OneTimeTearDown]
    public void RemoveNamespace()
    {
        if (ns != "")
            cluster.Store.Delete("namespaces", "", ns);
    }

    [TestCaseSource(typeof(RenderedCase), nameof(RenderedCase.All))]
    public async Task Each_object_is_taken_without_a_warning(RenderedCase one)
    {
        var complaints = new List<string>();
        var here = one.Instance with { Metadata = new V1ObjectMeta { Name = one.Instance.Metadata.Name, NamespaceProperty = ns, Uid = one.Instance.Metadata.Uid } };
        foreach (var child in (one with { Instance = here }).Objects().Select(obj => DesiredChild.From(here, "set", new DesiredObject(obj))))
        {
            using var response = await cluster.Api.OpenAsync("PATCH", $"{child.Kind.Path(ns, child.Key.Name)}?fieldManager=rucio-operator&force=true&dryRun=All&fieldValidation=Strict", child.Node, ClusterClient.Apply, "application/json", default);
            if (!response.IsSuccessStatusCode)
                complaints.Add($"{child.Kind.Kind} {child.Key.Name}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            if (response.Headers.TryGetValues("Warning", out var warnings))
                complaints.AddRange(warnings.Select(warning => $"{child.Kind.Kind} {child.Key.Name}: {warning}"));
        }
        Assert.That(complaints, Is.Empty);
    }
}
