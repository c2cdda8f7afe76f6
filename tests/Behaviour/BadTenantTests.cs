using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What tenants get wrong, or somebody else did: each told in one condition, each put right by its own correction alone.</summary>
[Parallelizable]
public sealed class BadTenantTests
{
    private World _world = null!;

    private string Rucio => _world.Ns("rucio");
    private string Instance => $"{Rucio}/rucio";

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1h");
        _world.ApplyInstance(Rucio, spec: """
              tenancy: {allowedNamespaces: {from: Selector, matchLabels: {tenant: "yes"}}}
              transfers: {ftsServers: ["https://fts.example.org:8446"]}
            """);
        await _world.ReadyAsync((World.Instances, Rucio, "rucio"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_tag_that_another_namespace_holds_stays_theirs_and_another_tag_works()
    {
        var (first, second) = (Tenant("first"), Tenant("second"));
        _world.ApplyVo(first, "vo", "tak", Instance);
        await _world.ReadyAsync((World.Vos, first, "vo"));
        _world.ApplyVo(second, "vo", "tak", Instance, "  accounts: [{name: eve, identities: [{type: Userpass}]}]");
        var vo = await _world.NotReadyAsync(World.Vos, second, "vo", "TagTaken");
        Assert.That(World.Message(vo), Does.Contain("tak").And.Contain("spec.tag").And.Not.Contain(first), "another tenant's name is none of its business");
        Assert.That(World.Reason(vo, "Claimed"), Is.EqualTo("TagTaken"));
        Assert.That(_world.Store.List("secrets", second), Is.Empty, "no credential for a loser");
        Assert.That(await Sql("SELECT account FROM accounts WHERE account = 'eve@tak'"), Is.Empty);
        _world.PatchSpec(World.Vos, second, "vo", """{"tag": "tal"}""");
        await _world.ReadyAsync((World.Vos, second, "vo"));
    }

    [Test]
    public async Task A_vo_that_exists_without_a_claim_waits_for_the_platform_engineers_grant()
    {
        var ns = Tenant("unclaimed");
        await Sql("INSERT INTO vos (vo, description, email, created_at, updated_at) VALUES ('old', 'was here before', 'old@example.org', now(), now())");
        await Sql("INSERT INTO accounts (account, account_type, status, created_at, updated_at) VALUES ('root@old', 'SERVICE', 'ACTIVE', now(), now())");
        _world.Annotate(World.Instances, Rucio, "rucio", "rucio.cern.ch/reconcile-at", "old");
        await _world.Bed.WaitAsync(World.Instances, Rucio, "rucio", i => i["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "old");
        _world.ApplyVo(ns, "vo", "old", Instance);
        var vo = await _world.NotReadyAsync(World.Vos, ns, "vo", "ExistsUnclaimed");
        Assert.That(World.Message(vo), Does.Contain("spec.tenancy.vos"));
        _world.PatchSpec(World.Instances, Rucio, "rucio", $$$"""{"tenancy": {"vos": [{"tag": "old", "namespace": "{{{ns}}}"}]}}""");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        Assert.That(await Sql("SELECT description FROM vos WHERE vo = 'old'"), Is.EqualTo(new[] { "was here before" }));
    }

    [Test]
    public async Task A_namespace_that_is_not_allowed_learns_who_can_allow_it_and_is_noticed_when_it_is()
    {
        var ns = _world.Ns("stranger");
        _world.Namespace(ns);
        _world.ApplyVo(ns, "vo", "str", Instance);
        _world.ApplyStorage(ns, "disk", "vo", "STR_DISK");
        var vo = await _world.NotReadyAsync(World.Vos, ns, "vo", "NamespaceNotAllowed");
        Assert.That(World.Message(vo), Does.Contain("spec.tenancy.allowedNamespaces").And.Contain(ns));
        await _world.NotReadyAsync(World.Storages, ns, "disk", "NamespaceNotAllowed");
        Assert.That(await Sql("SELECT value FROM configs WHERE opt = 'claim-str'"), Is.Empty);
        _world.Namespace(ns, """{tenant: "yes"}""");
        await _world.ReadyAsync((World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
    }

    [Test]
    public async Task Everything_may_come_in_the_wrong_order()
    {
        var ns = _world.Ns("reversed");
        _world.Namespace(ns);
        _world.ApplyStorage(ns, "disk", "vo", "REV_DISK");
        await _world.NotReadyAsync(World.Storages, ns, "disk", "VirtualOrganisationNotFound");
        _world.ApplyVo(ns, "vo", "rev", "rucio", """  accounts: [{name: ann, quotas: [{rseExpression: REV_DISK, bytes: 1Ti}]}]""");
        var vo = await _world.NotReadyAsync(World.Vos, ns, "vo", "InstanceNotFound");
        Assert.That(World.Message(vo), Does.Contain("spec.instanceRef"));
        _world.ApplyInstance(ns);
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
        Assert.That(await _world.ValueAsync(_world.DatabaseName(ns), "SELECT bytes FROM account_limits"), Is.EqualTo("1099511627776"));
    }

    [Test]
    public async Task A_quota_waits_for_its_storage_and_says_so()
    {
        var ns = Tenant("quota");
        _world.ApplyVo(ns, "vo", "quo", Instance, """  accounts: [{name: ann, quotas: [{rseExpression: QUO_DISK, bytes: 5}]}]""");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Vos, ns, "vo", "WaitingForStorage")), Does.Contain("QUO_DISK").And.Contain("ann"));
        _world.ApplyStorage(ns, "disk", "vo", "QUO_DISK");
        await _world.ReadyAsync((World.Storages, ns, "disk"), (World.Vos, ns, "vo"));
    }

    [Test]
    public async Task A_prefix_of_another_vo_is_refused_and_another_one_taken()
    {
        var (first, second) = (Tenant("left"), Tenant("right"));
        _world.ApplyVo(first, "vo", "lef", Instance);
        _world.ApplyVo(second, "vo", "rig", Instance);
        _world.ApplyStorage(first, "disk", "vo", "LEF_DISK", "davs://shared.example.org:443/data/left/");
        await _world.ReadyAsync((World.Storages, first, "disk"), (World.Vos, second, "vo"));
        _world.ApplyStorage(second, "disk", "vo", "RIG_DISK", "davs://shared.example.org:443/data/");
        _world.ApplyStorage(second, "good", "vo", "RIG_GOOD");
        var storage = await _world.NotReadyAsync(World.Storages, second, "disk", "PrefixTaken");
        Assert.That(World.Message(storage), Does.Contain("spec.endpoints").And.Contain("/data/").And.Not.Contain("lef"));
        await _world.ReadyAsync((World.Storages, second, "good"));
        _world.PatchSpec(World.Storages, second, "disk", """{"endpoints": [{"url": "davs://shared.example.org:443/data/right/"}]}""");
        await _world.ReadyAsync((World.Storages, second, "disk"));
    }

    [Test]
    public async Task One_rse_is_described_once()
    {
        var ns = Tenant("twice");
        _world.ApplyVo(ns, "vo", "twi", Instance);
        _world.ApplyStorage(ns, "a", "vo", "TWI_DISK");
        await _world.ReadyAsync((World.Storages, ns, "a"));
        _world.ApplyStorage(ns, "b", "vo", "TWI_DISK");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, ns, "b", "Conflict")), Does.Contain("spec.rse").And.Contain("TWI_DISK"));
        Assert.That(SandboxBed.IsReady(_world.Store.Get(World.Storages, ns, "a")!));
        // Its name is immutable once made, which this one never was.
        _world.PatchSpec(World.Storages, ns, "b", """{"rse": "TWI_TAPE"}""");
        await _world.ReadyAsync((World.Storages, ns, "b"));
    }

