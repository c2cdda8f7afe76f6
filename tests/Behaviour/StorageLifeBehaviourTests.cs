using NUnit.Framework;
using RucioOperator.Planning;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.Behaviour;

/// <summary>A storage fills, is reported, drained, let go, and comes back.</summary>
[Parallelizable]
public sealed class StorageLifeBehaviourTests
{
    private const string Told = "SELECT used || ' ' || free || ' ' || coalesce(files::text, 'none') FROM rse_usage WHERE source = 'storage'";

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
    public async Task A_capacity_is_reported_when_it_changes_and_left_to_others_once_they_report()
    {
        var ns = _world.Ns("space");
        var database = await StorageAsync(ns, "SPACE_DISK", "  capacity: 1000\n  minFreeSpace: 100");
        await _world.SqlBecomesAsync(database, Told, "0 1000 0");
        await _world.Bed.WaitConditionAsync(World.Storages, ns, "disk", "SpaceKnown", "True", SpaceReporting.Reported);
        await _world.UntilAsync(() => Space(ns) == "{\"used\":\"0\",\"files\":0,\"free\":\"0.98Ki\",\"capacity\":\"1000\"}", () => Space(ns));

        await _world.SqlAsync(database, "UPDATE rse_usage SET used = 300, files = 3 WHERE source = 'rucio'");
        await _world.SqlBecomesAsync(database, Told, "300 700 3");
        await _world.UntilAsync(() => Space(ns) == "{\"used\":\"300\",\"files\":3,\"free\":\"700\",\"capacity\":\"1000\"}", () => Space(ns));
        await _world.UntilAsync(() => _world.Store.Get(World.Vos, ns, "vo")!["status"]!["space"]?["used"]?.GetValue<string>() == "300", () => _world.Store.Get(World.Vos, ns, "vo")!["status"]!.ToJsonString());

        // A small change waits, and nothing at all is written while nothing changes.
        await _world.SqlAsync(database, "UPDATE rse_usage SET used = 301 WHERE source = 'rucio'");
        await _world.LooksAsync(2);
        var (version, calls) = (Version(ns), Calls());
        await _world.LooksAsync(3);
        Assert.That((Version(ns), Calls()), Is.EqualTo((version, calls)));
        Assert.That(await _world.ValueAsync(database, Told), Is.EqualTo("300 700 3"));

        await _world.SqlAsync(database, "UPDATE rse_usage SET used = 640, free = 3600, files = NULL, updated_at = now() AT TIME ZONE 'utc' WHERE source = 'storage'; UPDATE rse_usage SET used = 900 WHERE source = 'rucio'");
        await _world.Bed.WaitConditionAsync(World.Storages, ns, "disk", "SpaceKnown", "True", SpaceReporting.ReportedByOthers);
        await _world.LooksAsync(2);
        Assert.That(await _world.ValueAsync(database, Told), Is.EqualTo("640 3600 none"));
        Assert.That(Space(ns), Is.EqualTo("{\"used\":\"900\",\"files\":3,\"free\":\"3.52Ki\"}"));
        await _world.ReadyAsync((World.Storages, ns, "disk"));
    }

    [Test]
    public async Task A_report_that_Rucio_forbids_is_told_and_made_again_only_when_somebody_asks()
    {
        var ns = _world.Ns("forbidden");
        var forbids = true;
        bool IsReport(StandInRequest r) => r.Method == "PUT" && r.Path == "/rses/FORBIDDEN_DISK/usage";
        _world.Bed.Rucio.Faults.Add(new(r => forbids && IsReport(r)) { Times = int.MaxValue, Error = (401, "AccessDenied", "Account can not update RSE usage information") });
        var database = await StorageAsync(ns, "FORBIDDEN_DISK", "  capacity: 1000");
        await _world.Bed.WaitConditionAsync(World.Storages, ns, "disk", "SpaceKnown", "False", "ReportForbidden");
        await _world.ReadyAsync((World.Storages, ns, "disk"));
        var reports = Reports();
        await _world.LooksAsync(4);
        Assert.That(Reports(), Is.EqualTo(reports));

        forbids = false;
        _world.Annotate(World.Storages, ns, "disk", "rucio.cern.ch/reconcile-at", "now");
        await _world.SqlBecomesAsync(database, Told, "0 1000 0");
        await _world.Bed.WaitConditionAsync(World.Storages, ns, "disk", "SpaceKnown", "True", SpaceReporting.Reported);

        int Reports() => _world.Bed.Rucio.Log.Requests.Count(r => r.Method == "PUT" && r.Path == "/rses/FORBIDDEN_DISK/usage");
    }

