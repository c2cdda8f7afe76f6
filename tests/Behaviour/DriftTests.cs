using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What somebody changes behind the operator's back is put right after a pass and told in an event; what is not the operator's is left alone.</summary>
[Parallelizable]
public sealed class DriftTests
{
    private World _world = null!;

    private string Rucio => _world.Ns("rucio");
    private string Sky => _world.Ns("sky");
    private string Sea => _world.Ns("sea");

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1s");
        await _world.ReadyAsync(TwoExperiments.Apply(_world));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    /// <param name="change">What somebody does to the catalogue.</param>
    /// <param name="query">Its first value is as before once it is healed.</param>
    [TestCase("disk", "attributes.country", "UPDATE rse_attr_map SET value = 'FR' WHERE key = 'country'", "SELECT value FROM rse_attr_map WHERE key = 'country'")]
    [TestCase("disk", "attributes.tier", "DELETE FROM rse_attr_map WHERE key = 'tier'", "SELECT value FROM rse_attr_map WHERE key = 'tier'")]
    [TestCase("cache", "endpoints root://cache.example.org:1094", "UPDATE rse_protocols SET prefix = '/elsewhere/' WHERE scheme = 'root'", "SELECT prefix FROM rse_protocols WHERE scheme = 'root'")]
    [TestCase("cache", "endpoints root://cache.example.org:1094", "UPDATE rse_protocols SET read_wan = NULL WHERE scheme = 'root'", "SELECT read_wan FROM rse_protocols WHERE scheme = 'root'")]
    [TestCase("cache", "endpoints root://cache.example.org:1094", "DELETE FROM rse_protocols WHERE scheme = 'root'", "SELECT prefix FROM rse_protocols WHERE scheme = 'root'")]
    [TestCase("cache", "endpoints root://cache.example.org:1094", "UPDATE rse_protocols SET impl = 'rucio.rse.protocols.mock.Default' WHERE scheme = 'root'", "SELECT impl FROM rse_protocols WHERE scheme = 'root'")]
    [TestCase("cache", "endpoints root://cache.example.org:1094", "UPDATE rse_protocols SET extended_attributes = '{\"web_service_path\":\"/\"}' WHERE scheme = 'root'", "SELECT count(*) FROM rse_protocols WHERE extended_attributes LIKE '%web_service_path%'")]
    [TestCase("disk", "availability.read", "UPDATE rses SET availability_read = false WHERE rse = 'SKY_DISK'", "SELECT availability_read FROM rses WHERE rse = 'SKY_DISK'")]
    [TestCase("disk", "type", "UPDATE rses SET rse_type = 'TAPE' WHERE rse = 'SKY_DISK'", "SELECT rse_type::text FROM rses WHERE rse = 'SKY_DISK'")]
    [TestCase("disk", "minFreeSpace", "DELETE FROM rse_limits WHERE name = 'MinFreeSpace'", "SELECT value FROM rse_limits WHERE name = 'MinFreeSpace'")]
    [TestCase("disk", "bring back RSE SKY_DISK", "UPDATE rses SET deleted = true, deleted_at = now() WHERE rse = 'SKY_DISK'", "SELECT deleted FROM rses WHERE rse = 'SKY_DISK'")]
    [TestCase("cache", "http://extra:80", "INSERT INTO rse_protocols (rse_id, scheme, hostname, port, prefix, impl, created_at, updated_at) SELECT id, 'http', 'extra', 80, '/', 'rucio.rse.protocols.gfal.Default', now(), now() FROM rses WHERE rse = 'SKY_CACHE'", "SELECT count(*) FROM rse_protocols WHERE hostname = 'extra'")]
    [TestCase("disk", "availability.write", "UPDATE rses SET availability_write = false WHERE rse = 'SKY_DISK'", "SELECT availability_write FROM rses WHERE rse = 'SKY_DISK'")]
    [TestCase("disk", "minFreeSpace", "UPDATE rse_limits SET value = 1", "SELECT value FROM rse_limits")]
    [TestCase("disk", "distance SKY_DISK → SKY_CACHE", "UPDATE distances SET distance = 77 WHERE src_rse_id = (SELECT id FROM rses WHERE rse = 'SKY_DISK')", "SELECT distance FROM distances WHERE src_rse_id = (SELECT id FROM rses WHERE rse = 'SKY_DISK')")]
    [TestCase("disk", "distance SKY_DISK → SKY_CACHE", "DELETE FROM distances WHERE src_rse_id = (SELECT id FROM rses WHERE rse = 'SKY_DISK')", "SELECT distance FROM distances WHERE src_rse_id = (SELECT id FROM rses WHERE rse = 'SKY_DISK')")]
    [TestCase("cache", "SKY_CACHE", "UPDATE rses SET deleted = true, deleted_at = now() WHERE rse = 'SKY_CACHE'", "SELECT deleted FROM rses WHERE rse = 'SKY_CACHE'")]
    [TestCase("sky", "status of account alice", "UPDATE accounts SET status = 'SUSPENDED' WHERE account = 'alice@sky'", "SELECT status FROM accounts WHERE account = 'alice@sky'")]
    [TestCase("sky", "email of account alice", "UPDATE accounts SET email = 'mallory@example.org' WHERE account = 'alice@sky'", "SELECT email FROM accounts WHERE account = 'alice@sky'")]
    [TestCase("sky", "give account alice attribute admin", "DELETE FROM account_attr_map WHERE account = 'alice@sky'", "SELECT value FROM account_attr_map WHERE account = 'alice@sky' AND key = 'admin'")]
    [TestCase("sky", "take attribute admin from account robot", "INSERT INTO account_attr_map VALUES ('robot@sky', 'admin', 'true', now(), now())", "SELECT count(*) FROM account_attr_map WHERE account = 'robot@sky' AND key = 'admin'")]
    [TestCase("sky", "quota of alice on SKY_DISK", "DELETE FROM account_limits WHERE account = 'alice@sky' AND rse_id = (SELECT id FROM rses WHERE rse = 'SKY_DISK')", "SELECT bytes FROM account_limits JOIN rses ON id = rse_id WHERE account = 'alice@sky' AND rse = 'SKY_DISK'")]
    [TestCase("sky", "quota of robot on SKY_DISK", "INSERT INTO account_limits SELECT 'robot@sky', id, 5, now(), now() FROM rses WHERE rse = 'SKY_DISK'", "SELECT count(*) FROM account_limits WHERE account = 'robot@sky'")]
    [TestCase("sky", "scope data to alice", "UPDATE scopes SET account = 'robot@sky' WHERE scope = 'data@sky'", "SELECT account FROM scopes WHERE scope = 'data@sky'")]
    [TestCase("sky", "description and email of VO sky", "UPDATE vos SET description = 'hacked' WHERE vo = 'sky'", "SELECT description FROM vos WHERE vo = 'sky'")]
    [TestCase("sky", "password of alice@sky", "UPDATE identities SET password = 'x' WHERE identity = 'alice@sky'", "SELECT count(*) FROM identities WHERE identity = 'alice@sky' AND password = 'x'")]
    [TestCase("sky", "identity alice@sky to account alice", "DELETE FROM account_map WHERE identity = 'alice@sky'", "SELECT account FROM account_map WHERE identity = 'alice@sky'")]
    [TestCase("sky", "policy package", "DELETE FROM configs WHERE opt = 'package-sky'", "SELECT value FROM configs WHERE opt = 'package-sky'")]
    [TestCase("sky", "alice@sky from root", "INSERT INTO account_map VALUES ('alice@sky', 'USERPASS', 'root@sky', false, now(), now())", "SELECT count(*) FROM account_map WHERE account = 'root@sky'")]
    public async Task A_change_of_the_catalogue_is_put_right_and_told(string name, string words, string change, string query)
    {
        await SettledAsync();
        var before = await ValueAsync(query);
        await _world.SqlAsync(_world.DatabaseName(Rucio), change);
        await _world.EventAsync(Sky, name, "DriftDetected", words);
        await _world.SqlBecomesAsync(_world.DatabaseName(Rucio), query, before);
        await _world.Bed.WaitReadyAsync(name == "sky" ? World.Vos : World.Storages, Sky, name);
    }

