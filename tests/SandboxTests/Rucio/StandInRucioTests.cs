using System.Diagnostics;
using System.Text.Json.Nodes;
using Npgsql;
using NUnit.Framework;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.SandboxTests.Rucio;

/// <summary>What the stand-in adds for tests, and the rules a real server follows only with the policy mounted.</summary>
public sealed class StandInRucioTests
{
    [Test]
    public async Task The_public_api_has_no_global_endpoints()
    {
        await using var bed = await RucioBed.StartAsync();
        var config = RucioBed.NewConfig(("api", "endpoints_add", ""), ("api", "endpoints", "accounts,auth,ping,rses"));
        bed.StandIn!.Register("/ns/rucio-api", config, bed.Database);
        using var http = new HttpClient();
        foreach (var (path, status) in ((string, int)[])[("/ping", 200), ("/vos/", 404), ("/config", 404), ("/import", 404), ("/rses/", 400)])
            Assert.That((int)(await http.GetAsync(bed.StandIn.Url("/ns/rucio-api") + path)).StatusCode, Is.EqualTo(status), path);
        bed.StandIn.Unregister("/ns/rucio-api");
        Assert.That((int)(await http.GetAsync(bed.StandIn.Url("/ns/rucio-api") + "/ping")).StatusCode, Is.EqualTo(503));
    }

    [Test]
    public async Task A_server_without_tables_is_not_there()
    {
        await using var bed = await RucioBed.StartAsync();
        var empty = await (await SharedPostgres.ServerAsync()).CreateDatabaseAsync();
        bed.StandIn!.Register("/ns/early", RucioBed.NewConfig(), empty);
        using var http = new HttpClient();
        Assert.That((int)(await http.GetAsync(bed.StandIn.Url("/ns/early") + "/ping")).StatusCode, Is.EqualTo(503));
        await StandInCatalogue.BootstrapAsync(empty, RucioBed.NewConfig());
        Assert.That((int)(await http.GetAsync(bed.StandIn.Url("/ns/early") + "/ping")).StatusCode, Is.EqualTo(200));
    }

    [Test]
    public async Task A_tenant_policy_keeps_global_state_for_super_root()
    {
        await using var bed = await RucioBed.StartAsync();
        var super = await bed.SuperRootAsync();
        await super.PlayAsync("""
            PUT /config/policy/package-abc/rucio_tenant_policy → 201
            POST /vos/abc {"email": "e"} → 201
            POST /vos/xyz {"email": "e"} → 201
            GET /heartbeats → 200 []
            GET /config → 200 {"policy": {"package-abc": "rucio_tenant_policy"}}
            """);
        await (await bed.RootAsync("abc")).PlayAsync("""
            GET /config → 500 AccessDenied
            PUT /config/a/b/c → 500 AccessDenied
            GET /heartbeats → 500 AccessDenied
            POST /rses/ABC → 201
            POST /import {"rses": {"ABC2": {}}} → 201
            POST /accounts/jdoe {"type": "USER", "email": "e"} → 201
            POST /accounts/jdoe/identities {"identity": "abc-jdoe", "authtype": "USERPASS", "email": "e", "password": "p"} → 201
            POST /accounts/jdoe/attr/admin {"value": "true"} → 201
            POST /accounts/jdoe/scopes/s → 201
            """);
        var admin = await bed.LogInAsync("abc-jdoe", "p", "jdoe", "abc");
        await admin.PlayAsync("""
            POST /rses/MINE → 401 AccessDenied
            POST /replicas {"rse": "ABC", "files": [{"scope": "s", "name": "f", "bytes": 1}]} → 201
            """);
        await (await bed.RootAsync("abc")).CallAsync("DELETE", "/accounts/jdoe/attr/admin");
        await admin.PlayAsync("""POST /replicas {"rse": "ABC", "files": [{"scope": "s", "name": "g", "bytes": 1}]} → 401 AccessDenied""");
        await (await bed.RootAsync("abc")).CallAsync("POST", "/accounts/jdoe/limits/local/ABC", """{"bytes": 10}""");
        await admin.PlayAsync("""
            POST /replicas {"rse": "ABC", "files": [{"scope": "s", "name": "g", "bytes": 1}]} → 201
            PUT /replicas {"rse": "ABC", "files": [{"scope": "s", "name": "g", "state": "A"}]} → 200
            """);
        // Nothing says which policy this one has: it is the tenant policy too.
        await (await bed.RootAsync("xyz")).PlayAsync("""
            PUT /config/a/b/c → 500 AccessDenied
            GET /heartbeats → 500 AccessDenied
            """);
    }