    [Test]
    public async Task Free_space_that_nobody_knows_of_is_told()
    {
        var ns = _world.Ns("nobody");
        await StorageAsync(ns, "KEEP_FREE", "  minFreeSpace: 100");
        var storage = await _world.Bed.WaitConditionAsync(World.Storages, ns, "disk", "SpaceKnown", "False", SpaceReporting.NotReported);
        Assert.That(World.Message(storage, "SpaceKnown"), Does.Contain("spec.minFreeSpace").And.Contain("spec.capacity"));
    }

    [Test]
    public async Task Decommission_drains_tells_what_is_left_resumes_after_a_restart_deletes_and_can_be_made_again()
    {
        var ns = _world.Ns("drain");
        var database = await StorageAsync(ns, "DRAIN_DISK", "  deletionPolicy: Decommission");
        await FillAsync(database);
        _world.Store.Delete(World.Storages, ns, "disk");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, ns, "disk", "Draining")), Does.Contain("2 files, 50 bytes; 1 of them are held by 1 rule: move or delete"));
        await _world.EventAsync(ns, "disk", "Draining", "set spec.deletionPolicy to Retain");
        Assert.That(await State(database), Is.EqualTo($"false true false true {Draining.Mark} true"));

        _world.Bed.KillOperator();
        _world.Bed.StartOperator("--drift-interval=1s");
        await _world.SqlAsync(database, "DELETE FROM locks; UPDATE replicas SET lock_cnt = 0, tombstone = now() AT TIME ZONE 'utc'");
        await _world.NotReadyAsync(World.Storages, ns, "disk", "Emptying");
        await _world.SqlAsync(database, "DELETE FROM replicas; UPDATE rse_usage SET used = 50");
        await _world.NotReadyAsync(World.Storages, ns, "disk", "WaitingForCounter");
        await _world.SqlAsync(database, "UPDATE rse_usage SET used = 0");
        await _world.GoneAsync(World.Storages, ns, "disk");
        Assert.That(await State(database), Does.StartWith("true"));

        _world.ApplyStorage(ns, "disk", "vo", "DRAIN_DISK");
        await _world.ReadyAsync((World.Storages, ns, "disk"));
        Assert.That(await State(database), Is.EqualTo("false true true true none none"));
    }

    [Test]
    public async Task Whoever_thinks_better_of_it_has_the_storage_as_it_was()
    {
        var ns = _world.Ns("kept");
        var database = await StorageAsync(ns, "KEPT_DISK", "  deletionPolicy: Decommission\n  availability: {delete: false}");
        await FillAsync(database);
        _world.Store.Delete(World.Storages, ns, "disk");
        await _world.NotReadyAsync(World.Storages, ns, "disk", "Draining");
        _world.PatchSpec(World.Storages, ns, "disk", "{\"deletionPolicy\": \"Retain\"}");
        await _world.GoneAsync(World.Storages, ns, "disk");
        Assert.That(await State(database), Is.EqualTo("false true true false none none"));
    }

    [Test]
    public async Task One_that_somebody_deletes_by_hand_meanwhile_is_let_go()
    {
        var ns = _world.Ns("byhand");
        var database = await StorageAsync(ns, "HAND_DISK", "  deletionPolicy: DeleteIfEmpty");
        await FillAsync(database);
        _world.Store.Delete(World.Storages, ns, "disk");
        await _world.NotReadyAsync(World.Storages, ns, "disk", "NotEmpty");
        await _world.SqlAsync(database, "UPDATE rses SET deleted = true, deleted_at = now()");
        await _world.GoneAsync(World.Storages, ns, "disk");
    }

    [TestCase("PUT", "/rses/KILL_DISK/usage", Description = "a report")]
    [TestCase("POST", "/import", Description = "the beginning of the drain")]
    [TestCase("DELETE", "/rses/KILL_DISK", Description = "the end of the RSE")]
    public async Task A_killed_operator_goes_on_where_it_was(string method, string path)
    {
        await using var world = await World.StartAsync("--drift-interval=1s");
        var ns = world.Ns("killed");
        var database = await StorageAsync(ns, "KILL_DISK", "  deletionPolicy: Decommission", world);
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
        if (method == "PUT")
            world.PatchSpec(World.Storages, ns, "disk", """{"capacity": "1Ti"}""");
        else
            world.Store.Delete(World.Storages, ns, "disk");
        await killed.Task.WaitAsync(TimeSpan.FromSeconds(60));
        world.Bed.StartOperator("--drift-interval=1s");
        if (method == "PUT")
        {
            await world.Bed.WaitConditionAsync(World.Storages, ns, "disk", "SpaceKnown", "True", SpaceReporting.Reported);
            await world.UntilAsync(() => world.Store.Get(World.Storages, ns, "disk")!["status"]!["space"]?["capacity"]?.GetValue<string>() == "1Ti", () => "status.space.capacity");
            Assert.That(world.Bed.Rucio.Log.Requests.Count(r => r.Path.EndsWith("/usage", StringComparison.Ordinal)), Is.EqualTo(1), "the killed one's report is its own");
            world.Store.Delete(World.Storages, ns, "disk");
        }
        await world.GoneAsync(World.Storages, ns, "disk");
        Assert.That(await world.ValueAsync(database, "SELECT deleted FROM rses"), Is.EqualTo("True"));
    }

    private async Task<string> StorageAsync(string ns, string rse, string spec, World? other = null)
    {
        var world = other ?? _world;
        world.ApplyInstance(ns);
        world.ApplyVo(ns, "vo", $"v{ns[0]}{ns[1]}", "rucio", "  accounts: [{name: alice, identities: [{type: Userpass}]}]\n  scopes: [{name: data, owner: alice}]");
        world.ApplyStorage(ns, "disk", "vo", rse, spec: spec);
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "vo"), (World.Storages, ns, "disk"));
        return world.DatabaseName(ns);
    }

    /// <summary>A file that a rule holds, and one that nothing does.</summary>
    private Task FillAsync(string database) => _world.SqlAsync(database, """
        INSERT INTO dids (scope, name, account, did_type, availability, created_at, updated_at) SELECT scope, f, account, 'F', 'A', now(), now() FROM scopes, unnest(ARRAY['held', 'loose']) f WHERE scope LIKE 'data@%';
        INSERT INTO replicas (rse_id, scope, name, bytes, state, lock_cnt, tombstone, created_at, updated_at) SELECT id, scope, name, 25, 'A', CASE name WHEN 'held' THEN 1 ELSE 0 END, CASE name WHEN 'loose' THEN now() END, now(), now() FROM rses, dids WHERE did_type = 'F';
        INSERT INTO rules (id, account, scope, name, did_type, state, rse_expression, locked, "grouping", notification, purge_replicas, ignore_availability, ignore_account_limit, split_container, created_at, updated_at)
            SELECT gen_random_uuid(), account, scope, name, 'F', 'O', 'X', false, 'D', 'N', false, false, false, false, now(), now() FROM dids WHERE name = 'held';
        INSERT INTO locks (scope, name, rule_id, rse_id, account, bytes, state, created_at, updated_at) SELECT r.scope, r.name, r.id, s.id, r.account, 25, 'O', now(), now() FROM rules r, rses s;
        """);

    private Task<string?> State(string database) => _world.ValueAsync(database, """
        SELECT deleted || ' ' || availability_read || ' ' || availability_write || ' ' || availability_delete || ' '
        || coalesce((SELECT value FROM rse_attr_map WHERE rse_id = id AND key = 'decommission'), 'none') || ' ' || coalesce((SELECT value FROM rse_attr_map WHERE rse_id = id AND key = 'greedyDeletion'), 'none') FROM rses
        """);

    private string Space(string ns) => _world.Store.Get(World.Storages, ns, "disk")!["status"]!["space"]?.ToJsonString() ?? "";

    private string Version(string ns) => _world.Store.Get(World.Storages, ns, "disk")!["metadata"]!["resourceVersion"]!.GetValue<string>();

    private int Calls() => _world.Bed.Rucio.Log.Requests.Count(r => r.Path.EndsWith("/usage", StringComparison.Ordinal));
}
