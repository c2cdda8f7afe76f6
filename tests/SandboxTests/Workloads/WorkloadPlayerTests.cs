using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Workloads;
using static RucioOperator.Tests.SandboxTests.Kubernetes.WidgetApi;

namespace RucioOperator.Tests.SandboxTests.Workloads;

public sealed class WorkloadPlayerTests
{
    [Test]
    public async Task A_deployment_that_goes_while_it_is_played_is_no_trouble()
    {
        await using var api = await StartAsync();
        var store = new Vanishing(api.Server.Store, "brief");
        await using var player = new WorkloadPlayer(store, rucio: null);

        store.Upsert(Deployment("brief"));
        await EventuallyAsync(() => Task.FromResult(store.Get(Deployments, "default", "brief") is null));
        store.Upsert(Deployment("after"));

        await EventuallyAsync(() => Task.FromResult(store.Get(Deployments, "default", "after")!["status"]?["availableReplicas"] is not null));
    }

    private const string Deployments = "deployments.apps";

    private static JsonObject Deployment(string name) => JsonNode.Parse($$"""
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "{{name}}", "namespace": "default"},
         "spec": {"selector": {"matchLabels": {"a": "b"} }, "template": {"metadata": {"labels": {"a": "b"} }, "spec": {"containers": [{"name": "c", "image": "i"}] } } } }
        """)!.AsObject();

    /// <summary>One object goes just before its status is written.</summary>
    private sealed class Vanishing(IKubeStore store, string brief) : IKubeStore
    {
        public JsonObject? Get(string resource, string ns, string name) => store.Get(resource, ns, name);

        public IReadOnlyList<JsonObject> List(string resource, string? ns, string? labelSelector) => store.List(resource, ns, labelSelector);

        public IAsyncEnumerable<(ObjectEvent Event, JsonObject Object)> WatchAsync(string resource, string? ns, CancellationToken ct) => store.WatchAsync(resource, ns, ct);

        public JsonObject Upsert(JsonObject node) => store.Upsert(node);

        public JsonObject Patch(string resource, string ns, string name, JsonObject patch) => store.Patch(resource, ns, name, patch);

        public JsonObject PatchStatus(string resource, string ns, string name, JsonObject status)
        {
            if (name == brief)
                store.Delete(resource, ns, name);
            return store.PatchStatus(resource, ns, name, status);
        }

        public bool Delete(string resource, string ns, string name, string propagation) => store.Delete(resource, ns, name, propagation);
    }
}
