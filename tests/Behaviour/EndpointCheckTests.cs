using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Grid;

namespace RucioOperator.Tests.Behaviour;

/// <summary>The operator looks at endpoints: on request, as a stranger, and beside everything else.</summary>
[Parallelizable]
public sealed class EndpointCheckTests
{
    private World _world = null!;
    private ThrowAwayAuthority _authority = null!;
    private string _ns = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        _authority = new ThrowAwayAuthority("Grid CA");
        _world = await World.StartAsync("--drift-interval=1h");
        _ns = _world.Ns("doors");
        _world.Namespace(_ns);
        _world.Apply($"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: ca, namespace: {_ns}}}, data: {{ca.crt: {JsonSerializer.Serialize(_authority.CaPem)}}}}}");
        _world.ApplyInstance(_ns, spec: "  trust: {caBundles: [{name: ca}]}\n  tenancy: {allowedHosts: [localhost]}");
        _world.ApplyVo(_ns, "vo", "doo", "rucio");
        await _world.ReadyAsync((World.Instances, _ns, "rucio"), (World.Vos, _ns, "vo"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        await _world.DisposeAsync();
        _authority.Dispose();
    }

    [Test]
    public async Task A_door_is_told_of_when_it_breaks_and_heals_while_Ready_stays_and_Rucio_is_asked_nothing()
    {
        var until = DateTimeOffset.UtcNow.AddDays(25);
        using var server = Server(until);
        _world.ApplyStorage(_ns, "disk", "vo", "DOO_DISK", $"davs://localhost:{server.Port}/doo/", "  check: {endpoints: true}");
        var good = await ReachableAsync("disk", "True", "Answers");
        Assert.That(World.Message(good, "EndpointsReachable"), Does.StartWith("All 1 endpoints answer; the first certificate to expire does so on"));
        Assert.That(Endpoint(good)["certificateExpires"]!.GetValue<string>(), Does.StartWith(until.ToString("yyyy-MM-dd", null)));
        await _world.ReadyAsync((World.Storages, _ns, "disk"));
        var (since, calls) = (Endpoint(good)["since"]!.GetValue<string>(), _world.Bed.Rucio.Log.CountOf(r => r.Vo == "doo"));

        server.Answer = StorageServer.Http(503);
        Ask("disk", "1");
        Assert.That(World.Message(await ReachableAsync("disk", "False", "ServerError"), "EndpointsReachable"), Is.EqualTo($"1 of 1 endpoints: davs://localhost:{server.Port}/doo/: the server answers that it has an error"));
        await _world.EventAsync(_ns, "disk", "ServerError", "davs://localhost");
        Assert.That(SandboxBed.IsReady(_world.Store.Get(World.Storages, _ns, "disk")!));

        server.Answer = StorageServer.Http(403);
        Ask("disk", "2");
        Assert.That(Endpoint(await ReachableAsync("disk", "True", "Answers"))["since"]!.GetValue<string>(), Is.Not.LessThan(since));
        Assert.That(_world.Bed.Rucio.Log.CountOf(r => r.Vo == "doo"), Is.EqualTo(calls));
        Assert.That(string.Concat(server.Requests), Does.Not.Contain("Authorization"));
    }

    [Test]
    public async Task A_certificate_near_its_end_is_warned_of_and_one_of_nobody_is_not_reachable()
    {
        using var old = Server(until: DateTimeOffset.UtcNow.AddDays(5));
        using var unknown = new ThrowAwayAuthority("Nobody");
        using var foreign = new StorageServer { Certificate = Load(unknown.Issue("localhost", "localhost")) };
        _world.ApplyStorage(_ns, "old", "vo", "DOO_OLD", $"davs://localhost:{old.Port}/old/", "  check: {endpoints: true}");
        _world.ApplyStorage(_ns, "foreign", "vo", "DOO_FOREIGN", $"davs://localhost:{foreign.Port}/foreign/", "  check: {endpoints: true}");
        await ReachableAsync("old", "True", "CertificateExpiring");
        await _world.EventAsync(_ns, "old", "CertificateExpiring", "expires at");
        await ReachableAsync("foreign", "False", "CertificateUntrusted");
        await _world.ReadyAsync((World.Storages, _ns, "old"), (World.Storages, _ns, "foreign"));
    }

    [Test]
    public async Task Private_networks_low_ports_and_paths_are_left_alone_and_nothing_is_claimed()
    {
        _world.ApplyStorage(_ns, "lab", "vo", "DOO_LAB", "davs://10.0.0.7:443/lab/", "  check: {endpoints: true}");
        _world.ApplyStorage(_ns, "mail", "vo", "DOO_MAIL", "davs://localhost:25/mail/", "  check: {endpoints: true}");
        _world.ApplyStorage(_ns, "path", "vo", "DOO_PATH", "file:///data/doo/", "  check: {endpoints: true}");
        foreach (var name in (string[])["lab", "mail", "path"])
            Assert.That(World.Message(await ReachableAsync(name, "Unknown", "NotChecked"), "EndpointsReachable"), Does.Contain("allowedHosts"));
    }

    [Test]
    public async Task Who_switches_it_off_is_told_nothing_any_more()
    {
        using var server = Server(until: DateTimeOffset.UtcNow.AddDays(25));
        _world.ApplyStorage(_ns, "quiet", "vo", "DOO_QUIET", $"davs://localhost:{server.Port}/quiet/", "  check: {endpoints: true}");
        await ReachableAsync("quiet", "True", "Answers");
        _world.PatchSpec(World.Storages, _ns, "quiet", """{"check": null}""");
        await _world.Bed.WaitAsync(World.Storages, _ns, "quiet", s => SandboxBed.Condition(s, "EndpointsReachable") is null && s["status"]!["endpoints"] is null && SandboxBed.IsReady(s));
    }

    [Test]
    public async Task A_restart_writes_nothing_and_looks_again_without_haste()
    {
        using var good = Server(until: DateTimeOffset.UtcNow.AddDays(5));
        using var bad = new StorageServer { Certificate = Load(_authority.Issue("localhost", "localhost")), Answer = StorageServer.Http(500) };
        _world.ApplyStorage(_ns, "good", "vo", "DOO_GOOD", $"davs://localhost:{good.Port}/good/", "  check: {endpoints: true, interval: 30d}");
        _world.ApplyStorage(_ns, "bad", "vo", "DOO_BAD", $"davs://localhost:{bad.Port}/bad/", "  check: {endpoints: true, interval: 30d}");
        await ReachableAsync("good", "True", "CertificateExpiring");
        await ReachableAsync("bad", "False", "ServerError");
        await _world.ReadyAsync((World.Storages, _ns, "good"), (World.Storages, _ns, "bad"));

        _world.Bed.KillOperator();
        var (looks, writes, calls) = (good.Connections + bad.Connections, _world.Bed.Kubernetes.Requests.Mark(), _world.Bed.Rucio.Log.CountOf(r => r.Vo == "doo" && !r.Path.StartsWith("/auth/", StringComparison.Ordinal)));
        _world.Bed.StartOperator("--drift-interval=1s");
        await _world.LooksAsync(3);
        Assert.That(_world.Bed.Kubernetes.Requests.Since(writes, r => r.IsWrite && r.Resource != "leases" && (r.Path.EndsWith("/good/status", StringComparison.Ordinal) || r.Path.EndsWith("/bad/status", StringComparison.Ordinal))), Is.Empty);
        Assert.That(good.Connections + bad.Connections, Is.EqualTo(looks));
        Assert.That(_world.Bed.Rucio.Log.CountOf(r => r.Vo == "doo" && !r.Path.StartsWith("/auth/", StringComparison.Ordinal)), Is.EqualTo(calls));
    }

    private StorageServer Server(DateTimeOffset until) => new() { Certificate = Load(_authority.Issue("localhost", ["localhost"], until)) };

    private static X509Certificate2 Load((string Certificate, string Key) pem) => X509Certificate2.CreateFromPem(pem.Certificate, pem.Key);

    private void Ask(string name, string token) => _world.Annotate(World.Storages, _ns, name, "rucio.cern.ch/reconcile-at", token);

    private Task<JsonObject> ReachableAsync(string name, string status, string reason) => _world.Bed.WaitConditionAsync(World.Storages, _ns, name, "EndpointsReachable", status, reason);

    private static JsonNode Endpoint(JsonObject storage) => storage["status"]!["endpoints"]![0]!;
}
