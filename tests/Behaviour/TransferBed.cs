using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Behaviour;

/// <summary>A world with two FTS servers, a VOMS server, and an instance that offers the former.</summary>
internal sealed class TransferBed : IAsyncDisposable
{
    private TransferBed(World world, ThrowAwayAuthority authority, StandInFts north, StandInFts south, StandInVoms voms) =>
        (World, Authority, North, South, Voms, Ns) = (world, authority, north, south, voms, world.Ns("move"));

    public World World { get; }
    public ThrowAwayAuthority Authority { get; }
    public StandInFts North { get; }
    public StandInFts South { get; }
    public StandInVoms Voms { get; }
    public string Ns { get; }

    /// <param name="transfers">More of the instance's, in YAML, behind a comma.</param>
    public static async Task<TransferBed> StartAsync(string transfers = "", params string[] arguments)
    {
        var authority = new ThrowAwayAuthority("Grid CA", rsa: true);
        var bed = new TransferBed(await World.StartAsync(arguments), authority, await StandInFts.StartAsync(authority), await StandInFts.StartAsync(authority), await StandInVoms.StartAsync(authority, "sky"));
        bed.World.Namespace(bed.Ns);
        bed.World.Apply($"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: ca, namespace: {bed.Ns}}}, data: {{ca.crt: {JsonSerializer.Serialize(authority.CaPem)}}}}}");
        bed.Robot("default", "default");
        bed.World.ApplyInstance(bed.Ns, spec: $"  trust: {{caBundles: [{{name: ca}}]}}\n  tenancy: {{allowedHosts: [localhost]}}\n  transfers: {{ftsServers: [\"{Text(bed.North)}\", \"{Text(bed.South)}\"]{transfers}}}");
        return bed;
    }

    public static string Text(StandInFts fts) => fts.Url.AbsoluteUri.TrimEnd('/');

    public static string DnOf(string robot) => $"/DC=org/DC=example/OU=Robots/CN={robot}";

    /// <summary>A Secret with a new certificate of this name.</summary>
    public void Robot(string secret, string name) => Secret(secret, Authority.IssueToRobot(name));

    public void Secret(string name, (string Certificate, string Key) pair, string? passphrase = null) => World.Store.Upsert(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Ns },
        ["stringData"] = passphrase is null
            ? new JsonObject { ["tls.crt"] = pair.Certificate, ["tls.key"] = pair.Key }
            : new JsonObject { ["tls.crt"] = pair.Certificate, ["tls.key"] = pair.Key, ["passphrase"] = passphrase },
    });

    /// <param name="transfers">In YAML flow style.</param>
    public void Vo(string tag, string transfers, string spec = "") => World.ApplyVo(Ns, tag, tag, "rucio", (transfers.Length == 0 ? "" : $"  transfers: {transfers}\n") + spec);

    public Task<JsonObject> ToldAsync(string tag, string condition, string status, string reason) => World.Bed.WaitConditionAsync(World.Vos, Ns, tag, condition, status, reason);

    public JsonObject Find(string tag) => World.Store.Get(World.Vos, Ns, tag)!;

    public int Puts => new[] { North, South }.Sum(f => f.Requests.Count(r => r.Method == "PUT"));

    public int Calls => North.Requests.Count + South.Requests.Count + Voms.Requests.Count;

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await North.DisposeAsync();
        await South.DisposeAsync();
        await Voms.DisposeAsync();
        Authority.Dispose();
    }
}
