using CsCheck;
using NUnit.Framework;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class PrefixCollisionsTests
{
    private static readonly Gen<List<StoragePlace>> Places = Gen.Select(Gen.OneOf("sky", "sea", "oak"), Gen.OneOf("a.example.org", "A.example.org", "b.example.org"),
            Gen.OneOf("/", "/x/", "/x/y/", "/xy/", "/z/"), Gen.Int[0, 5])
        .List[0, 8].Select(list => list.Select((p, i) => new StoragePlace($"ns/{i}", p.Item1, p.Item2, p.Item3, (DateTime.UnixEpoch.AddSeconds(p.Item4), $"ns/{i}"))).ToList());

    private static bool Collide(StoragePlace a, StoragePlace b) =>
        a.Vo != b.Vo && a.Hostname.Equals(b.Hostname, StringComparison.OrdinalIgnoreCase) && (a.Prefix.StartsWith(b.Prefix, StringComparison.Ordinal) || b.Prefix.StartsWith(a.Prefix, StringComparison.Ordinal));

    [Test]
    public void No_two_storages_that_are_left_collide() => Places.Sample(places =>
    {
        var refused = PrefixCollisions.Find(places);
        var kept = places.Where(p => !refused.ContainsKey(p.Storage)).ToList();
        return !kept.Any(a => kept.Any(b => Collide(a, b)));
    });

    [Test]
    public void A_storage_is_refused_for_an_older_one_that_stands() => Places.Sample(places =>
    {
        var refused = PrefixCollisions.Find(places);
        return places.Where(p => refused.ContainsKey(p.Storage)).All(p => places.Any(older => !refused.ContainsKey(older.Storage) && older.Order.CompareTo(p.Order) < 0 && Collide(older, p)));
    });

    [Test]
    public void The_answer_does_not_depend_on_the_order_of_asking() => Gen.Select(Places, Gen.Int).Sample((places, seed) =>
    {
        var shuffled = places.ToArray();
        new Random(seed).Shuffle(shuffled);
        return PrefixCollisions.Find(places).OrderBy(p => p.Key).SequenceEqual(PrefixCollisions.Find(shuffled).OrderBy(p => p.Key));
    });

    [Test]
    public void One_VO_may_overlap_with_itself() => Places.Sample(places => PrefixCollisions.Find(places.Select(p => p with { Vo = "sky" })).Count == 0);
}
