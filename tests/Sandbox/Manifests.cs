using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Sandbox;

/// <summary>The custom resources in any number, as small as they can be; instance and tenants share a namespace.</summary>
public static class Manifests
{
    public const string Namespace = "rucio";

    /// <param name="proxy">Where the instance finds its PostgreSQL.</param>
    public static JsonObject Instance(PostgresProxy proxy, string database = "rucio_bench", string name = "rucio") => Resource("RucioInstance", name, new()
    {
        ["version"] = "41.0.0",
        ["database"] = new JsonObject
        {
            ["provision"] = new JsonObject
            {
                ["host"] = proxy.Host,
                ["port"] = proxy.Port,
                ["name"] = database,
                ["sslMode"] = "Disable",
                ["adminSecretRef"] = new JsonObject { ["name"] = "postgres-admin" },
            },
        },
    });

    /// <summary>The n-th tag of the form letter, digit or letter, digit or letter.</summary>
    public static string Tag(int n) => string.Create(3, n, (tag, value) =>
    {
        const string Signs = "abcdefghijklmnopqrstuvwxyz0123456789";
        (tag[0], tag[1], tag[2]) = (Signs[value / (36 * 36) % 26], Signs[value / 36 % 36], Signs[value % 36]);
    });

    public static JsonObject Vo(string tag, int accounts = 0, string instance = "rucio") => Resource("VirtualOrganisation", tag, new()
    {
        ["instanceRef"] = new JsonObject { ["name"] = instance },
        ["tag"] = tag,
        ["accounts"] = new JsonArray([.. Enumerable.Range(0, accounts).Select(n => new JsonObject { ["name"] = $"account{n}" })]),
    });

    public static JsonObject Storage(string tag, int n) => Resource("StorageElement", $"{tag}-{n}", new()
    {
        ["voRef"] = new JsonObject { ["name"] = tag },
        ["rse"] = $"{tag.ToUpperInvariant()}_{n}",
        ["technology"] = "WebDAV",
        ["endpoints"] = new JsonArray(new JsonObject { ["url"] = $"davs://storage{n}.example.org:443/{tag}/" }),
    });

    private static JsonObject Resource(string kind, string name, JsonObject spec) => new()
    {
        ["apiVersion"] = "rucio.cern.ch/v1alpha1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Namespace },
        ["spec"] = spec,
    };
}
