using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Runtime;

public sealed class KubeJsonTests
{
    [Test]
    public void Our_types_come_from_generated_code()
    {
        foreach (var type in (Type[])[typeof(RucioInstance), typeof(VirtualOrganisation), typeof(StorageElement), typeof(PartialObject)])
            Assert.That(KubeJson.Options.GetTypeInfo(type).OriginatingResolver, Is.InstanceOf<System.Text.Json.Serialization.JsonSerializerContext>(), type.Name);
    }

    [Test]
    public void Nothing_depends_on_reflection_which_the_shipped_binary_does_not_have()
    {
        Assert.That(KubeJson.Options.TypeInfoResolverChain, Has.All.InstanceOf<System.Text.Json.Serialization.JsonSerializerContext>());
        const string text = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"managedFields":[{"fieldsV1":{"f:data":{}},"manager":"m"}],"name":"a"}}""";
        var map = JsonSerializer.Deserialize(text, KubeJson.Info<V1ConfigMap>())!;
        Assert.That(JsonNode.DeepEquals(JsonSerializer.SerializeToNode(map, KubeJson.Info<V1ConfigMap>()), JsonNode.Parse(text)));
    }

    [Test]
    public void Both_serialisers_write_the_same_text()
    {
        var storage = new StorageElement
        {
            Metadata = new V1ObjectMeta { Name = "a", NamespaceProperty = "ns", CreationTimestamp = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), Labels = new Dictionary<string, string> { ["K"] = "v" } },
            Spec = new StorageElementSpec { Rse = "X", Technology = StorageTechnology.StoRM },
            Status = new StorageElementStatus { Conditions = [new V1Condition { Type = "Ready", Status = "True", Reason = "R", Message = "m", LastTransitionTime = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc) }] },
        };
        var ours = JsonSerializer.Serialize(storage, KubeJson.Info<StorageElement>());
        Assert.That(ours, Is.EqualTo(KubernetesJson.Serialize(storage)));
        Assert.That(ours, Does.Contain("\"2026-01-02T03:04:05Z\"").And.Contain("\"StoRM\"").And.Not.Contain("null"));
        Assert.That(JsonSerializer.Serialize(JsonSerializer.Deserialize(ours, KubeJson.Info<StorageElement>())!, KubeJson.Info<StorageElement>()), Is.EqualTo(ours));
    }

    [Test]
    public void Metadata_is_written_as_the_client_writes_it()
    {
        var metadata = new V1ObjectMeta { Name = "a", Generation = 3, Finalizers = ["f"], DeletionTimestamp = new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc), OwnerReferences = [new V1OwnerReference { ApiVersion = "v1", Kind = "K", Name = "n", Uid = "u", Controller = true }] };
        var inside = JsonSerializer.SerializeToNode(new RucioInstance { Metadata = metadata }, KubeJson.Info<RucioInstance>())!["metadata"];
        Assert.That(JsonNode.DeepEquals(inside, JsonNode.Parse(KubernetesJson.Serialize(metadata))));
    }
}