    [Test]
    public async Task An_fts_that_the_instance_does_not_offer_is_refused()
    {
        var ns = Tenant("fts");
        _world.ApplyVo(ns, "vo", "fts", Instance);
        _world.ApplyStorage(ns, "disk", "vo", "FTS_DISK", spec: "  fts: https://other.example.org:8446");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, ns, "disk", "FtsNotOffered")), Does.Contain("spec.fts").And.Contain("spec.transfers.ftsServers"));
        _world.PatchSpec(World.Storages, ns, "disk", """{"fts": "https://fts.example.org:8446"}""");
        await _world.ReadyAsync((World.Storages, ns, "disk"));
        Assert.That(await Sql("SELECT value FROM rse_attr_map m JOIN rses r ON r.id = m.rse_id WHERE rse = 'FTS_DISK' AND key = 'fts'"), Is.EqualTo(new[] { "https://fts.example.org:8446" }));
    }

    [Test]
    public async Task A_path_algorithm_that_nobody_brings_is_refused()
    {
        var ns = Tenant("paths");
        _world.ApplyVo(ns, "vo", "pat", Instance);
        _world.ApplyStorage(ns, "disk", "vo", "PAT_DISK", spec: "  lfn2pfn: pat_by_run");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, ns, "disk", "PathAlgorithmUnknown")), Does.Contain("spec.lfn2pfn").And.Contain("spec.policyPackageName"));
        _world.PatchSpec(World.Storages, ns, "disk", """{"lfn2pfn": "identity"}""");
        await _world.ReadyAsync((World.Storages, ns, "disk"));
        Assert.That(await Sql("SELECT value FROM rse_attr_map m JOIN rses r ON r.id = m.rse_id WHERE rse = 'PAT_DISK' AND key = 'lfn2pfn_algorithm'"), Is.EqualTo(new[] { "identity" }));
    }

    [Test]
    public async Task A_password_Secret_that_is_missing_is_named_and_noticed_when_it_comes_and_when_it_changes()
    {
        var ns = Tenant("given");
        _world.ApplyVo(ns, "vo", "giv", Instance, "  accounts: [{name: ann, identities: [{type: Userpass, secretRef: {name: ann}}]}, {name: bob}]\n  scopes: [{name: data, owner: bob}]");
        var waiting = await _world.NotReadyAsync(World.Vos, ns, "vo", "SecretNotFound");
        Assert.That(World.Message(waiting), Does.Contain("spec.accounts[ann].identities.secretRef").And.Contain($"{ns}/ann"));
        Assert.That(SandboxBed.Condition(waiting, "ScopesReady")!["status"]!.GetValue<string>(), Is.EqualTo("True"), "the others don't wait for her");
        Assert.That(await Sql("SELECT account FROM scopes WHERE scope = 'data@giv'"), Is.EqualTo(new[] { "bob@giv" }));
        GivePassword("the-first-of-her-passwords");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        Assert.That(await Logins.StatusAsync(_world, Rucio, "api", "ann@giv", "the-first-of-her-passwords", "ann", "giv"), Is.EqualTo(200));
        GivePassword("the-second-of-her-passwords");
        await _world.UntilAsync(async () => await Logins.StatusAsync(_world, Rucio, "api", "ann@giv", "the-second-of-her-passwords", "ann", "giv") == 200, () => "the new password does not work");
        Assert.That(await Logins.StatusAsync(_world, Rucio, "api", "ann@giv", "the-first-of-her-passwords", "ann", "giv"), Is.EqualTo(401));

        void GivePassword(string text) => _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: ann, namespace: {ns}}}, stringData: {{password: {text}}}}}");
    }

    [Test]
    public async Task One_storage_that_Rucio_refuses_does_not_hold_up_the_others()
    {
        var ns = Tenant("refused");
        _world.ApplyVo(ns, "vo", "ref", Instance);
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        _world.Bed.Rucio.Faults.Add(new(r => r.Body.Contains("REF_BAD", StringComparison.Ordinal) && r.Body.Contains("no-such-region", StringComparison.Ordinal))
        {
            Times = int.MaxValue,
            Error = (400, "InvalidObject", "Region does not exist"),
        });
        string[] good = ["a", "b", "c", "d", "e"];
        foreach (var name in good)
            _world.ApplyStorage(ns, name, "vo", $"REF_{name.ToUpperInvariant()}");
        _world.ApplyStorage(ns, "bad", "vo", "REF_BAD", spec: "  attributes: {region: no-such-region}");
        await _world.ReadyAsync([.. good.Select(n => (World.Storages, ns, n))]);
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, ns, "bad", "RucioRefused")), Does.Contain("Region does not exist"));
        const string pairs = "SELECT count(*) FROM distances d JOIN rses a ON a.id = d.src_rse_id WHERE a.vo = 'ref'";
        Assert.That(await Sql(pairs), Is.EqualTo(new[] { "20" }));
        _world.PatchSpec(World.Storages, ns, "bad", """{"attributes": {"region": "somewhere"}}""");
        await _world.ReadyAsync((World.Storages, ns, "bad"));
        Assert.That(await Sql(pairs), Is.EqualTo(new[] { "30" }));
    }

    private string Tenant(string stem)
    {
        var ns = _world.Ns(stem);
        _world.Namespace(ns, """{tenant: "yes"}""");
        return ns;
    }

    private Task<IReadOnlyList<string>> Sql(string sql) => _world.SqlAsync(_world.DatabaseName(Rucio), sql);
}
