using System.Text.Json.Nodes;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Tests.Planning;

namespace RucioOperator.Tests.Contract;

/// <summary>StoragePlan and its execution on a server: bulk creation, changes, one bad storage, revival, drift.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class StoragePlanTests(bool live) : ContractTests(live)
{
    private DesiredVo _vo = null!;
    private RucioSession _root = null!;

    [SetUp]
    public async Task MakeVoAsync()
    {
        _vo = await Bed.NewVoAsync();
        _root = Bed.Root(_vo);
    }

    [Test]
    public async Task A_mesh_of_thirty_is_made_in_few_calls_and_then_nothing_is_left_to_do()
    {
        DesiredRse[] wanted = [.. Enumerable.Range(10, 30).Select(i => ContractRse.Of($"MESH_{i}"))];
        var plan = StorageSpecs.Plan(wanted, await ObserveAsync(), 2, wanted.Select(r => r.Name));
        Assert.That(plan.Changes.Select(c => c.GetType().Name), Is.EqualTo(new[] { "ImportRses", "ImportRses", "ImportDistances", "ImportDistances" }));
        await RunAsync(plan);
        var observed = await ObserveAsync();
        Assert.That((observed.Rses.Count, observed.Distances.Count), Is.EqualTo((30, 870)));
        Assert.That(StorageSpecs.Plan(wanted, observed, 2, wanted.Select(r => r.Name)).Changes, Is.Empty);
    }

    [TestCase(30), TestCase(100), Explicit("a figure; what is compared with it is Rucio's own client, call by call")]
    public async Task A_mesh_of_this_many_takes(int storages)
    {
        DesiredRse[] wanted = [.. Enumerable.Range(100, storages).Select(i => ContractRse.Of($"TIME_{i}"))];
        var empty = await ObserveAsync();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await RunAsync(StorageSpecs.Plan(wanted, empty, 1, wanted.Select(r => r.Name)));
        var made = clock.Elapsed;
        Assert.That(StorageSpecs.Plan(wanted, await ObserveAsync(), 1, wanted.Select(r => r.Name)).Changes, Is.Empty);
        Assert.Pass($"{storages} storages: {made.TotalSeconds:f1} s, seen and compared {(clock.Elapsed - made).TotalMilliseconds:f0} ms");
    }

    [Test]
    public async Task Every_field_that_differs_is_named_changed_and_then_as_wanted()
    {
        var first = ContractRse.Of("FIELDS");
        await ConvergeAsync([first]);
        var second = first with
        {
            Type = "TAPE",
            Volatile = true,
            StagingArea = true,
            Read = false,
            Write = false,
            Delete = false,
            MinFreeSpace = 7,
            Attributes = new SortedDictionary<string, string>(first.Attributes.ToDictionary(), StringComparer.Ordinal) { ["site"] = "elsewhere", ["verify_checksum"] = "true", ["lfn2pfn_algorithm"] = "identity", ["new"] = "x" },
            Protocols = [first.Protocols[0] with { Prefix = "/other/", Impl = "rucio.rse.protocols.webdav.Default", Priorities = ContractRse.ReadOnly }, first.Protocols[1]],
        };
        var differences = StoragePlan.Differences(second, (await ObserveAsync()).Rses["FIELDS"])!;
        Assert.That(differences, Is.EquivalentTo(new[]
        {
            "type", "volatile", "stagingArea", "availability.read", "availability.write", "availability.delete", "minFreeSpace",
            "attributes.site", "attributes.verify_checksum", "attributes.lfn2pfn_algorithm", "attributes.new", "endpoints davs://d.example.org:443",
        }));
        await ConvergeAsync([second]);
    }

    /// <summary>Three ways to be bad: Rucio says so, Rucio's code breaks on it, the database refuses it.</summary>
    [TestCase("priority"), TestCase("type"), TestCase("too long")]
    public async Task One_bad_storage_is_found_and_the_others_are_made(string what)
    {
        var bad = ContractRse.Of("BAD");
        bad = what switch
        {
            "priority" => bad with { Protocols = [bad.Protocols[0] with { Priorities = new() { LanRead = -1 } }] },
            "type" => bad with { Type = "PAPER" },
            _ => bad with { Protocols = [bad.Protocols[0] with { Prefix = "/" + new string('x', 5000) }] },
        };
        DesiredRse[] wanted = [.. Enumerable.Range(1, 9).Select(i => ContractRse.Of($"GOOD_{i}")), bad];
        var plan = StorageSpecs.Plan(wanted, await ObserveAsync(), 1, wanted.Select(r => r.Name));
        var errors = await RunAsync(plan);
        var observed = await ObserveAsync();
        Assert.That(errors.Keys, Is.EqualTo(new[] { "BAD" }));
        Assert.That(observed.Rses.Keys.Order(), Is.EqualTo(wanted.Select(r => r.Name).Where(n => n != "BAD").Order()));
        var good = wanted.Where(r => r != bad).ToList();
        Assert.That(StorageSpecs.Plan(good, observed, 1, good.Select(r => r.Name)).Changes, Is.Empty, "their distances too");
    }

    [Test]
    public async Task A_deleted_storage_comes_back_under_its_old_id()
    {
        await ConvergeAsync([ContractRse.Of("PHOENIX")]);
        var id = (await ObserveAsync()).Rses["PHOENIX"].Id;
        await _root.DeleteRseAsync("PHOENIX", default);
        Assert.That((await ObserveAsync()).Rses["PHOENIX"].Deleted, Is.True);
        var observed = await ConvergeAsync([ContractRse.Of("PHOENIX")]);
        Assert.That((observed.Rses["PHOENIX"].Deleted, observed.Rses["PHOENIX"].Id), Is.EqualTo((false, id)));
    }

    [Test]
    public async Task Drift_in_every_part_is_healed_and_what_others_own_is_left_alone()
    {
        DesiredRse[] wanted = [ContractRse.Of("DRIFT_A"), ContractRse.Of("DRIFT_B")];
        await ConvergeAsync(wanted, 1);
        await CallAsync("PUT", "rses/DRIFT_A", """{"availability_write": false}""");
        await CallAsync("POST", "rses/DRIFT_A/attr/site", """{"value": "nowhere"}""");
        await CallAsync("POST", "rses/DRIFT_A/attr/theirs", """{"value": "5"}""");
        await CallAsync("PUT", "rses/DRIFT_A/limits", """{"name": "MinFreeSpace", "value": 1}""");
        await CallAsync("PUT", "rses/DRIFT_A/protocols/davs/d.example.org/443", """{"prefix": "/elsewhere/"}""");
        await CallAsync("DELETE", "rses/DRIFT_B/protocols/davs/d.example.org/443", null);
        await CallAsync("PUT", "rses/DRIFT_A/distances/DRIFT_B", """{"distance": 9}""");
        await CallAsync("DELETE", "rses/DRIFT_B/distances/DRIFT_A", null);

        var observed = await ConvergeAsync(wanted, 1);
        Assert.That(observed.Rses["DRIFT_A"].Attributes["theirs"], Is.EqualTo("5"));
        Assert.That(observed.Distances.Values, Is.EqualTo(new[] { 1, 1 }));

        var exact = await ConvergeAsync([.. wanted.Select(w => w with { ExactAttributes = true })], 1);
        Assert.That(exact.Rses["DRIFT_A"].Attributes.Keys, Does.Not.Contain("theirs"));
        Assert.That(exact.Rses["DRIFT_A"].Attributes.Keys, Does.Contain("DRIFT_A"), "Rucio's own");
    }

    [Test]
    public async Task A_protocol_gets_another_host_without_a_moment_without_one()
    {
        var old = new DesiredRse("MOVING") { Protocols = [ContractRse.Davs("old.example.org", 443)] };
        await ConvergeAsync([old]);
        var moved = old with { Protocols = [ContractRse.Davs("new.example.org", 8443)] };
        var plan = StorageSpecs.Plan([moved], await ObserveAsync(), null, []);
        Assert.That(plan.Changes.Select(c => c.Describe()), Is.EqualTo(new[] { "update RSE MOVING: endpoints davs://new.example.org:8443", "remove protocol davs://old.example.org:443 from RSE MOVING" }));
        foreach (var change in plan.Changes)
        {
            await RunAsync(plan with { Changes = [change] });
            Assert.That((await ObserveAsync()).Rses["MOVING"].Protocols, Is.Not.Empty);
        }
        Assert.That((await ObserveAsync()).Rses["MOVING"].Protocols, Is.EqualTo(moved.Protocols));
    }

    [Test]
    public async Task Former_attributes_go_and_a_storage_without_protocol_or_limit_is_no_problem()
    {
        var first = ContractRse.Of("FORMER");
        await ConvergeAsync([first]);
        var bare = new DesiredRse("FORMER") { FormerAttributes = [.. first.Attributes.Keys] };
        var observed = await ConvergeAsync([bare]);
        Assert.That(observed.Rses["FORMER"].Attributes.Keys.Intersect(first.Attributes.Keys), Is.Empty);
        Assert.That(observed.Rses["FORMER"].Protocols, Is.Empty);
    }

    [Test]
    public async Task Two_protocols_change_places_in_one_import_and_may_share_one()
    {
        var first = new DesiredRse("PLACES") { Protocols = [ContractRse.Davs("a.example.org", 443), ContractRse.Davs("b.example.org", 443) with { Priorities = ContractRse.ReadOnly }] };
        await ConvergeAsync([first]);
        await ConvergeAsync([first with { Protocols = [first.Protocols[0] with { Priorities = ContractRse.ReadOnly }, first.Protocols[1] with { Priorities = ContractRse.First }] }]);
        await ConvergeAsync([first with { Protocols = [.. first.Protocols.Select(p => p with { Priorities = ContractRse.First })] }]);
    }

    [Test]
    public async Task Keys_of_every_form_are_replaced()
    {
        ObservedProtocol Of(string scheme, string host, int port) => new(scheme, host, port, "/sky/", "rucio.rse.protocols.gfal.Default", ContractRse.First);
        await ConvergeAsync([new DesiredRse("KEYS") { Protocols = [Of("davs", "[2001:db8::1]", 8443), Of("srm+https", "h.example.org", 8446), Of("file", "localhost", 0)] }]);
        await ConvergeAsync([new DesiredRse("KEYS") { Protocols = [Of("davs", "[2001:db8::2]", 65535)] }]);
        await ConvergeAsync([new DesiredRse("KEYS") { Protocols = [Of("file", "localhost", 0)] }]);
        await ConvergeAsync([new DesiredRse("KEYS") { Protocols = [Of("root", "h.example.org", 1)] }]);
    }

    [Test]
    public async Task A_storage_comes_back_without_what_it_has_lost_in_the_spec_meanwhile()
    {
        var full = ContractRse.Of("LIGHTER");
        await ConvergeAsync([full]);
        await _root.DeleteRseAsync("LIGHTER", default);
        var bare = new DesiredRse("LIGHTER") { Protocols = [full.Protocols[1]], FormerAttributes = [.. full.Attributes.Keys], FormerMinFreeSpace = full.MinFreeSpace };
        var plan = StoragePlan.For([bare], await ObserveAsync(), []);
        Assert.That(plan.Changes[0].Describe(), Is.EqualTo("bring back RSE LIGHTER, which was deleted"));
        var rse = (await ConvergeAsync([bare])).Rses["LIGHTER"];
        Assert.That((rse.Protocols.Count, rse.Limits.Count, string.Join(",", rse.Attributes.Keys)), Is.EqualTo((1, 0, "LIGHTER")));
    }

    /// <summary>By import they become null, which daemons pass over; one by one the row goes.</summary>
    [TestCase(3), TestCase(9)]
    public async Task Distances_that_nobody_asks_for_go_and_come_again(int storages)
    {
        DesiredRse[] wanted = [.. Enumerable.Range(0, storages).Select(i => new DesiredRse($"GONE_{i}"))];
        var names = wanted.Select(r => r.Name).ToList();
        var pairs = storages * (storages - 1);
        Assert.That((await ConvergeAsync(wanted, 2)).Distances, Has.Count.EqualTo(pairs));
        var plan = StoragePlan.For(wanted, await ObserveAsync(), Former(null, 2));
        Assert.That(plan.Changes.Select(c => c.GetType()).Distinct().Single(), Is.EqualTo(pairs > StoragePlan.PairsRemovedSingly ? typeof(ImportDistances) : typeof(RemoveDistance)));
        await RunAsync(plan);
        Assert.That((await ObserveAsync()).Distances, Is.Empty);
        Assert.That((await ConvergeAsync(wanted, 3)).Distances.Values, Is.All.EqualTo(3).And.Exactly(pairs).Items);

        IReadOnlyList<DistancePair> Former(int? distance, int before)
        {
            var former = names.ToDictionary(n => n, _ => new LinkedStorage(new FormerDistances(before, null, new Dictionary<string, (int?, int?)>()), true));
            return [.. new DistanceDifferences(WantedDistances.Mesh(distance), former, names.ToHashSet(), Bed.Instance.Snapshot!.Vo(_vo.Spec.Tag)).Find().Select(d => d.Pair)];
        }
    }

    [Test]
    public async Task A_distance_to_a_storage_that_never_was_is_refused_alone()
    {
        DesiredRse[] wanted = [new("HERE_A"), new("HERE_B")];
        await ConvergeAsync(wanted);
        var pairs = StorageSpecs.Mesh(await ObserveAsync(), 1, ["HERE_A", "HERE_B"]).Append(new("NEVER", "HERE_B", 4, "HERE_B")).ToList();
        var execution = new StoragePlanExecution(_root, _vo.Spec.Tag, NullLogger.Instance);
        await execution.RunAsync(StoragePlan.For([], await ObserveAsync(), pairs).Changes, default);
        Assert.That((execution.Errors.Count, string.Join(",", execution.RefusedDistances.Keys)), Is.EqualTo((0, "HERE_B")));
        Assert.That(execution.RefusedDistances["HERE_B"], Does.StartWith("distance NEVER → HERE_B: "));
        Assert.That((await ObserveAsync()).Distances, Has.Count.EqualTo(2));
    }

    /// <summary>Each next one finds what the ones before have left.</summary>
    [Test]
    public async Task Whatever_was_before_one_round_makes_it_as_any_spec_wants_it() =>
        await StorageSpecs.Rses.SampleAsync(async wanted =>
        {
            if (wanted.Count > 0)
                await _root.DeleteRseAsync(wanted[0].Name, default);
            await ConvergeAsync(wanted, wanted.Count);
        }, iter: Live ? 12 : 40, threads: 1);

    private Task<ObservedVo> ObserveAsync() => Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default);

    private async Task<IReadOnlyDictionary<string, string>> RunAsync(Plan<StorageChange> plan)
    {
        var execution = new StoragePlanExecution(_root, _vo.Spec.Tag, NullLogger.Instance);
        await execution.RunAsync(plan.Changes, default);
        return execution.Errors;
    }

    /// <summary>One round has to do.</summary>
    private async Task<ObservedVo> ConvergeAsync(IReadOnlyList<DesiredRse> wanted, int? distance = null)
    {
        var names = wanted.Select(r => r.Name).ToList();
        Assert.That(await RunAsync(StorageSpecs.Plan(wanted, await ObserveAsync(), distance, names)), Is.Empty);
        var observed = await ObserveAsync();
        Assert.That(StorageSpecs.Plan(wanted, observed, distance, names).Changes, Is.Empty);
        return observed;
    }

    private Task CallAsync(string method, string path, string? body) =>
        _root.SendAsync(new HttpMethod(method), path, body is null ? null : JsonNode.Parse(body), default);
}
