using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.Behaviour;

/// <summary>deletionPolicy Offboard: nobody gets in any more, what remains is told, nothing hangs, and all comes back.</summary>
[Parallelizable]
public sealed class OffboardingTests
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
    public async Task A_VO_leaves_and_the_same_namespace_takes_it_up_again()
    {
        var ns = _world.Ns("leave");
        var database = _world.DatabaseName(ns);
        await EverythingAsync(ns, "lea");
        await FileAsync(database, "lea");
        var (login, root) = (_world.Secret(ns, "vo-alice-login")!["password"], _world.Secret(ns, "rucio-vo-lea-root")!["password"]);

        _world.Store.Delete(World.Vos, ns, "vo");
        await _world.GoneAsync(World.Vos, ns, "vo");
        await _world.EventAsync(ns, "vo", "Offboarded", "Nobody logs in", "4 accounts, 1 scopes, 2 storages with 1 files (42 bytes), 0 rules", $"its tag stays with namespace {ns}");
        await _world.UntilAsync(() => _world.Bed.ReadLog().Any(l => l.Contains("VO lea is out of service; in Rucio remain 4 accounts")), () => "the log does not say so, and events go after an hour");
        Assert.That(await StatesAsync(database), Is.EqualTo(new[] { "alice@lea|SUSPENDED", "bob@lea|SUSPENDED", "eve_2@lea|SUSPENDED", "root@lea|ACTIVE" }));
        Assert.That(await _world.ValueAsync(database, "SELECT count(*) FROM account_map WHERE account LIKE '%@lea'"), Is.EqualTo("0"));
        Assert.That(await _world.SqlAsync(database, "SELECT DISTINCT availability_read, availability_write, availability_delete, deleted FROM rses"), Is.EqualTo(new[] { "False|False|False|False" }));
        Assert.That(await _world.ValueAsync(database, "SELECT value FROM configs WHERE opt = 'claim-lea'"), Is.EqualTo($"{ns}/vo"));
        Assert.That((_world.Secret(ns, "vo-alice-login"), _world.Secret(ns, "rucio-vo-lea-root")), Is.EqualTo((default(object), default(object))));
        Assert.That(_world.Store.List("secrets").Select(s => (Namespace: s["metadata"]!["namespace"]!.GetValue<string>(), Name: s["metadata"]!["name"]!.GetValue<string>())).Where(s => s.Namespace == ns && s.Name.EndsWith("-login", StringComparison.Ordinal)), Is.Empty, "also of an account whose name is none in Kubernetes");
        // The storages are still described, and nobody opens them again behind the VO's back.
        await _world.NotReadyAsync(World.Storages, ns, "disk", "VirtualOrganisationNotFound");

        Vo(ns, "lea", "again");
        _world.Store.Delete(World.Storages, ns, "disk");
        await _world.GoneAsync(World.Storages, ns, "disk");
        _world.ApplyStorage(ns, "disk", "again", "LEA_DISK");
        await _world.ReadyAsync((World.Vos, ns, "again"), (World.Storages, ns, "disk"));
        Assert.That(await StatesAsync(database), Is.EqualTo(new[] { "alice@lea|ACTIVE", "bob@lea|ACTIVE", "eve_2@lea|ACTIVE", "root@lea|ACTIVE" }));
        Assert.That(await _world.ValueAsync(database, "SELECT availability_read AND availability_write AND availability_delete FROM rses WHERE rse = 'LEA_DISK'"), Is.EqualTo("True"));
        Assert.That(_world.Secret(ns, "again-alice-login")!["password"], Is.Not.EqualTo(login));
        Assert.That(_world.Secret(ns, "rucio-vo-lea-root")!["password"], Is.Not.EqualTo(root));
        Assert.That(await _world.ValueAsync(database, "SELECT count(*) FROM replicas"), Is.EqualTo("1"));
    }

    [TestCase("PUT", "/accounts/bob", Description = "one of the accounts")]
    [TestCase("DELETE", "/accounts/alice/identities", Description = "an identity")]
    [TestCase("PUT", "/rses/KIL_TAPE", Description = "a storage")]
    [TestCase("DELETE", "/accounts/root/identities", Description = "root")]
    public async Task A_killed_operator_goes_on_where_it_was(string method, string path)
    {
        await using var world = await World.StartAsync("--drift-interval=1s");
        var ns = world.Ns("killed");
        await EverythingAsync(ns, "kil", world);
        var killed = new TaskCompletionSource();
        world.Bed.Rucio.OnResponse = request =>
        {
            if (request.Method == method && request.Path == path && killed.TrySetResult())
            {
                world.Bed.KillOperator();
                request.Cut();
            }
            return Task.CompletedTask;
        };
        world.Store.Delete(World.Vos, ns, "vo");
        await killed.Task.WaitAsync(TimeSpan.FromSeconds(60));
        world.Bed.StartOperator("--drift-interval=1s");
        await world.GoneAsync(World.Vos, ns, "vo");
        var database = world.DatabaseName(ns);
        Assert.That(await world.ValueAsync(database, "SELECT count(*) FROM account_map WHERE account LIKE '%@kil'"), Is.EqualTo("0"));
        Assert.That(await world.ValueAsync(database, "SELECT count(*) FROM rses WHERE availability_read OR availability_write OR availability_delete"), Is.EqualTo("0"));
        Assert.That(world.Secret(ns, "rucio-vo-kil-root"), Is.Null);
    }

    [Test]
    public async Task Without_the_Secret_of_root_it_recovers_root_and_leaves_all_the_same()
    {
        var ns = _world.Ns("lost");
        await EverythingAsync(ns, "los");
        // Suspended, so that no pass makes the Secret anew before the deletion.
        _world.PatchSpec(World.Vos, ns, "vo", """{"suspend": true}""");
        await _world.Bed.WaitAsync(World.Vos, ns, "vo", v => SandboxBed.Condition(v, "Suspended") is not null);
        _world.Store.Delete("secrets", ns, "rucio-vo-los-root");
        _world.Store.Delete(World.Vos, ns, "vo");
        await _world.GoneAsync(World.Vos, ns, "vo");
        Assert.That(await _world.ValueAsync(_world.DatabaseName(ns), "SELECT count(*) FROM account_map WHERE account LIKE '%@los'"), Is.EqualTo("0"));
    }

    [Test]
    public async Task A_VO_whose_instance_is_gone_is_released_and_says_so()
    {
        var ns = _world.Ns("without");
        await EverythingAsync(ns, "wit");
        _world.Store.Delete(World.Instances, ns, "rucio");
        await _world.GoneAsync(World.Instances, ns, "rucio");
        _world.Store.Delete(World.Vos, ns, "vo");
        await _world.GoneAsync(World.Vos, ns, "vo");
        await _world.EventAsync(ns, "vo", "Released", "is gone", "with accounts that log in");
        Assert.That(await StatesAsync(_world.DatabaseName(ns)), Has.All.EndsWith("ACTIVE"));
    }

    [Test]
    public async Task While_the_instance_hibernates_nothing_is_touched_and_nothing_hangs()
    {
        var ns = _world.Ns("asleep");
        await EverythingAsync(ns, "asl");
        _world.PatchSpec(World.Instances, ns, "rucio", """{"hibernate": true}""");
        await _world.Bed.WaitConditionAsync(World.Vos, ns, "vo", "Suspended", "True");
        _world.Store.Delete(World.Vos, ns, "vo");
        await _world.GoneAsync(World.Vos, ns, "vo");
        await _world.EventAsync(ns, "vo", "Released", "hibernates");
    }

    [Test]
    public async Task With_everything_in_it_a_namespace_terminates_whoever_goes_first()
    {
        var ns = _world.Ns("whole");
        await EverythingAsync(ns, "who");
        _world.Store.Delete("namespaces", "", ns);
        await _world.UntilAsync(() => _world.Store.Get("namespaces", "", ns) is null, () => string.Join('\n', _world.Store.List(World.Vos, ns).Select(o => o.ToJsonString())));
    }

    [Test]
    public async Task A_Rucio_that_refuses_holds_it_up_with_words_and_Retain_lets_go()
    {
        var ns = _world.Ns("refuses");
        await EverythingAsync(ns, "ref");
        var fault = new Fault(r => r.Method == "PUT" && r.Path == "/rses/REF_DISK") { Times = int.MaxValue, Error = (400, "InputValidationError", "no") };
        _world.Bed.Rucio.Faults.Add(fault);
        _world.Store.Delete(World.Vos, ns, "vo");
        var held = await _world.Bed.WaitAsync(World.Vos, ns, "vo", v => SandboxBed.Condition(v, "Offboarded") is not null);
        Assert.That(World.Message(held, "Offboarded"), Does.Contain("REF_DISK"));
        Assert.That(await _world.ValueAsync(_world.DatabaseName(ns), "SELECT count(*) FROM account_map WHERE account = 'root@ref'"), Is.EqualTo("1"), "the way in is kept until the end");
        _world.PatchSpec(World.Vos, ns, "vo", """{"deletionPolicy": "Retain"}""");
        await _world.GoneAsync(World.Vos, ns, "vo");
    }

    private async Task EverythingAsync(string ns, string tag, World? world = null)
    {
        world ??= _world;
        world.ApplyInstance(ns);
        Vo(ns, tag, "vo", world);
        world.ApplyStorage(ns, "disk", "vo", $"{tag.ToUpperInvariant()}_DISK");
        world.ApplyStorage(ns, "tape", "vo", $"{tag.ToUpperInvariant()}_TAPE");
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "vo"), (World.Storages, ns, "disk"), (World.Storages, ns, "tape"));
    }

    private void Vo(string ns, string tag, string name, World? world = null) => (world ?? _world).ApplyVo(ns, name, tag, "rucio", """
          deletionPolicy: Offboard
          accounts: [{name: alice, identities: [{type: Userpass}]}, {name: bob}, {name: eve_2, identities: [{type: Userpass}]}]
          scopes: [{name: data, owner: alice}]
        """);

    private Task FileAsync(string database, string tag) => _world.SqlAsync(database, $"""
        INSERT INTO dids (scope, name, account, did_type, is_open, monotonic, hidden, obsolete, complete, is_new, availability, suppressed, bytes, created_at, updated_at)
        VALUES ('data@{tag}', 'file', 'alice@{tag}', 'F', true, false, false, false, true, false, 'A', false, 42, now(), now());
        INSERT INTO replicas (rse_id, scope, name, bytes, state, lock_cnt, created_at, updated_at) SELECT id, 'data@{tag}', 'file', 42, 'A', 0, now(), now() FROM rses WHERE rse LIKE '%DISK';
        """);

    private Task<IReadOnlyList<string>> StatesAsync(string database) => _world.SqlAsync(database, "SELECT account, status FROM accounts WHERE account LIKE '%@%' ORDER BY 1");
}
