using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Grid;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Sandbox.Demo;

/// <summary>What a grid has and a laptop has not: an authority, an FTS server, and robot certificates, all of them thrown away at the end.</summary>
public sealed class DemoGrid : IAsyncDisposable
{
    /// <summary>As the samples name it.</summary>
    private const string Example = "https://fts.example.org:8446";

    private readonly ThrowAwayAuthority _authority;
    private readonly StandInFts _fts;

    private DemoGrid(ThrowAwayAuthority authority, StandInFts fts) => (_authority, _fts) = (authority, fts);

    public string Url => _fts.Url.AbsoluteUri.TrimEnd('/');

    public static async Task<DemoGrid> StartAsync()
    {
        var authority = new ThrowAwayAuthority("Demo Grid CA", rsa: true);
        return new(authority, await StandInFts.StartAsync(authority));
    }

    /// <summary>A sample's object with this FTS in place of the example's, and its authority among those that are trusted.</summary>
    public JsonObject Adapt(JsonObject node)
    {
        var adapted = JsonNode.Parse(node.ToJsonString().Replace(Example, Url, StringComparison.Ordinal))!.AsObject();
        if (adapted.Text("kind") == "RucioInstance" && adapted["spec"]!["transfers"] is not null)
            adapted["spec"]!["trust"] = new JsonObject { ["caBundles"] = new JsonArray(new JsonObject { ["name"] = "grid-authorities" }) };
        return adapted;
    }

    /// <summary>What the samples' comments have one make by hand.</summary>
    public void Provide(IKubeStore store)
    {
        store.Upsert(Holding("ConfigMap", "rucio", "grid-authorities", "data", new JsonObject { ["ca.pem"] = _authority.CaPem }));
        foreach (var ns in (string[])["rucio", "polarimeter"])
        {
            var (certificate, key) = _authority.IssueToRobot(ns);
            store.Upsert(Holding("Secret", ns, $"{ns}-robot", "stringData", new JsonObject { ["tls.crt"] = certificate, ["tls.key"] = key }));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _fts.DisposeAsync();
        _authority.Dispose();
    }

    private static JsonObject Holding(string kind, string ns, string name, string field, JsonObject content) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns },
        [field] = content,
    };
}