    [Test]
    public async Task A_pre_created_identity_row_voids_the_published_password()
    {
        await using var bed = await RucioBed.StartAsync();
        await using (var connection = new NpgsqlConnection(bed.Database))
        {
            await connection.OpenAsync();
            await using var insert = new NpgsqlCommand("INSERT INTO rucio.identities (identity, identity_type, password, salt, email, deleted, created_at, updated_at) VALUES ('root@cms', 'USERPASS', $1, $2, 'e', false, now(), now())", connection)
            {
                Parameters = { new() { Value = StandInCatalogue.PasswordHash([1, 2, 3], "chosen") }, new() { Value = new byte[] { 1, 2, 3 } } },
            };
            await insert.ExecuteNonQueryAsync();
        }
        await (await bed.SuperRootAsync()).PlayAsync("""POST /vos/cms {"email": "e"} → 201""");
        Assert.That((await bed.TryLogInAsync("root@cms", "password", "root", "cms")).Answer.Summary, Is.EqualTo("401 CannotAuthenticate"));
        Assert.That((await bed.TryLogInAsync("root@cms", "chosen", "root", "cms")).Answer.Summary, Is.EqualTo("200"));
    }

    [Test]
    public async Task Requests_are_logged_cut_and_failed_as_told()
    {
        await using var bed = await RucioBed.StartAsync();
        var (vo, root) = await bed.NewVoAsync();
        var rucio = bed.StandIn!;
        rucio.Log.Clear();

        rucio.Faults.Add(new(r => r.Path == "/rses/F1") { Error = (503, "ResourceTemporaryUnavailable", "later") });
        Assert.That((await root.CallAsync("POST", "/rses/F1")).Summary, Is.EqualTo("503 ResourceTemporaryUnavailable"));
        rucio.Faults.Add(new(r => r.Path == "/rses/F1") { CutBefore = true });
        await Assert.ThrowsAsync<HttpRequestException>(() => root.CallAsync("POST", "/rses/F1"));
        Assert.That((await root.CallAsync("GET", "/rses/F1")).Status, Is.EqualTo(404));
        rucio.OnResponse = request => { if (request.Method == "POST") request.Cut(); return Task.CompletedTask; };
        await Assert.ThrowsAsync<HttpRequestException>(() => root.CallAsync("POST", "/rses/F1"));
        Assert.That((await root.CallAsync("GET", "/rses/F1")).Status, Is.EqualTo(200));

        Assert.That(rucio.Log.CountOf(r => r.Path == "/rses/F1"), Is.EqualTo(5));
        var last = rucio.Log.Requests[^1];
        Assert.That((last.Prefix, last.Method, last.Account, last.Vo, last.Status), Is.EqualTo(("/ns/rucio-admin", "GET", "root", vo, 200)));
    }

    [Test]
    public async Task A_thousand_storages_in_twenty_vos_take_a_bounded_number_of_calls()
    {
        await using var bed = await RucioBed.StartAsync();
        var super = await bed.SuperRootAsync();
        var watch = Stopwatch.StartNew();
        await Parallel.ForAsync(0, 20, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (n, _) =>
        {
            var vo = $"v{n:d2}";
            Assert.That((await super.CallAsync("POST", $"/vos/{vo}", """{"email": "e"}""")).Status, Is.EqualTo(201));
            var root = await bed.RootAsync(vo);
            string[] names = [.. Enumerable.Range(0, 50).Select(i => $"RSE_{i}")];
            foreach (var chunk in names.Chunk(25))
                Assert.That((await root.CallAsync("POST", "/import", Storages(chunk))).Summary, Is.EqualTo("201"));
            foreach (var chunk in names.SelectMany(a => names.Where(b => b != a).Select(b => (a, b))).Chunk(500))
                Assert.That((await root.CallAsync("POST", "/import", Distances(chunk))).Summary, Is.EqualTo("201"));
            var export = await root.CallAsync("GET", "/export?distance=true");
            Assert.That((export.Json["rses"]!.AsObject().Count, export.Json["distances"]!.AsObject().Sum(s => s.Value!.AsObject().Count)), Is.EqualTo((50, 2450)));
        });
        TestContext.Out.WriteLine($"{watch.ElapsedMilliseconds} ms for {bed.StandIn!.Log.Count} calls");
    }

    private static string Storages(IEnumerable<string> names) => new JsonObject
    {
        ["rses"] = new JsonObject(names.Select(name => KeyValuePair.Create<string, JsonNode?>(name, JsonNode.Parse("""
            {"rse_type": "DISK", "availability_read": true, "MinFreeSpace": 1000000, "attributes": {"fts": "https://fts.example.org:8446", "site": "S", "a": 1, "b": "x", "verify": true},
             "protocols": [{"scheme": "davs", "hostname": "h.example.org", "port": 443, "prefix": "/p/", "impl": "rucio.rse.protocols.gfal.Default",
                            "domains": {"lan": {"read": 1, "write": 1, "delete": 1}, "wan": {"read": 1, "write": 1, "delete": 1, "third_party_copy_read": 1, "third_party_copy_write": 1}}}]}
            """)))),
    }.ToJsonString();

    private static string Distances(IEnumerable<(string Source, string Destination)> pairs) => new JsonObject
    {
        ["distances"] = new JsonObject(pairs.GroupBy(p => p.Source).Select(s => KeyValuePair.Create<string, JsonNode?>(s.Key,
            new JsonObject(s.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Destination, new JsonObject { ["distance"] = 1 })))))),
    }.ToJsonString();
}
