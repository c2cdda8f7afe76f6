using CsCheck;
using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class StoragePlanTests
{
    private static Plan<StorageChange> Plan(IReadOnlyList<DesiredRse> wanted, ObservedVo observed, int? distance = 1) => StorageSpecs.Plan(wanted, observed, distance, wanted.Select(r => r.Name));

    [Test]
    public void Nothing_is_to_do_where_the_catalogue_shows_what_is_desired() =>
        Gen.Select(StorageSpecs.Rses, Gen.OneOf<int?>(null, 1, 2)).Sample((rses, distance) =>
            Plan(rses, StorageSpecs.Described(rses, distance, rses.Select(r => r.Name)), distance).IsEmpty);

    [Test]
    public void Carried_out_once_a_plan_leaves_nothing_to_do() =>
        Gen.Select(StorageSpecs.Rses, StorageSpecs.Catalogue).Sample((wanted, observed) =>
            Plan(wanted, Plan(wanted, observed).Changes.Aggregate(observed, StorageSpecs.Apply)).Changes.Count == 0);

    [Test]
    public void A_storage_nobody_asked_for_is_never_touched() =>
        Gen.Select(StorageSpecs.Rses, StorageSpecs.Catalogue).Sample((wanted, observed) =>
        {
            var asked = wanted.Select(r => r.Name).ToHashSet();
            return Plan(wanted, observed).Changes.All(change => change switch
            {
                ImportRses import => import.Rses.All(r => asked.Contains(r.Name)),
                ImportDistances import => import.Pairs.All(p => asked.Contains(p.Source) && asked.Contains(p.Destination)),
                _ => asked.Contains(change.Rse!),
            });
        });

    [Test]
    public void The_order_of_the_storages_does_not_matter() =>
        Gen.Select(StorageSpecs.Rses, StorageSpecs.Catalogue).Sample((wanted, observed) =>
            Plan(wanted, observed).Changes.Select(c => c.Describe()).SequenceEqual(Plan([.. wanted.Reverse()], observed).Changes.Select(c => c.Describe())));

    [Test]
    public void An_RSE_has_a_working_protocol_at_every_moment_if_it_has_one_before_and_after() =>
        Gen.Select(StorageSpecs.Rses, StorageSpecs.Catalogue).Sample((wanted, observed) =>
        {
            var watched = wanted.Where(r => r.Protocols.Count > 0 && observed.Rses.TryGetValue(r.Name, out var have) && !have.Deleted && have.Protocols.Count > 0).Select(r => r.Name).ToList();
            foreach (var change in Plan(wanted, observed).Changes)
            {
                observed = StorageSpecs.Apply(observed, change);
                if (watched.Exists(name => observed.Rses[name].Protocols.Count == 0))
                    return false;
            }
            return true;
        });

    [TestCase(1, ExpectedResult = 1)]
    [TestCase(25, ExpectedResult = 1)]
    [TestCase(26, ExpectedResult = 2)]
    [TestCase(100, ExpectedResult = 4)]
    public int Storages_are_imported_in_chunks_of_25(int count)
    {
        var plan = StorageSpecs.Plan(Many(count), ObservedVo.Absent("sky"), null, []);
        Assert.That(plan.Changes.Cast<ImportRses>().Select(i => i.Rses.Count), Is.All.LessThanOrEqualTo(StoragePlan.RsesPerImport));
        Assert.That(plan.Changes.Cast<ImportRses>().SelectMany(i => i.Rses).Select(r => r.Name), Is.Unique.And.Exactly(count).Items);
        return plan.Changes.Count;
    }

    [Test]
    public void The_distances_of_a_hundred_storages_take_twenty_imports()
    {
        var imports = Plan([.. Many(100)], StorageSpecs.Described([.. Many(100)], null, [])).Changes.Cast<ImportDistances>().ToList();
        Assert.That(imports, Has.Count.EqualTo(20));
        Assert.That(imports.SelectMany(i => i.Pairs), Is.Unique.And.Exactly(9900).Items);
    }

    [Test]
    public void What_differs_is_counted_by_its_part()
    {
        var wanted = new DesiredRse("A") { Type = "TAPE", Write = false, MinFreeSpace = 5, Attributes = new Dictionary<string, string> { ["x"] = "1", ["y"] = "2" }, FormerAttributes = ["z"] };
        var have = new ObservedRse("A", "id") { Deterministic = true, Read = true, Write = true, Delete = true, Attributes = new Dictionary<string, string> { ["z"] = "3" }, Protocols = [new("davs", "h", 1, "/", "i", new())] };
        var observed = ObservedVo.Absent("sky") with { Rses = new Dictionary<string, ObservedRse> { ["A"] = have } };
        var plan = StoragePlan.For([wanted], observed, [new("A", "B", 1, "A"), new("B", "A", null, "A")]);
        Assert.That(plan.Changes.SelectMany(c => c.Parts), Is.EqualTo(new[] { "type", "availability", "minFreeSpace", "attributes", "attributes", "endpoints", "attributes", "distances", "distances" }));
    }

    private static IEnumerable<DesiredRse> Many(int count) => Enumerable.Range(0, count).Select(i => new DesiredRse($"RSE{i:d4}"));
}
