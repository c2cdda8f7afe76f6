using System.Text.Json.Nodes;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Observed.Scim;

namespace RucioOperator.Tests.Behaviour;

/// <summary>An instance with one issuer that grants group <c>sky</c> to VO sky of the instance's namespace.</summary>
internal sealed class MembershipBed : IAsyncDisposable
{
    private readonly TokenIssuer issuer;
    private readonly string database;

    private MembershipBed(World world, TokenIssuer issuer, string ns, string database) => (World, this.issuer, Ns, this.database) = (world, issuer, ns, database);

    public World World { get; }

    public TokenIssuer Issuer => issuer;

    public string Ns { get; }

    public IssuedPeople People => issuer.People("iam");

    public static async Task<MembershipBed> StartAsync(string name, params string[] arguments)
    {
        var issuer = await TokenIssuer.StartAsync();
        var world = await World.StartAsync(arguments);
        var ns = world.Ns(name.Replace('_', '-'));
        world.Namespace(ns);
        var bed = new MembershipBed(world, issuer, ns, $"rucio_{ns}_rucio".Replace('-', '_'));
        bed.People.Change(p => p.Groups.AddRange([FakeScim.Group("sky"), FakeScim.Group("sea")]));
        world.Apply($$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: scim, namespace: {{ns}} }
            stringData: {client-id: scim, client-secret: scim-password}
            """);
        // Nothing but the bundle vouches for the issuer, for the operator as for Rucio.
        world.Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "ca", ["namespace"] = ns }, ["data"] = new JsonObject { ["ca.crt"] = issuer.CaPem } });
        world.ApplyInstance(ns, spec: $$"""
              tenancy: {allowedNamespaces: {from: All} }
              trust: {caBundles: [{name: ca}]}
              oidc:
                issuers:
                - name: iam
                  url: "{{issuer.Up("iam")}}"
                  clientSecretRef: {name: scim}
                  scimGrants: [{tag: sky, namespace: {{ns}}, groups: [sky]}]
            """);
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        return bed;
    }

    /// <param name="membership">Fields besides the issuer, one a line.</param>
    public void ApplyVo(string name, string membership, string? ns = null, string issuer = "iam", string spec = "") => World.ApplyVo(ns ?? Ns, name, name, $"{Ns}/rucio", $$"""
          membership:
            issuer: {{issuer}}
        {{string.Join('\n', membership.Split('\n').Select(line => $"    {line}"))}}
        {{spec}}
        """);

    /// <summary>Reads the issuer now, and waits for what it means.</summary>
    public async Task<JsonObject> StatusAsync(string vo, Func<JsonNode, bool> holds)
    {
        World.Annotate(World.Vos, Ns, vo, "rucio.cern.ch/reconcile-at", Guid.NewGuid().ToString("N"));
        return await World.Bed.WaitAsync(World.Vos, Ns, vo, node => node["status"]?["membership"] is { } membership && holds(membership));
    }

    public Task<string> AccountsAsync(string vo) => SqlAsync($"SELECT split_part(account, '@', 1) || ' ' || status FROM accounts WHERE account LIKE '%@{vo}' ORDER BY 1");

    public async Task<string> SqlAsync(string sql) => string.Join(", ", await World.SqlAsync(database, sql));

    public async Task UntilAsync(string sql, string expected)
    {
        var last = "";
        await World.UntilAsync(async () => (last = await SqlAsync(sql)) == expected, () => $"{sql}: {last}, wanted {expected}");
    }

    /// <summary>Whom the public API takes a token for, or what it says instead.</summary>
    public async Task<string> WhoAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, World.Bed.Rucio.Url($"/{Ns}/rucio-api/accounts/whoami"));
        request.Headers.Add("X-Rucio-Auth-Token", token);
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false });
        using var response = await http.SendAsync(request);
        return response.Headers.Location is { } self ? self.OriginalString.Split('/')[^1] : string.Join(',', response.Headers.GetValues("ExceptionClass"));
    }

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await issuer.DisposeAsync();
    }
}