    [Test]
    public async Task What_somebody_changes_while_another_change_is_put_right_is_told_as_well()
    {
        await SettledAsync();
        var changed = 0;
        _world.Bed.Rucio.OnResponse = request => request.Path.Contains("/alice/limits", StringComparison.Ordinal) || request.Path.StartsWith("/accountlimits/", StringComparison.Ordinal)
            ? Interlocked.Increment(ref changed) == 1 ? _world.SqlAsync(_world.DatabaseName(Rucio), "UPDATE accounts SET status = 'SUSPENDED' WHERE account = 'robot@sky'") : Task.CompletedTask
            : Task.CompletedTask;
        try
        {
            await _world.SqlAsync(_world.DatabaseName(Rucio), "DELETE FROM account_limits WHERE account = 'alice@sky'");
            await _world.EventAsync(Sky, "sky", "DriftDetected", "status of account robot");
        }
        finally
        {
            _world.Bed.Rucio.OnResponse = null;
        }
        await _world.SqlBecomesAsync(_world.DatabaseName(Rucio), "SELECT status FROM accounts WHERE account = 'robot@sky'", "ACTIVE");
        await _world.Bed.WaitReadyAsync(World.Vos, Sky, "sky");
    }

    [Test]
    public async Task Unknown_attributes_are_left_alone_under_Merge_and_removed_under_Exact()
    {
        foreach (var rse in (string[])["SEA_DISK", "SEA_TAPE"])
            await _world.SqlAsync(_world.DatabaseName(Rucio), $"INSERT INTO rse_attr_map SELECT id, 'theirs', 'kept', now(), now() FROM rses WHERE rse = '{rse}'");
        _world.PatchSpec(World.Storages, Sea, "tape", """{"attributesPolicy": "Exact"}""");
        await _world.SqlBecomesAsync(_world.DatabaseName(Rucio), "SELECT string_agg(rse, ',') FROM rse_attr_map JOIN rses ON id = rse_id WHERE key = 'theirs'", "SEA_DISK");
        await _world.LooksAsync(3);
        Assert.That(await ValueAsync("SELECT string_agg(rse, ',') FROM rse_attr_map JOIN rses ON id = rse_id WHERE key = 'theirs'"), Is.EqualTo("SEA_DISK"));
        Assert.That(await ValueAsync("SELECT count(*) FROM rse_attr_map JOIN rses ON id = rse_id WHERE rse = 'SEA_TAPE' AND key = 'SEA_TAPE'"), Is.EqualTo("1"), "Rucio's own attribute");
    }

