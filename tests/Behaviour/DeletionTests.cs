using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What goes, what stays, in any order; and nothing ever hangs without saying why.</summary>
[Parallelizable]
public sealed class DeletionTests
{
    private World _world = null!;

    [OneTimeSetUp]
    public async Task Start() => _world = await World.StartAsync("--drift-interval=1s");

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Under_Retain_everything_in_Rucio_stays_and_the_same_namespace_takes_it_up_again()
    {
        var (ns, other) = (_world.Ns("retain"), _world.Ns("other"));
        var database = _world.DatabaseName(ns);
        await EverythingAsync(ns, "keep", "KEEP_DISK", spec: "  tenancy: {allowedNamespaces: {from: All}}");
        var root = _world.Secret(ns, "rucio-vo-kee-root")!["password"];
        var rse = await _world.ValueAsync(database, "SELECT id FROM rses WHERE rse = 'KEEP_DISK'");

        foreach (var (resource, name) in ((string, string)[])[(World.Storages, "disk"), (World.Vos, "keep")])
        {
            _world.Store.Delete(resource, ns, name);
            await _world.GoneAsync(resource, ns, name);
        }
        await _world.LooksAsync(2);
        Assert.That(await _world.SqlAsync(database, "SELECT vo FROM vos WHERE vo <> 'def' UNION ALL SELECT rse FROM rses WHERE NOT deleted UNION ALL SELECT value FROM configs WHERE opt = 'claim-kee'"), Is.EqualTo(new[] { "kee", "KEEP_DISK", $"{ns}/keep" }));
        Assert.That(_world.Secret(ns, "rucio-vo-kee-root")?["password"], Is.EqualTo(root));

        _world.Namespace(other);
        _world.ApplyVo(other, "thief", "kee", $"{ns}/rucio");
        await _world.NotReadyAsync(World.Vos, other, "thief", "TagTaken");

        _world.ApplyVo(ns, "again", "kee", "rucio");
        _world.ApplyStorage(ns, "disk", "again", "KEEP_DISK");
        await _world.ReadyAsync((World.Vos, ns, "again"), (World.Storages, ns, "disk"));
        Assert.That(await _world.ValueAsync(database, "SELECT value FROM configs WHERE opt = 'claim-kee'"), Is.EqualTo($"{ns}/again"));
        Assert.That(await _world.ValueAsync(database, "SELECT id FROM rses WHERE rse = 'KEEP_DISK'"), Is.EqualTo(rse));
        Assert.That(_world.Secret(ns, "rucio-vo-kee-root")!["password"], Is.EqualTo(root));
    }

    [Test]
    public async Task An_instance_that_goes_first_leaves_its_catalogue_and_comes_back_to_it()
    {
        var ns = _world.Ns("first");
        await EverythingAsync(ns, "vo", "FIRST_DISK");
        var (database, superRoot) = (_world.Secret(ns, "rucio-database")!["password"], _world.Secret(ns, "rucio-super-root")!["password"]);
        var bootstraps = _world.Bed.Workloads.Bootstraps;

        _world.Store.Delete(World.Instances, ns, "rucio");
        await _world.GoneAsync(World.Instances, ns, "rucio");
        await _world.UntilAsync(() => _world.Store.List("deployments.apps", ns).Count == 0, () => "its Deployments stay");
        await _world.NotReadyAsync(World.Vos, ns, "vo", "InstanceNotFound");
        await _world.NotReadyAsync(World.Storages, ns, "disk", "InstanceNotFound");

        _world.ApplyInstance(ns);
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
        Assert.That(_world.Secret(ns, "rucio-database")!["password"], Is.EqualTo(database));
        Assert.That(_world.Secret(ns, "rucio-super-root")!["password"], Is.EqualTo(superRoot));
        Assert.That(await _world.SqlAsync(_world.DatabaseName(ns), "SELECT vo FROM vos ORDER BY vo"), Is.EqualTo(new[] { "def", "vo" + ns[0] }));
        Assert.That(_world.Bed.Workloads.Bootstraps, Is.LessThanOrEqualTo(bootstraps + 3), "other tests may bootstrap theirs");
    }

    [Test]
    public async Task Children_whose_parents_are_gone_are_released_and_say_why()
    {
        var ns = _world.Ns("orphans");
        await EverythingAsync(ns, "vo", "ORPHAN_DISK", storage: "  deletionPolicy: DeleteIfEmpty");
        _world.Store.Delete(World.Instances, ns, "rucio");
        await _world.GoneAsync(World.Instances, ns, "rucio");
        _world.Store.Delete(World.Storages, ns, "disk");
        await _world.GoneAsync(World.Storages, ns, "disk");
        await _world.EventAsync(ns, "disk", "Released", "stays in Rucio");
        _world.Store.Delete(World.Vos, ns, "vo");
        await _world.GoneAsync(World.Vos, ns, "vo");
        Assert.That(await _world.ValueAsync(_world.DatabaseName(ns), "SELECT deleted FROM rses"), Is.EqualTo("False"));
    }

