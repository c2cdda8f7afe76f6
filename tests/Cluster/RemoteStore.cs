using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Cluster;

/// <summary>The sandbox's view of a store, on a real API server: so the same workload player serves both.</summary>
internal sealed class RemoteStore(ClusterClient client) : IKubeStore
{
    public const string Manager = "cluster-tests";

    public static string Path(string resource, string? ns = null, string? name = null)
    {
        var (plural, group) = resource.Split('.', 2) is [var left, var right] ? (left, right) : (resource, "");
        var version = group == "rucio.cern.ch" ? "v1alpha1" : "v1";
        var root = group == "" ? $"api/{version}" : $"apis/{group}/{version}";
        return $"{root}{(string.IsNullOrEmpty(ns) ? "" : $"/namespaces/{ns}")}/{plural}{(name is null ? "" : $"/{name}")}";
    }

    public static string ResourceOf(JsonObject node)
    {
        var (apiVersion, kind) = (node["apiVersion"]!.GetValue<string>(), node["kind"]!.GetValue<string>());
        var plural = kind.EndsWith('y') ? $"{kind[..^1]}ies" : $"{kind}s";
        return $"{plural.ToLowerInvariant()}{(apiVersion.Contains('/') ? $".{apiVersion.Split('/')[0]}" : "")}";
    }

    public JsonObject? Get(string resource, string ns, string name)
    {
        var (status, body) = Wait(client.SendAsync("GET", Path(resource, ns, name)));
        return status == 200 ? body : status == 404 ? null : throw new InvalidOperationException($"GET {resource} {ns}/{name}: {status} {body["message"]}");
    }

    public IReadOnlyList<JsonObject> List(string resource, string? ns = null, string? labelSelector = null) =>
        Items(Wait(client.DoAsync("GET", $"{Path(resource, ns)}?labelSelector={Uri.EscapeDataString(labelSelector ?? "")}")));

    public async IAsyncEnumerable<(ObjectEvent Event, JsonObject Object)> WatchAsync(string resource, string? ns = null, [EnumeratorCancellation] CancellationToken ct = default)
    {
        while (true)
        {
            var (status, list) = await client.SendAsync("GET", Path(resource, ns));
            if (status is 404 or 429 or 503)
            {
                // Of a kind whose definition is new or changed: a real server serves it a moment later.
                await Task.Delay(100, ct);
                continue;
            }
            if (status != 200)
                throw new InvalidOperationException($"GET {resource}: {status} {list["message"]}");
            foreach (var item in Items(list))
                yield return (ObjectEvent.Added, item);
            using var response = await client.OpenAsync("GET", $"{Path(resource, ns)}?watch=true&resourceVersion={list["metadata"]!["resourceVersion"]}", null, "application/json", "application/json", ct);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
            while (await LineAsync(reader, ct) is { } line)
            {
                var change = JsonNode.Parse(line)!;
                if (!Enum.TryParse<ObjectEvent>(change["type"]!.GetValue<string>(), ignoreCase: true, out var kind))
                    break;
                yield return (kind, change["object"]!.AsObject());
            }
            ct.ThrowIfCancellationRequested();
        }
    }

    public JsonObject Upsert(JsonObject node)
    {
        var (resource, ns, name) = (ResourceOf(node), node["metadata"]!["namespace"]?.GetValue<string>(), node["metadata"]!["name"]!.GetValue<string>());
        return Wait(client.DoAsync("PATCH", $"{Path(resource, ns, name)}?fieldManager={Manager}&force=true", node, ClusterClient.Apply));
    }

    public JsonObject Patch(string resource, string ns, string name, JsonObject patch) =>
        Wait(client.DoAsync("PATCH", $"{Path(resource, ns, name)}?fieldManager={Manager}", patch, ClusterClient.Merge));

    public JsonObject PatchStatus(string resource, string ns, string name, JsonObject status) =>
        Wait(client.DoAsync("PATCH", $"{Path(resource, ns, name)}/status?fieldManager={Manager}", new JsonObject { ["status"] = status.DeepClone() }, ClusterClient.Merge));

    public bool Delete(string resource, string ns, string name, string propagation = "Background") =>
        Wait(client.SendAsync("DELETE", $"{Path(resource, ns, name)}?propagationPolicy={propagation}")).Status < 300;

    /// <summary>Items of a list do not say what they are.</summary>
    private static IReadOnlyList<JsonObject> Items(JsonObject list) => [.. list["items"]!.AsArray().Select(i =>
    {
        var item = i!.DeepClone().AsObject();
        (item["apiVersion"], item["kind"]) = (list["apiVersion"]!.DeepClone(), list["kind"]!.GetValue<string>()[..^4]);
        return item;
    })];

    private static async Task<string?> LineAsync(StreamReader reader, CancellationToken ct)
    {
        try
        {
            return await reader.ReadLineAsync(ct);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The interface is synchronous because the store in the process is.</summary>
    private static T Wait<T>(Task<T> call) => Task.Run(() => call).GetAwaiter().GetResult();
}