    [Test]
    public async Task Under_Report_a_storage_is_told_drifted_and_not_healed_until_the_policy_changes()
    {
        const string country = "SELECT value FROM rse_attr_map WHERE key = 'site'";
        _world.PatchSpec(World.Storages, Sea, "disk", """{"driftPolicy": "Report", "attributes": {"site": "here"}}""");
        await _world.Bed.WaitReadyAsync(World.Storages, Sea, "disk");
        await _world.SqlAsync(_world.DatabaseName(Rucio), "UPDATE rse_attr_map SET value = 'there' WHERE key = 'site'");
        var drifted = await _world.Bed.WaitConditionAsync(World.Storages, Sea, "disk", "Drifted", "True");
        Assert.That(World.Message(drifted, "Drifted"), Does.Contain("attributes.site"));
        Assert.That(SandboxBed.IsReady(drifted));
        await _world.LooksAsync(2);
        Assert.That(await ValueAsync(country), Is.EqualTo("there"));
        _world.PatchSpec(World.Storages, Sea, "disk", """{"driftPolicy": "Heal"}""");
        await _world.SqlBecomesAsync(_world.DatabaseName(Rucio), country, "here");
        var healed = await _world.Bed.WaitAsync(World.Storages, Sea, "disk", s => SandboxBed.IsReady(s) && SandboxBed.Condition(s, "Drifted") is null);
        Assert.That(SandboxBed.IsReady(healed));
    }

