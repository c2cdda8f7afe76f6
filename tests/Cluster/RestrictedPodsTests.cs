using System.Text.Json.Nodes;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Apply;
using RucioOperator.Planning;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Golden;

namespace RucioOperator.Tests.Cluster;

/// <summary>What a real API server says of the rendered pods in a namespace that warns of anything above PodSecurity's restricted level.</summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class RestrictedPodsTests
{
    private TestCluster cluster = null!;
    private string ns = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        cluster = await TestCluster.GetAsync();
        ns = cluster.NewNamespace();
        cluster.Store.Patch("namespaces", "", ns, Yaml.Parse("metadata: {labels: {pod-security.kubernetes.io/warn: restricted}}").Single());
    }

    [OneTimeTearDown]
    public void RemoveNamespace()
    {
        if (ns != "")
            cluster.Store.Delete("namespaces", "", ns);
    }

    [Test]
    public async Task Only_servers_and_users_of_an_X509_proxy_need_more()
    {
        var one = RenderedCase.All.Single(c => c.Name == "everything");
        var instance = one.Instance with { Metadata = new V1ObjectMeta { Name = "rucio", NamespaceProperty = ns, Uid = "00000000-0000-0000-0000-000000000000" } };
        var (taken, warned) = (new List<string>(), new List<string>());
        foreach (var phase in (InstancePhase[])[InstancePhase.Running, InstancePhase.Bootstrap, InstancePhase.Backup, InstancePhase.Migrate])
        {
            foreach (var workload in (one with { Instance = instance, Phase = phase }).Objects().Where(o => o is V1Deployment or V1Job or V1StatefulSet))
            {
                var child = DesiredChild.From(instance, "set", new DesiredObject(workload));
                using var response = await cluster.Api.OpenAsync("PATCH", $"{child.Kind.Path(ns, child.Key.Name)}?fieldManager=rucio-operator&force=true&dryRun=All", child.Node, ClusterClient.Apply, "application/json", default);
                Assert.That(response.IsSuccessStatusCode, $"{child.Key}: {JsonNode.Parse(await response.Content.ReadAsStringAsync())?["message"]}");
                (response.Headers.Contains("Warning") ? warned : taken).Add(child.Key.Name["rucio-".Length..]);
            }
        }
        Assert.That(taken, Has.Member("bootstrap").And.Member("hermes").And.Member("judge-evaluator").And.Member("urgent"));
        Assert.That(warned.Distinct(), Is.SubsetOf((string[])["admin", "api", "auth", "trace", "webui", "conveyor-poller", "conveyor-stager", "conveyor-submitter", "judge-cleaner", "reaper", "reaper-sky"]));
    }
}
