using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>The instance's own credential: for VOs without one, and for what Rucio asks of FTS without a VO.</summary>
[Parallelizable]
public sealed class DefaultCredentialTests
{
    private TransferBed _bed = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        _bed = await TransferBed.StartAsync(", credentialSecretRef: {name: default}, proxy: {lifetime: 24h, renewBefore: 6h}", "--drift-interval=1s");
        await _bed.World.ReadyAsync((World.Instances, _bed.Ns, "rucio"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _bed.World.AssertNoSecretIsTold();
        await _bed.DisposeAsync();
    }

    [Test]
    public async Task A_VO_without_its_own_goes_by_it_a_restart_changes_nothing_and_when_it_is_taken_away_that_is_told()
    {
        await SpeaksForOthersAsync();
        await OutlivesARestartAsync();
        await IsTakenBackAsync();
    }

    private async Task SpeaksForOthersAsync()
    {
        var instance = _bed.World.Store.Get(World.Instances, _bed.Ns, "rucio")!;
        Assert.That(_bed.North.Delegations.Single().Dn, Is.EqualTo(TransferBed.DnOf("default")));
        Assert.That(_bed.North.Delegations.Single().Ends, Is.EqualTo(DateTimeOffset.UtcNow.AddHours(24)).Within(TimeSpan.FromMinutes(10)));
        _bed.Vo("one", "");
        var vo = await _bed.ToldAsync("one", "Delegated", "True", "InstanceCredential");
        await _bed.World.ReadyAsync((World.Vos, _bed.Ns, "one"));
        Assert.That(World.Message(vo, "Delegated"), Does.StartWith($"By the credential of RucioInstance {_bed.Ns}/rucio: {TransferBed.Text(_bed.North)} until "));
        Assert.That(vo["status"]!["transfers"]!["delegatedUntil"]!.GetValue<string>(), Is.EqualTo(instance["status"]!["transfers"]!["delegatedUntil"]!.GetValue<string>()));
        Assert.That(SandboxBed.Condition(vo, "ProxyReady"), Is.Null);
    }

    /// <summary>The proxy comes back from where the pods have it.</summary>
    private async Task OutlivesARestartAsync()
    {
        _bed.Robot("own", "own");
        _bed.Vo("own", "{credentialSecretRef: {name: own}}");
        await _bed.ToldAsync("own", "Delegated", "True", "Delegated");
        await _bed.World.UntilAsync(() => Proxies().Any(p => p.Key == "own") && Proxies().Any(p => p.Key == "x509up"), () => $"the pods have no proxies: {string.Join(", ", Proxies().Keys)}");
        await _bed.World.LooksAsync(2);
        _bed.World.Bed.KillOperator();
        var (proxies, puts, views) = (Proxies(), _bed.Puts, Views());
        _bed.World.Bed.StartOperator("--drift-interval=1s");
        await _bed.World.UntilAsync(() => Views() == views + 4, () => $"{Views() - views} of 4 delegations were looked at");
        await _bed.World.LooksAsync(3);
        Assert.That(Proxies(), Is.EqualTo(proxies));
        Assert.That(_bed.Puts, Is.EqualTo(puts));
        Assert.That(Views(), Is.EqualTo(views + 4));
    }

    private async Task IsTakenBackAsync()
    {
        _bed.World.PatchSpec(World.Instances, _bed.Ns, "rucio", """{"transfers": {"credentialSecretRef": null, "proxy": null}}""");
        Assert.That(World.Message(await _bed.ToldAsync("one", "Delegated", "False", "NoCredential"), "Delegated"), Does.Contain("spec.transfers.credentialSecretRef"));
        await _bed.World.ReadyAsync((World.Instances, _bed.Ns, "rucio"), (World.Vos, _bed.Ns, "one"));
        await _bed.World.UntilAsync(() => _bed.North.Delegations.Concat(_bed.South.Delegations).All(d => d.Dn != TransferBed.DnOf("default")), () => "FTS still holds it");
        await _bed.World.Bed.WaitAsync(World.Instances, _bed.Ns, "rucio", i => i["status"]!["transfers"] is null && SandboxBed.Condition(i, "ProxyReady") is null);
    }

    private int Views() => _bed.North.Requests.Concat(_bed.South.Requests).Count(r => r.Method == "GET" && r.Path.StartsWith("/delegation/", StringComparison.Ordinal) && !r.Path.EndsWith("/request", StringComparison.Ordinal));

    /// <summary>By key: what pods mount.</summary>
    private Dictionary<string, string> Proxies() => _bed.World.Store.List("secrets", _bed.Ns).Where(s => s["metadata"]!["name"]!.GetValue<string>().StartsWith("rucio-prox", StringComparison.Ordinal))
        .SelectMany(s => s["data"] as JsonObject ?? []).ToDictionary(e => e.Key, e => e.Value!.GetValue<string>());
}
