using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Whatever a tenant applies in its namespace: nothing of its neighbour, of another namespace's Secrets, or of what all share is changed.</summary>
[Parallelizable]
public sealed class TenancyAttackTests
{
    private static int _tenants;

    private World _world = null!;
    private string _vicRseId = "";

    private string Platform => _world.Ns("platform");
    private string Victim => _world.Ns("victim");
    private string Database => _world.DatabaseName(Platform);

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1h", "--cluster-ranges=10.96.0.0/12,10.244.0.0/16");
        _world.ApplyInstance(Platform, spec: """
              tenancy: {allowedNamespaces: {from: Selector, matchLabels: {tenant: "yes"}}}
              transfers: {ftsServers: ["https://fts.example.org:8446"]}
            """);
        _world.ApplyInstance(Platform, "private");
        _world.Namespace(Victim, """{tenant: "yes"}""");
        _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: alice, namespace: {Victim}}}, stringData: {{password: alice-has-a-long-password}}}}");
        _world.ApplyVo(Victim, "victim", "vic", $"{Platform}/rucio", """
              longName: victim-survey
              accounts:
                - {name: alice, admin: true, identities: [{type: Userpass, secretRef: {name: alice}}], quotas: [{rseExpression: "*", bytes: 1Ti}]}
                - {name: bob, identities: [{type: Userpass}]}
              scopes: [{name: data, owner: alice}]
            """);
        _world.ApplyStorage(Victim, "disk", "victim", "VIC_DISK", "davs://disk.victim.example.org:443/victim/");
        // Of the private one, too: what it makes is in the fingerprint.
        await _world.ReadyAsync((World.Instances, Platform, "rucio"), (World.Instances, Platform, "private"), (World.Vos, Victim, "victim"), (World.Storages, Victim, "disk"));
        await _world.SqlBecomesAsync(Database, "SELECT count(*) FROM account_limits", "1");
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.ReadyAsync((World.Instances, Platform, "rucio"), (World.Vos, Victim, "victim"), (World.Storages, Victim, "disk"));
        await _world.DisposeAsync();
    }

    [TestCaseSource(typeof(TenancyAttack), nameof(TenancyAttack.All))]
    public async Task An_attempt_is_told_and_changes_nothing_of_anybody_else(TenancyAttack attack)
    {
        var number = Interlocked.Increment(ref _tenants);
        var ns = _world.Ns($"mallory-{number}");
        _world.Namespace(ns, """{tenant: "yes"}""");
        var before = await FingerprintAsync();
        var text = attack.Manifests.Replace("$ME", ns).Replace("$TAG", $"m{number:D2}").Replace("$OTHER", $"n{number:D2}").Replace("$INSTANCE", $"{{name: rucio, namespace: {Platform}}}").Replace("$PLATFORM", Platform).Replace("$VICTIM", Victim);

        if (attack.Reason is null)
        {
            Assert.That(() => _world.Apply(text), Throws.Exception, "the API server takes it");
        }
        else
        {
            _world.Apply(text);
            var last = Yaml.Parse(text)[^1];
            var resource = last["kind"]!.GetValue<string>() switch { "StorageElement" => World.Storages, "RucioInstance" => World.Instances, _ => World.Vos };
            Forge(Yaml.Parse(text), ns);
            var status = attack is { Condition: "Ready", Reason: "Ready" } ? "True" : "False";
            await _world.Bed.WaitConditionAsync(resource, ns, last["metadata"]!["name"]!.GetValue<string>(), attack.Condition, status, attack.Reason);
        }
        Assert.That(await FingerprintAsync(), Is.EqualTo(before), attack.Name);
        foreach (var kind in (string[])[World.Storages, World.Vos])
            foreach (var mine in _world.Store.List(kind, ns))
                Assert.That(mine["status"]?.ToJsonString() ?? "", Does.Not.Contain(_vicRseId).And.Not.Contain(text.Contains(Victim, StringComparison.Ordinal) ? "alice-has-a-long-password" : Victim), "nor is anything of theirs told");
    }

    /// <summary>First come, first served: but only among those who are served at all.</summary>
    [Test]
    public async Task A_prefix_that_somebody_merely_claims_to_have_is_open_to_whoever_holds_a_VO()
    {
        const string Prefix = "davs://squatted.example.org:443/good-name/";
        var (stranger, loser, honest) = (_world.Ns("stranger"), _world.Ns("loser"), _world.Ns("honest"));
        _world.Namespace(stranger);
        _world.Namespace(loser, """{tenant: "yes"}""");
        _world.Namespace(honest, """{tenant: "yes"}""");
        _world.ApplyVo(stranger, "vo", "squ", $"{Platform}/rucio");
        _world.ApplyVo(loser, "vo", "vic", $"{Platform}/rucio");
        foreach (var ns in (string[])[stranger, loser])
            _world.ApplyStorage(ns, "disk", "vo", "DISK", Prefix);
        await _world.NotReadyAsync(World.Storages, stranger, "disk", "NamespaceNotAllowed");
        await _world.NotReadyAsync(World.Storages, loser, "disk", "VirtualOrganisationNotReady");
        _world.ApplyVo(honest, "vo", "hon", $"{Platform}/rucio");
        _world.ApplyStorage(honest, "disk", "vo", "DISK", Prefix);
        await _world.ReadyAsync((World.Vos, honest, "vo"), (World.Storages, honest, "disk"));
    }

    [Test]
    public async Task A_status_that_somebody_wrote_puts_no_VO_into_what_all_share()
    {
        var ns = _world.Ns("forger");
        _world.Namespace(ns, """{tenant: "yes"}""");
        _world.ApplyVo(ns, "vo", "zzz", $"{Platform}/rucio", "  suspend: true");
        _world.Store.Patch(World.Vos, ns, "vo", World.Parse("""{"status": {"tag": "zzz", "longName": "victim-survey", "lastHandledRootRotation": "x"}}"""));
        _world.Annotate(World.Instances, Platform, "rucio", "rucio.cern.ch/reconcile-at", "forged");
        await _world.Bed.WaitAsync(World.Instances, Platform, "rucio", i => i["status"]!["lastHandledReconcileAt"]?.GetValue<string>() == "forged");
        Assert.That(_world.Secret(Platform, "rucio-vos")!.Values, Has.None.Contains("zzz"));
        Assert.That(_world.Secret(Platform, "rucio-vos")!.Values, Has.Some.Contains("vic"));
    }

    /// <summary>Of somebody who may write statuses in its own namespace.</summary>
    private void Forge(IReadOnlyList<JsonObject> manifests, string ns)
    {
        foreach (var manifest in manifests.Where(m => m["status"] is not null))
            _world.Store.Patch(World.Vos, ns, manifest["metadata"]!["name"]!.GetValue<string>(), new JsonObject { ["status"] = manifest["status"]!.DeepClone() });
    }

    /// <summary>All that is the neighbour's, and all that is everybody's: rows of the catalogue, Secrets, objects of the instance.</summary>
    private async Task<string[]> FingerprintAsync()
    {
        _vicRseId = await _world.ValueAsync(Database, "SELECT id FROM rses WHERE vo = 'vic'") is { } id ? Guid.Parse(id).ToString("N") : "";
        string[] queries =
        [
            "SELECT 'vo', vo, description, email FROM vos WHERE vo IN ('vic', 'def') ORDER BY 2",
            "SELECT 'config', section, opt, value FROM configs WHERE opt LIKE '%-vic' OR value = 'vic' OR section NOT IN ('rucio-operator', 'policy', 'vo-map') ORDER BY 3",
            "SELECT 'account', account, account_type, status, email FROM accounts WHERE account LIKE '%@vic' OR account NOT LIKE '%@%' ORDER BY 2",
            "SELECT 'attribute', account, key, value FROM account_attr_map WHERE account LIKE '%@vic' ORDER BY 2, 3",
            "SELECT 'mapping', account, identity, identity_type FROM account_map WHERE account LIKE '%@vic' OR account NOT LIKE '%@%' ORDER BY 2, 3",
            "SELECT 'identity', identity, password FROM identities WHERE identity LIKE '%@vic' OR identity NOT LIKE '%@%' ORDER BY 2",
            "SELECT 'scope', scope, account FROM scopes WHERE scope LIKE '%@vic' ORDER BY 2",
            "SELECT 'rse', id, rse, availability_read, availability_write, deleted FROM rses WHERE vo = 'vic' ORDER BY 3",
            "SELECT 'protocol', p.hostname, p.port, p.prefix, p.scheme FROM rse_protocols p JOIN rses r ON r.id = p.rse_id WHERE r.vo = 'vic' ORDER BY 2, 3",
            "SELECT 'limit', l.account, l.bytes FROM account_limits l JOIN rses r ON r.id = l.rse_id WHERE r.vo = 'vic' ORDER BY 2",
            "SELECT 'foreign limit', l.account FROM account_limits l JOIN rses r ON r.id = l.rse_id WHERE l.account NOT LIKE '%@' || r.vo",
            "SELECT 'distance', d.src_rse_id, d.dest_rse_id FROM distances d JOIN rses a ON a.id = d.src_rse_id JOIN rses b ON b.id = d.dest_rse_id WHERE a.vo <> b.vo",
        ];
        var rows = new List<string>();
        foreach (var query in queries)
            rows.AddRange(await _world.SqlAsync(Database, query));
        foreach (var ns in (string[])[Victim, Platform])
        {
            rows.AddRange(_world.Store.List("secrets", ns).Where(s => !s["metadata"]!["name"]!.GetValue<string>().Contains("-vo-m", StringComparison.Ordinal) && !s["metadata"]!["name"]!.GetValue<string>().Contains("-vo-n", StringComparison.Ordinal) && s["metadata"]!["name"]!.GetValue<string>() != "rucio-vos")
                .Select(s => $"secret {ns}/{s["metadata"]!["name"]}: {s["data"]?.ToJsonString()}"));
            rows.AddRange(_world.Store.List("configmaps", ns).Select(m => $"map {ns}/{m["metadata"]!["name"]}: {m["data"]?.ToJsonString()}"));
        }
        rows.AddRange(_world.Store.List("deployments.apps", Platform).Where(d => d["metadata"]!["name"]!.GetValue<string>().StartsWith("rucio-", StringComparison.Ordinal)).Select(d => $"pods {d["metadata"]!["name"]}: {d["spec"]!["template"]!["spec"]!.ToJsonString()}"));
        rows.AddRange(_world.Store.List(World.Vos, Victim).Concat(_world.Store.List(World.Storages, Victim)).Select(o => $"{o["metadata"]!["name"]}: {o["spec"]!.ToJsonString()}"));
        return [.. rows];
    }
}