    [Test]
    public async Task Under_Report_a_vo_is_told_drifted_and_not_healed_and_says_when_it_is_over()
    {
        const string status = "SELECT status FROM accounts WHERE account = 'bob@sea'";
        _world.PatchSpec(World.Vos, Sea, "sea", """{"driftPolicy": "Report"}""");
        await _world.Bed.WaitReadyAsync(World.Vos, Sea, "sea");
        await _world.SqlAsync(_world.DatabaseName(Rucio), "UPDATE accounts SET status = 'SUSPENDED' WHERE account = 'bob@sea'");
        var drifted = await _world.Bed.WaitConditionAsync(World.Vos, Sea, "sea", "Drifted", "True");
        Assert.That(World.Message(drifted, "Drifted"), Does.Contain("status of account bob"));
        Assert.That(SandboxBed.IsReady(drifted));
        await _world.LooksAsync(2);
        Assert.That(await ValueAsync(status), Is.EqualTo("SUSPENDED"));
        Assert.That(SandboxBed.IsReady(_world.Store.Get(World.Storages, Sea, "tape")!));
        await _world.SqlAsync(_world.DatabaseName(Rucio), "UPDATE accounts SET status = 'ACTIVE' WHERE account = 'bob@sea'");
        await _world.Bed.WaitAsync(World.Vos, Sea, "sea", v => SandboxBed.IsReady(v) && SandboxBed.Condition(v, "Drifted") is null);
        _world.PatchSpec(World.Vos, Sea, "sea", """{"driftPolicy": "Heal"}""");
        await _world.Bed.WaitReadyAsync(World.Vos, Sea, "sea");
    }

    [Test]
    public async Task An_edited_Deployment_is_put_right_and_told()
    {
        const string image = "registry.example.org/other:1";
        var wanted = Image();
        var deployment = _world.Store.Get("deployments.apps", Rucio, "rucio-api")!;
        deployment["spec"]!["template"]!["spec"]!["containers"]![0]!["image"] = image;
        _world.Store.Patch("deployments.apps", Rucio, "rucio-api", new JsonObject { ["spec"] = deployment["spec"]!.DeepClone() });
        await _world.UntilAsync(() => Image() == wanted, () => $"image is {Image()}");
        await _world.EventAsync(Rucio, "rucio", "DriftDetected", "Deployment", "rucio-api");

        string Image() => _world.Store.Get("deployments.apps", Rucio, "rucio-api")!["spec"]!["template"]!["spec"]!["containers"]![0]!["image"]!.GetValue<string>();
    }

    [TestCase("deployments.apps", "rucio-judge-evaluator", "Deployment")]
    [TestCase("services", "rucio-admin", "Service")]
    [TestCase("configmaps", "rucio-policy", "ConfigMap")]
    public async Task A_deleted_child_is_made_again_and_told(string resource, string name, string kind)
    {
        // Drift is what differs from a Ready instance: the test before may have left it rolling out, and its status tells that only a pass later.
        await _world.LooksAsync(2);
        await _world.ReadyAsync((World.Instances, Rucio, "rucio"));
        var uid = Uid();
        _world.Store.Delete(resource, Rucio, name);
        await _world.UntilAsync(() => Uid() is { } now && now != uid, () => $"{resource} {name} does not come back");
        await _world.EventAsync(Rucio, "rucio", "DriftDetected", kind, name);
        await _world.Bed.WaitReadyAsync(World.Instances, Rucio, "rucio");

        string? Uid() => _world.Store.Get(resource, Rucio, name)?["metadata"]!["uid"]!.GetValue<string>();
    }

    [Test]
    public async Task An_edited_config_Secret_is_put_right_and_told()
    {
        var wanted = _world.Secret(Rucio, "rucio-config-api")!["20-api.json"];
        _world.Store.Patch("secrets", Rucio, "rucio-config-api", new JsonObject { ["data"] = new JsonObject { ["20-api.json"] = Convert.ToBase64String("{}"u8.ToArray()) } });
        await _world.UntilAsync(() => _world.Secret(Rucio, "rucio-config-api")!["20-api.json"] == wanted, () => "the Secret stays as it was edited");
        await _world.EventAsync(Rucio, "rucio", "DriftDetected", "Secret", "rucio-config-api");
    }

    /// <summary>
    /// The pass that healed what the case before changed has ended, and another one has found nothing: a change that comes into
    /// the former is none of something that was Ready. A storage that came back brings quotas, so the storages go first.
    /// </summary>
    private async Task SettledAsync()
    {
        foreach (var (resource, name) in ((string, string)[])[(World.Storages, "disk"), (World.Storages, "cache"), (World.Vos, "sky")])
        {
            var token = Guid.NewGuid().ToString("N");
            _world.Annotate(resource, Sky, name, "rucio.cern.ch/reconcile-at", token);
            await _world.Bed.WaitAsync(resource, Sky, name, o => SandboxBed.IsReady(o) && o["status"]!["lastHandledReconcileAt"]?.GetValue<string>() == token);
        }
    }

    private Task<string?> ValueAsync(string sql) => _world.ValueAsync(_world.DatabaseName(Rucio), sql);
}
