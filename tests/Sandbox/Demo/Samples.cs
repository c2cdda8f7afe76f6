using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Sandbox.Demo;

/// <summary>The samples, applied in name order, with this bed's database in place of the example's.</summary>
public static class Samples
{
    public static void Apply(SandboxBed bed, string sample, LiveRucio? live = null, Func<string, bool>? only = null) =>
        Apply(bed.Kubernetes.Store, bed.Postgres, sample, live, only);

    /// <param name="only">Picks files by name; absent takes all.</param>
    /// <param name="adapt">A last change of each object.</param>
    public static void Apply(IKubeStore store, PostgresServer postgres, string sample, LiveRucio? live = null, Func<string, bool>? only = null, Func<JsonObject, JsonObject>? adapt = null)
    {
        foreach (var file in Directory.GetFiles(Repository.Path("samples", sample), "*.yaml").Where(f => only?.Invoke(Path.GetFileName(f)) != false).Order(StringComparer.Ordinal))
        {
            foreach (var node in Yaml.Parse(File.ReadAllText(file)))
                store.Upsert(adapt is null ? WithoutGrid(Adapt(node, postgres, live)) : adapt(Adapt(node, postgres, live)));
        }
    }

    /// <summary>A bed without a grid has no robot certificates, and no FTS to show them to.</summary>
    public static JsonObject WithoutGrid(JsonObject node)
    {
        if (node["spec"]?["transfers"] is JsonObject transfers)
        {
            transfers.Remove("credentialSecretRef");
            transfers.Remove("voms");
        }
        return node;
    }

    private static JsonObject Adapt(JsonObject node, PostgresServer postgres, LiveRucio? live)
    {
        var (kind, name) = (node["kind"]!.GetValue<string>(), node["metadata"]!["name"]!.GetValue<string>());
        if (kind == "Secret" && name == "postgres-admin")
        {
            node["stringData"] = live is null
                ? new JsonObject { ["username"] = PostgresServer.AdminName, ["password"] = postgres.AdminPassword }
                : new JsonObject { ["username"] = live.Database.Username, ["password"] = live.Database.Password };
        }
        if (kind == "RucioInstance" && live is not null)
            live.Use(node);
        else if (kind == "RucioInstance")
            (node["spec"]!["database"]!["provision"]!["host"], node["spec"]!["database"]!["provision"]!["port"]) = (postgres.Host, postgres.Port);
        return node;
    }
}