    [Test]
    public async Task DeleteIfEmpty_refuses_with_counts_while_a_file_is_there_and_deletes_after()
    {
        var ns = _world.Ns("empty");
        var database = _world.DatabaseName(ns);
        await EverythingAsync(ns, "vo", "FULL_DISK", storage: "  deletionPolicy: DeleteIfEmpty");
        await _world.SqlAsync(database, """
            INSERT INTO dids (scope, name, account, did_type, is_open, monotonic, hidden, obsolete, complete, is_new, availability, suppressed, bytes, created_at, updated_at)
            VALUES ('data@voe', 'file', 'alice@voe', 'F', true, false, false, false, true, false, 'A', false, 42, now(), now());
            INSERT INTO replicas (rse_id, scope, name, bytes, state, lock_cnt, created_at, updated_at) SELECT id, 'data@voe', 'file', 42, 'A', 0, now(), now() FROM rses;
            """);
        _world.Store.Delete(World.Storages, ns, "disk");
        var refused = await _world.Bed.WaitAsync(World.Storages, ns, "disk", s => SandboxBed.Condition(s, "Ready") is { } c && c["reason"]!.GetValue<string>() == "NotEmpty");
        Assert.That(World.Message(refused), Does.Contain("1 files").And.Contain("42 bytes").And.Contain("spec.deletionPolicy"));
        await _world.LooksAsync(2);
        Assert.That(await _world.ValueAsync(database, "SELECT deleted FROM rses"), Is.EqualTo("False"));

        await _world.SqlAsync(database, "DELETE FROM replicas");
        await _world.GoneAsync(World.Storages, ns, "disk");
        Assert.That(await _world.ValueAsync(database, "SELECT deleted FROM rses"), Is.EqualTo("True"));
        // The quota went with its storage, and the VO has nothing to complain of.
        await _world.LooksAsync(2);
        await _world.Bed.WaitReadyAsync(World.Vos, ns, "vo");
    }

    [Test]
    public async Task An_instance_under_Delete_waits_for_its_vos_and_a_confirmation_and_drops_all_it_made()
    {
        var ns = _world.Ns("drop");
        var database = _world.DatabaseName(ns);
        await EverythingAsync(ns, "vo", "DROP_DISK", spec: "  deletionPolicy: Delete");
        _world.Store.Delete(World.Instances, ns, "rucio");
        Assert.That(await BlockedAsync("VirtualOrganisationsExist"), Does.Contain("1 do"));
        _world.Store.Delete(World.Storages, ns, "disk");
        _world.Store.Delete(World.Vos, ns, "vo");
        Assert.That(await BlockedAsync("DeletionNotConfirmed"), Does.Contain("rucio.cern.ch/confirm-delete: rucio"));
        Assert.That(await _world.ValueAsync(database, "SELECT count(*) FROM vos"), Is.EqualTo("2"));

        _world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/confirm-delete", "rucio");
        await _world.GoneAsync(World.Instances, ns, "rucio");
        Assert.That(await _world.SqlAsync("postgres", $"SELECT datname FROM pg_database WHERE datname = '{database}' UNION ALL SELECT rolname FROM pg_roles WHERE rolname LIKE '{database}%'"), Is.Empty);
        // Neither is the instance's: the platform engineer's own, and a tenant's login.
        // What it owned is collected a moment later.
        await _world.UntilAsync(() => Secrets() == "postgres-admin vo-alice-login", Secrets);

        string Secrets() => string.Join(' ', _world.Store.List("secrets", ns).Select(s => s["metadata"]!["name"]!.GetValue<string>()));

        async Task<string> BlockedAsync(string reason) =>
            World.Message(await _world.Bed.WaitAsync(World.Instances, ns, "rucio", i => SandboxBed.Condition(i, "Ready")?["reason"]!.GetValue<string>() == reason));
    }

    [TestCase("Retain", "Retain")]
    [TestCase("Retain", "DeleteIfEmpty")]
    [TestCase("Delete", "DeleteIfEmpty")]
    public async Task A_namespace_with_everything_in_it_terminates(string instance, string storage)
    {
        var ns = _world.Ns($"whole-{instance}-{storage}".ToLowerInvariant());
        await EverythingAsync(ns, "vo", "WHOLE_DISK", spec: $"  deletionPolicy: {instance}", storage: $"  deletionPolicy: {storage}");
        _world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/confirm-delete", "rucio");
        _world.Store.Delete("namespaces", "", ns);
        await _world.UntilAsync(() => _world.Store.Get("namespaces", "", ns) is null,
            () => string.Join('\n', new[] { World.Instances, World.Vos, World.Storages }.SelectMany(r => _world.Store.List(r, ns)).Select(o => o.ToJsonString())));
    }

    private async Task EverythingAsync(string ns, string vo, string rse, string spec = "", string storage = "")
    {
        var tag = vo == "keep" ? "kee" : $"vo{ns[0]}";
        _world.ApplyInstance(ns, spec: spec);
        _world.ApplyVo(ns, vo, tag, "rucio", """
              accounts: [{name: alice, identities: [{type: Userpass}], quotas: [{rseExpression: "*", bytes: 1Ti}]}]
              scopes: [{name: data, owner: alice}]
            """);
        _world.ApplyStorage(ns, "disk", vo, rse, spec: storage);
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, vo), (World.Storages, ns, "disk"));
        // Its quota is there too.
        await _world.SqlBecomesAsync(_world.DatabaseName(ns), "SELECT count(*) FROM account_limits", "1");
    }
}
