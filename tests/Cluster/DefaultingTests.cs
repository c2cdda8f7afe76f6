using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Cluster;

/// <summary>What the server fills in equals what the C# records start with, so an old object and a new one read alike.</summary>
[Category("Cluster")]
public sealed class DefaultingTests
{
    [Test]
    public Task Of_an_instance_with_an_existing_database() => AlikeAsync<RucioInstance>("""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec: {version: 41.0.0, database: {existing: {host: pg, name: rucio, credentialsSecretRef: {name: db}}}, images: {}, api: {}, daemons: {}, transfers: {}, config: {}, tenancy: {allowedNamespaces: {}, limits: {}}}
        """);

    [Test]
    public Task Of_an_instance_with_a_provisioned_database() => AlikeAsync<RucioInstance>("""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        spec: {version: 41.0.0, database: {provision: {host: pg, adminSecretRef: {name: db}}}}
        """);

    [Test]
    public Task Of_a_vo() => AlikeAsync<VirtualOrganisation>("""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        spec: {instanceRef: {name: rucio}, tag: sky, accounts: [{name: alice, identities: [{}], quotas: [{rseExpression: "*", bytes: 5}]}], scopes: [{name: data}], distances: {}}
        """);

    [Test]
    public Task Of_a_storage() => AlikeAsync<StorageElement>("""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        spec: {voRef: {name: sky}, rse: SKY, endpoints: [{url: "davs://h.example.org/a/", lan: {}, wan: {}}], availability: {}, minFreeSpace: 5}
        """);

    private static async Task AlikeAsync<T>(string yaml)
    {
        var cluster = await TestCluster.GetAsync();
        var node = Yaml.Parse(yaml).Single();
        node["metadata"] = new JsonObject { ["name"] = "defaults", ["namespace"] = "default" };
        var stored = await cluster.Api.DoAsync("POST", $"{RemoteStore.Path(RemoteStore.ResourceOf(node), "default")}?dryRun=All", node);
        Assert.That(Spec<T>(stored), Is.EqualTo(Spec<T>(node)));
        Assert.That(stored["spec"]!.ToJsonString(), Is.Not.EqualTo(node["spec"]!.ToJsonString()), "the server filled in nothing");
    }

    private static string Spec<T>(JsonObject node) =>
        Sorted(JsonNode.Parse(JsonSerializer.Serialize(JsonSerializer.Deserialize(node.ToJsonString(), KubeJson.Info<T>())!, KubeJson.Info<T>()))!["spec"]!).ToJsonString();

    private static JsonNode Sorted(JsonNode node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value is null ? null : Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(i => i is null ? null : Sorted(i))]),
        _ => node.DeepClone(),
    };
}
