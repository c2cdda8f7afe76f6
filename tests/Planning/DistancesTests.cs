using CsCheck;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class DistancesTests
{
    private static readonly string[] Names = ["A", "B", "C", "D", "OTHER"];

    private static readonly Gen<DistancesSpec> Spec = Gen.Select(Gen.OneOf(DistancePolicy.Mesh, DistancePolicy.Star, DistancePolicy.None), Gen.Int[1, 3], Gen.OneOf("A", "B", "OTHER", "NOWHERE"),
        Gen.Select(Gen.OneOf(Names), Gen.OneOf(Names), Gen.Int[0, 3]).List[0, 3], (policy, distance, hub, overrides) => new DistancesSpec
        {
            Policy = policy,
            Default = distance,
            Hub = policy == DistancePolicy.Star ? hub : null,
            Overrides = [.. overrides.Where(o => o.Item1 != o.Item2).DistinctBy(o => (o.Item1, o.Item2)).Select(o => new DistanceOverride { Source = o.Item1, Destination = o.Item2, Distance = o.Item3 == 0 ? null : o.Item3 })],
        });

    /// <summary>Some of the four, each perhaps with a word of its own.</summary>
    private static readonly Gen<IReadOnlyList<StorageElement>> Storages = Gen.Select(Gen.OneOf("A", "B", "C", "D"), Gen.OneOf(Names), Gen.Int[0, 3], Gen.Int[0, 3]).List[0, 5].Select(list => (IReadOnlyList<StorageElement>)
        [.. list.DistinctBy(s => s.Item1).Select(s => Storage(s.Item1, s.Item2 == s.Item1 || s is (_, _, 0, 0) ? null : [new() { Rse = s.Item2, To = s.Item3 == 0 ? null : s.Item3, From = s.Item4 == 0 ? null : s.Item4 }]))]);

    /// <summary>As any history may have left it.</summary>
    private static readonly Gen<ObservedVo> Catalogue = Gen.Select(Gen.OneOf(Names), Gen.OneOf(Names), Gen.Int[1, 3]).List[0, 12].Select(pairs => Vo(pairs.Where(p => p.Item1 != p.Item2).DistinctBy(p => (p.Item1, p.Item2)).ToDictionary(p => (p.Item1, p.Item2), p => p.Item3)));

    [Test]
    public void Carried_out_once_nothing_is_left_to_do_and_all_is_as_wanted() =>
        Gen.Select(Spec, Storages, Catalogue).Sample((spec, storages, catalogue) =>
        {
            var after = Converge(spec, storages, catalogue, out _);
            return Find(spec, storages, after).Count == 0 && storages.All(a => storages.All(b => a == b || !DesiredDistances.For(spec, storages).Says(a.Spec.Rse, b.Spec.Rse, null, out var want) || Between(after, a.Spec.Rse, b.Spec.Rse) == want));
        });

    [Test]
    public void What_one_spec_made_another_takes_off_and_what_others_made_stays() =>
        Gen.Select(Spec, Spec, Storages, Catalogue).Sample((first, second, storages, catalogue) =>
        {
            var names = storages.Select(s => s.Spec.Rse).ToHashSet();
            var before = Converge(first, storages, catalogue, out var told);
            var after = Converge(second, told, before, out _);
            var (made, wanted) = (DesiredDistances.For(first, storages), DesiredDistances.For(second, told));
            return (from a in Names from b in Names where a != b select (a, b)).All(p =>
                wanted.Says(p.a, p.b, !names.Contains(p.a) ? p.a : !names.Contains(p.b) ? p.b : null, out var want) && (names.Contains(p.a) || names.Contains(p.b)) ? Between(after, p.a, p.b) == want
                : made.Says(p.a, p.b, null, out var was) && names.Contains(p.a) && names.Contains(p.b) ? Between(after, p.a, p.b) is null || was is null
                : !(names.Contains(p.a) && names.Contains(p.b)) || Between(after, p.a, p.b) == Between(catalogue, p.a, p.b));
        });

    [Test]
    public void A_star_is_the_hub_with_each_other_both_ways() =>
        Assert.That(Pairs(new() { Policy = DistancePolicy.Star, Hub = "B", Default = 4 }, ["A", "B", "C"]), Is.EqualTo(new[] { "A→B 4", "B→A 4", "B→C 4", "C→B 4" }));

    [Test]
    public void A_hub_that_no_StorageElement_describes_is_one_all_the_same() =>
        Assert.That(Pairs(new() { Policy = DistancePolicy.Star, Hub = "OTHER" }, ["A", "B"]), Is.EqualTo(new[] { "A→OTHER 1", "OTHER→A 1", "B→OTHER 1", "OTHER→B 1" }));

    [Test]
    public void None_makes_what_is_said_one_by_one_alone() =>
        Assert.That(Pairs(new() { Policy = DistancePolicy.None, Overrides = [new() { Source = "A", Destination = "C", Distance = 9 }] }, ["A", "B", "C"]), Is.EqualTo(new[] { "A→C 9" }));

    [Test]
    public void An_override_without_a_distance_takes_a_pair_out_of_the_mesh_whoever_made_it()
    {
        var spec = new DistancesSpec { Overrides = [new() { Source = "A", Destination = "B" }] };
        Assert.That(Find(spec, [Storage("A"), Storage("B")], Vo(new() { [("A", "B")] = 77 })).Select(Words), Is.EqualTo(new[] { "A→B none", "B→A 1" }));
    }

    [Test]
    public void A_storage_has_the_last_word_and_of_both_ends_the_source()
    {
        var spec = new DistancesSpec { Overrides = [new() { Source = "A", Destination = "B", Distance = 5 }, new() { Source = "B", Destination = "A", Distance = 5 }] };
        IReadOnlyList<StorageElement> storages = [Storage("A", [new() { Rse = "B", To = 2, From = 3 }]), Storage("B", [new() { Rse = "A", From = 8, To = 9 }])];
        Assert.That(Find(spec, storages, Vo([])).Select(Words), Is.EqualTo(new[] { "A→B 2", "B→A 9" }));
    }

    [Test]
    public void An_RSE_that_is_not_there_is_named_and_waited_for()
    {
        var storages = new[] { Storage("A", [new() { Rse = "NOWHERE", To = 2 }]) };
        var differences = Differences(new(), storages, Vo([]));
        Assert.That((differences.Find().Count, string.Join(",", differences.Missing("A"))), Is.EqualTo((0, "NOWHERE")));
    }

    [Test]
    public void A_storage_that_is_described_but_not_worked_on_keeps_its_distances()
    {
        var linked = new Dictionary<string, LinkedStorage> { ["A"] = new(null, false) };
        Assert.That(new DistanceDifferences(WantedDistances.Mesh(1) with { Single = new Dictionary<(string, string), SingleDistance> { [("A", "B")] = new(3, "A") } }, linked, new HashSet<string> { "A", "B" }, Vo([])).Find(), Is.Empty);
    }

    [Test]
    public void A_hundred_storages_as_wanted_are_compared_without_allocating_per_pair()
    {
        string[] names = [.. Enumerable.Range(0, 100).Select(i => $"RSE{i:d3}")];
        var vo = new ObservedVo("sky") { Exists = true, Rses = names.ToDictionary(n => n, n => new ObservedRse(n, n)), Distances = (from a in names from b in names where a != b select (a, b)).ToDictionary(p => p, _ => 1) };
        var linked = names.ToDictionary(n => n, _ => new LinkedStorage(null, true));
        var differences = new DistanceDifferences(WantedDistances.Mesh(1), linked, names.ToHashSet(), vo);
        Assert.That(differences.Find(), Is.Empty);
        var before = GC.GetAllocatedBytesForCurrentThread();
        differences.Find();
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(9900 * 24));
    }

    [TestCase(50, "RemoveDistance", 50)]
    [TestCase(51, "ImportDistances", 1)]
    [TestCase(1001, "ImportDistances", 3)]
    public void A_few_distances_are_deleted_and_many_are_emptied_in_bulk(int pairs, string change, int changes)
    {
        var plan = StoragePlan.For([], Vo([]), [.. Enumerable.Range(0, pairs).Select(i => new DistancePair("A", $"X{i}", null, "A"))]);
        Assert.That(plan.Changes.Select(c => c.GetType().Name), Is.All.EqualTo(change).And.Exactly(changes).Items);
    }

    private static List<string> Pairs(DistancesSpec spec, string[] names) => [.. Find(spec, [.. names.Select(n => Storage(n))], Vo([])).Select(Words)];

    private static string Words(DistancePair p) => $"{p.Source}→{p.Destination} {p.Distance?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "none"}";

    private static DistanceDifferences Differences(DistancesSpec spec, IReadOnlyList<StorageElement> storages, ObservedVo vo) => new(DesiredDistances.For(spec, storages),
        storages.ToDictionary(s => s.Spec.Rse, s => new LinkedStorage(DesiredDistances.Read(s.Status?.Effective), false)), storages.Select(s => s.Spec.Rse).ToHashSet(), vo);

    private static List<DistancePair> Find(DistancesSpec spec, IReadOnlyList<StorageElement> storages, ObservedVo vo) => [.. Differences(spec, storages, vo).Find().Select(d => d.Pair)];

    private static ObservedVo Converge(DistancesSpec spec, IReadOnlyList<StorageElement> storages, ObservedVo vo, out IReadOnlyList<StorageElement> told)
    {
        var wanted = DesiredDistances.For(spec, storages);
        vo = StoragePlan.For([], vo, Find(spec, storages, vo)).Changes.Aggregate(vo, StorageSpecs.Apply);
        told = [.. storages.Select(s => s with { Status = new() { Effective = DesiredDistances.Write(new(), wanted, s.Spec.Rse) } })];
        return vo;
    }

    private static int? Between(ObservedVo vo, string a, string b) => vo.Distances.TryGetValue((a, b), out var d) ? d : null;

    private static StorageElement Storage(string rse, IReadOnlyList<StorageDistance>? distances = null) => new() { Spec = new() { Rse = rse, Distances = distances } };

    private static ObservedVo Vo(Dictionary<(string, string), int> distances) => new("sky") { Exists = true, Rses = Names.ToDictionary(n => n, n => new ObservedRse(n, n)), Distances = distances };
}
