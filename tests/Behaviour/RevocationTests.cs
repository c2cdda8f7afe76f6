using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Revocation lists are fetched from where the authorities publish them, and outlive whoever fetched them.</summary>
[Parallelizable]
public sealed class RevocationTests
{
    private readonly ConcurrentDictionary<string, string> _published = new();
    private readonly ThrowAwayAuthority _grid = new("Grid CA"), _other = new("Other CA");
    private World _world = null!;
    private WebApplication _publisher = null!;
    private string _url = "";
    private int _requests;

    [OneTimeSetUp]
    public async Task Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _publisher = builder.Build();
        _publisher.Map("/{name}", (string name) =>
        {
            Interlocked.Increment(ref _requests);
            return _published.TryGetValue(name, out var list) ? Results.Text(list) : Results.NotFound();
        });
        await _publisher.StartAsync();
        _url = _publisher.Urls.First();
        _world = await World.StartAsync("--drift-interval=1h");
    }

    [OneTimeTearDown]
    public async Task End()
    {
        await _world.DisposeAsync();
        await _publisher.DisposeAsync();
        _grid.Dispose();
        _other.Dispose();
    }

    [Test]
    public async Task Lists_are_fetched_once_they_are_complete_they_count_and_a_restart_fetches_and_writes_nothing()
    {
        var ns = _world.Ns("lists");
        _world.Namespace(ns);
        _published["grid.crl"] = _grid.RevocationList();
        Bundle(ns, "grid.crl", "other.crl");
        _world.ApplyInstance(ns, spec: "  trust: {caBundles: [{name: igtf}], crlRefresh: 7d}");

        var missing = await _world.Bed.WaitAsync(World.Instances, ns, "rucio", i => SandboxBed.Condition(i, "TrustLoaded") is { } c && c["message"]!.GetValue<string>().Contains("404", StringComparison.Ordinal));
        Assert.That(World.Reason(missing, "TrustLoaded"), Is.EqualTo("RevocationListMissing"));
        Assert.That(World.Message(missing, "TrustLoaded"), Does.StartWith("spec.trust.crlRefresh: nobody is checked for revocation").And.Contains("the first is CN=Other CA").And.Contains($"{_url}/other.crl: answers 404"));
        await _world.UntilAsync(() => _world.Store.Get("configmaps", ns, "rucio-trust") is not null, () => "the authorities themselves wait for no list");
        Assert.That(Lists(ns), Is.Empty, "what is not complete locks nobody out");

        _published["others-new-place.crl"] = _other.RevocationList();
        Bundle(ns, "grid.crl", "others-new-place.crl");
        await _world.Bed.WaitAsync(World.Instances, ns, "rucio", i => SandboxBed.IsReady(i) && World.Message(i, "TrustLoaded") == "2 authorities, 2 revocation lists, fetched every 7d");
        Assert.That(Lists(ns).Select(l => l.Trim()), Is.EquivalentTo(new[] { _published["grid.crl"], _published["others-new-place.crl"] }));

        // Publishing has an outage: what was there stays good, and nobody hurries.
        _published.Clear();
        _world.Bed.KillOperator();
        var (requests, writes) = (_requests, _world.Bed.Kubernetes.Requests.Mark());
        _world.Bed.StartOperator("--drift-interval=1s");
        await _world.LooksAsync(3);
        Assert.That(_world.Bed.Kubernetes.Requests.Since(writes, r => r.IsWrite && r.Resource != "leases"), Is.Empty);
        Assert.That(_requests, Is.EqualTo(requests));
        Assert.That(Lists(ns).Count(), Is.EqualTo(2));

        _world.PatchSpec(World.Instances, ns, "rucio", """{"trust": {"crlRefresh": null}}""");
        await _world.UntilAsync(() => !Lists(ns).Any(), () => "the lists of nobody stay");
    }

    /// <summary>As in a directory of IGTF.</summary>
    private void Bundle(string ns, params string[] lists) => _world.Store.Upsert(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = "igtf", ["namespace"] = ns },
        ["data"] = new JsonObject
        {
            ["grid.pem"] = _grid.CaPem,
            ["grid.crl_url"] = $"{_url}/{lists[0]}\n",
            ["other.pem"] = _other.CaPem,
            ["other.crl_url"] = $"{_url}/{lists[1]}\n",
        },
    });

    private IEnumerable<string> Lists(string ns) => "0123456789abcdef".Select(l => _world.Store.Get("configmaps", ns, $"rucio-crl-{l}")).OfType<JsonObject>()
        .SelectMany(m => m["data"]!.AsObject()).Select(f => f.Value!.GetValue<string>());
}
