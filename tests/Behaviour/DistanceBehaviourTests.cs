using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Distances as VO and storages ask for them, through all changes of mind; and many storages that come at once.</summary>
[Parallelizable]
public sealed partial class DistanceBehaviourTests
{
    private World _world = null!;

    private string Ns => _world.Ns("far");
    private string Database => _world.DatabaseName(Ns);

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=2s");
        _world.Namespace(Ns);
        _world.ApplyInstance(Ns);
        await _world.ReadyAsync((World.Instances, Ns, "rucio"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Distances_follow_every_change_of_mind_and_what_others_made_stays()
    {
        _world.ApplyVo(Ns, "far", "far", "rucio");
        string[] names = ["disk", "tape", "cache", "old"];
        foreach (var name in names)
            _world.ApplyStorage(Ns, name, "far", $"FAR_{name.ToUpperInvariant()}");
        await _world.ReadyAsync([.. names.Select(n => (World.Storages, Ns, n))]);
        await DistancesAreAsync("CACHE>DISK 1, CACHE>OLD 1, CACHE>TAPE 1, DISK>CACHE 1, DISK>OLD 1, DISK>TAPE 1, OLD>CACHE 1, OLD>DISK 1, OLD>TAPE 1, TAPE>CACHE 1, TAPE>DISK 1, TAPE>OLD 1");

        // Retained, and nobody's from here on.
        _world.Store.Delete(World.Storages, Ns, "old");
        await _world.GoneAsync(World.Storages, Ns, "old");
        // A pass that began with it has ended then.
        await _world.LooksAsync(3);
        await Sql("DELETE FROM distances WHERE src_rse_id = (SELECT id FROM rses WHERE rse = 'FAR_OLD') OR dest_rse_id = (SELECT id FROM rses WHERE rse = 'FAR_OLD')");
        await Sql("INSERT INTO distances (src_rse_id, dest_rse_id, distance, created_at, updated_at) SELECT a.id, b.id, 9, now(), now() FROM rses a, rses b WHERE a.rse = 'FAR_OLD' AND b.rse = 'FAR_TAPE'");

        Distances("""{"policy": "Star", "hub": "FAR_DISK", "default": 4}""");
        await DistancesAreAsync("CACHE>DISK 4, DISK>CACHE 4, DISK>TAPE 4, OLD>TAPE 9, TAPE>DISK 4");

        _world.ApplyStorage(Ns, "late", "far", "FAR_LATE");
        await DistancesAreAsync("CACHE>DISK 4, DISK>CACHE 4, DISK>LATE 4, DISK>TAPE 4, LATE>DISK 4, OLD>TAPE 9, TAPE>DISK 4");

        Distances("""{"policy": "None", "hub": null, "overrides": [{"source": "FAR_CACHE", "destination": "FAR_TAPE", "distance": 7}, {"source": "FAR_OLD", "destination": "FAR_TAPE"}]}""");
        await DistancesAreAsync("CACHE>TAPE 7");

        _world.PatchSpec(World.Storages, Ns, "disk", """{"distances": [{"rse": "FAR_OLD", "to": 2, "from": 3}, {"rse": "FAR_NONE", "to": 5}]}""");
        await DistancesAreAsync("CACHE>TAPE 7, DISK>OLD 2, OLD>DISK 3");
        var told = await _world.Bed.WaitAsync(World.Storages, Ns, "disk", s => SandboxBed.IsReady(s) && World.Message(s, "DistancesReady").Contains("no RSE FAR_NONE", StringComparison.Ordinal));
        Assert.That(told["status"]!["effective"]!["distances"]!.AsArray(), Has.Count.EqualTo(2));

        await Sql("UPDATE distances SET distance = 77 WHERE dest_rse_id = (SELECT id FROM rses WHERE rse = 'FAR_OLD')");
        await _world.EventAsync(Ns, "disk", "DriftDetected", "distance FAR_DISK → FAR_OLD");
        await DistancesAreAsync("CACHE>TAPE 7, DISK>OLD 2, OLD>DISK 3");

        _world.Bed.KillOperator();
        _world.PatchSpec(World.Storages, Ns, "disk", """{"distances": null}""");
        Distances("""{"overrides": null}""");
        _world.Bed.StartOperator("--drift-interval=2s");
        await DistancesAreAsync("");

        Distances("""{"policy": "Mesh", "default": 2, "overrides": [{"source": "FAR_DISK", "destination": "FAR_TAPE"}]}""");
        await DistancesAreAsync("CACHE>DISK 2, CACHE>LATE 2, CACHE>TAPE 2, DISK>CACHE 2, DISK>LATE 2, LATE>CACHE 2, LATE>DISK 2, LATE>TAPE 2, TAPE>CACHE 2, TAPE>DISK 2, TAPE>LATE 2");
        await _world.ReadyAsync([.. new[] { "disk", "tape", "cache", "late" }.Select(n => (World.Storages, Ns, n))]);

        // As it is now, nothing is to do.
        await _world.LooksAsync(3);
        var calls = _world.Bed.Rucio.Log.Count;
        await _world.LooksAsync(2);
        Assert.That(_world.Bed.Rucio.Log.Requests.Skip(calls), Is.Empty);
    }

    [Test]
    public async Task Two_hundred_storages_applied_one_by_one_are_a_few_imports_and_the_bad_ones_stand_alone()
    {
        const int Count = 200;
        _world.ApplyVo(Ns, "many", "mny", "rucio", "  distances: {policy: None}");
        await _world.ReadyAsync((World.Vos, Ns, "many"));
        _world.Bed.Rucio.Faults.Add(new(r => r.Body.Contains("\"MNY_7\"", StringComparison.Ordinal) && r.Body.Contains("no-such-region", StringComparison.Ordinal)) { Times = int.MaxValue, Error = (400, "InvalidObject", "Region does not exist") });
        _world.Bed.Rucio.Faults.Add(new(r => r.Body.Contains("\"distance\":666", StringComparison.Ordinal)) { Times = int.MaxValue, Error = (400, "InvalidObject", "Too far") });
        // Done, and nobody hears of it.
        _world.Bed.Rucio.Faults.Add(new(r => r.Path.StartsWith("/import", StringComparison.Ordinal) && r.Body.Contains("MNY_", StringComparison.Ordinal) && !r.Body.Contains("no-such-region", StringComparison.Ordinal) && !r.Body.Contains("\"distance\":666", StringComparison.Ordinal)) { CutAfter = true });
        var before = _world.Bed.Rucio.Log.Count;
        for (var n = 0; n < Count; n++)
        {
            _world.ApplyStorage(Ns, $"many-{n}", "many", n == 9 ? "MNY_8" : $"MNY_{n}", $"davs://many{n}.example.org/mny/", n switch
            {
                7 => "  attributes: {region: no-such-region}",
                20 => "  distances: [{rse: MNY_21, to: 666}]",
                30 => "  distances: [{rse: MNY_31, to: 5}]",
                _ => "",
            });
            await Task.Yield();
        }
        int[] bad = [7, 9, 20];
        await _world.ReadyAsync([.. Enumerable.Range(0, Count).Except(bad).Select(n => (World.Storages, Ns, $"many-{n}"))]);
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, Ns, "many-7", "RucioRefused")), Does.Contain("Region does not exist"));
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, Ns, "many-20", "RucioRefused")), Does.Contain("distance MNY_20 → MNY_21"));
        await _world.NotReadyAsync(World.Storages, Ns, "many-9", "Conflict");
        Assert.That(await Value("SELECT count(*) FROM rses WHERE rse LIKE 'MNY%'"), Is.EqualTo($"{Count - 2}"));
        Assert.That(await Value("SELECT string_agg(distance::text, ',') FROM distances JOIN rses ON id = src_rse_id WHERE rse LIKE 'MNY%'"), Is.EqualTo("5"));
        // A bad one alone is tried again by each pass, of which a slow machine has more.
        string[][] alone = [["MNY_7"], ["MNY_20", "MNY_21"]];
        var imports = _world.Bed.Rucio.Log.Requests.Skip(before).Where(r => r.Path.StartsWith("/import", StringComparison.Ordinal)
            && !alone.Any(bad => Storage().Matches(r.Body).All(m => bad.Contains(m.Groups[1].Value)))).ToList();
        // Eight chunks, one again, its halves down to the bad one, and what the operator finds half applied.
        Assert.That(imports, Has.Count.LessThan(45), string.Join('\n', imports.Select(i => i.ToString())));
    }

    [Test]
    public async Task Under_Report_a_changed_distance_is_told_and_left_and_a_newcomer_gets_its_own_all_the_same()
    {
        _world.ApplyVo(Ns, "rep", "rep", "rucio");
        foreach (var name in (string[])["a", "b"])
            _world.ApplyStorage(Ns, $"rep-{name}", "rep", $"REP_{name.ToUpperInvariant()}", spec: "  driftPolicy: Report");
        await _world.ReadyAsync((World.Storages, Ns, "rep-a"), (World.Storages, Ns, "rep-b"));
        await Sql("UPDATE distances SET distance = 8 WHERE src_rse_id = (SELECT id FROM rses WHERE rse = 'REP_A')");
        var drifted = await _world.Bed.WaitConditionAsync(World.Storages, Ns, "rep-a", "Drifted", "True");
        Assert.That(World.Message(drifted, "Drifted"), Does.Contain("distance REP_A → REP_B"));
        _world.ApplyStorage(Ns, "rep-c", "rep", "REP_C");
        await _world.ReadyAsync((World.Storages, Ns, "rep-c"), (World.Storages, Ns, "rep-a"));
        const string distances = "SELECT string_agg(substr(a.rse, 5) || substr(b.rse, 5) || distance, ' ' ORDER BY a.rse, b.rse) FROM distances d JOIN rses a ON a.id = src_rse_id JOIN rses b ON b.id = dest_rse_id WHERE a.rse LIKE 'REP%'";
        await _world.SqlBecomesAsync(Database, distances, "AB8 AC1 BA1 BC1 CA1 CB1");
        _world.Annotate(World.Storages, Ns, "rep-c", "rucio.cern.ch/dry-run", "true");
        _world.PatchSpec(World.Storages, Ns, "rep-c", """{"distances": [{"rse": "REP_A", "to": 5}]}""");
        var dry = await _world.Bed.WaitAsync(World.Storages, Ns, "rep-c", s => s["status"]?["plan"] is not null);
        Assert.That(dry["status"]!["plan"]!["entries"]!.ToJsonString(), Does.Contain("set distance REP_C"));
        await _world.LooksAsync(2);
        Assert.That(await Value(distances), Is.EqualTo("AB8 AC1 BA1 BC1 CA1 CB1"));
        _world.PatchSpec(World.Storages, Ns, "rep-a", """{"driftPolicy": "Heal"}""");
        await _world.SqlBecomesAsync(Database, distances, "AB1 AC1 BA1 BC1 CA1 CB1");
    }

    [Test]
    public async Task A_limit_that_leaves_the_spec_goes_and_one_that_others_set_stays()
    {
        _world.ApplyVo(Ns, "lim", "lim", "rucio");
        _world.ApplyStorage(Ns, "limited", "lim", "LIM_A", spec: "  minFreeSpace: 10Gi");
        _world.ApplyStorage(Ns, "free", "lim", "LIM_B");
        await _world.ReadyAsync((World.Storages, Ns, "limited"), (World.Storages, Ns, "free"));
        const string limits = "SELECT string_agg(rse || ' ' || value, ', ' ORDER BY rse) FROM rse_limits JOIN rses ON id = rse_id WHERE rse LIKE 'LIM%'";
        Assert.That(await Value(limits), Is.EqualTo("LIM_A 10737418240"));
        await Sql("INSERT INTO rse_limits (rse_id, name, value, created_at, updated_at) SELECT id, 'MinFreeSpace', 5, now(), now() FROM rses WHERE rse = 'LIM_B'");
        _world.PatchSpec(World.Storages, Ns, "limited", """{"minFreeSpace": null}""");
        await _world.SqlBecomesAsync(Database, limits, "LIM_B 5");
        await _world.LooksAsync(2);
        Assert.That(await Value(limits), Is.EqualTo("LIM_B 5"));
    }

    [GeneratedRegex("\"(MNY_[0-9]+)\"")]
    private static partial Regex Storage();

    private void Distances(string json) => _world.Store.Patch(World.Vos, Ns, "far", new JsonObject { ["spec"] = new JsonObject { ["distances"] = JsonNode.Parse(json) } });

    private Task DistancesAreAsync(string expected) => _world.SqlBecomesAsync(Database,
        "SELECT coalesce(string_agg(substr(a.rse, 5) || '>' || substr(b.rse, 5) || ' ' || distance, ', ' ORDER BY a.rse, b.rse), '') FROM distances d JOIN rses a ON a.id = src_rse_id JOIN rses b ON b.id = dest_rse_id WHERE a.rse LIKE 'FAR%' AND distance IS NOT NULL", expected);

    private Task<IReadOnlyList<string>> Sql(string sql) => _world.SqlAsync(Database, sql);

    private Task<string?> Value(string sql) => _world.ValueAsync(Database, sql);
}
