using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Sandbox.Demo;

/// <summary>The samples, applied in name order, with this bed's database in place of the example's.</summary>
public static class Samples
{
    /// <param name="only">Picks files by name; absent takes all.</param>
    public static void Apply(SandboxBed bed, string sample, LiveRucio? live = null, Func<string, bool>? only = null)
    {
        foreach (var file in Directory.GetFiles(Repository.Path("samples", sample), "*.yaml").Where(f => only?.Invoke(Path.GetFileName(f)) != false).Order(StringComparer.Ordinal))
        {
            foreach (var node in Yaml.Parse(File.ReadAllText(file)))
                bed.Kubernetes.Store.Upsert(Adapt(node, bed, live));
        }
    }

    private static JsonObject Adapt(JsonObject node, SandboxBed bed, LiveRucio? live)
    {
        var (kind, name) = (node["kind"]!.GetValue<string>(), node["metadata"]!["name"]!.GetValue<string>());
        if (kind == "Secret" && name == "postgres-admin")
        {
            node["stringData"] = live is null
                ? new JsonObject { ["username"] = PostgresServer.AdminName, ["password"] = bed.Postgres.AdminPassword }
                : new JsonObject { ["username"] = live.Database.Username, ["password"] = live.Database.Password };
        }
        if (kind == "RucioInstance" && live is not null)
            live.Use(node);
        else if (kind == "RucioInstance")
            (node["spec"]!["database"]!["provision"]!["host"], node["spec"]!["database"]!["provision"]!["port"]) = (bed.Postgres.Host, bed.Postgres.Port);
        return node;
    }
}
