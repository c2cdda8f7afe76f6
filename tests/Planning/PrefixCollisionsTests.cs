using CsCheck;
using NUnit.Framework;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class PrefixCollisionsTests
{
    private static readonly Gen<List<StoragePlace>> Places = Gen.Select(Gen.OneOf("sky", "sea", "oak"), Gen.OneOf("a.example.org", "A.example.org", "192.0.2.1", "[::ffff:192.0.2.1]"),
            Gen.OneOf("/", "/x/", "//x/", "/x/y/", "//x/y/", "/xy/", "/z/"), Gen.Int[0, 5])
        .List[0, 8].Select(list => list.Select((p, i) => new StoragePlace($"ns/{i}", p.Item1, p.Item2, p.Item3, ((PlaceRank)(p.Item4 % 3), DateTime.UnixEpoch.AddSeconds(p.Item4), $"ns/{i}"))).ToList());

    private static bool Collide(StoragePlace a, StoragePlace b) =>
        a.Vo != b.Vo && Host(a) == Host(b) && (Folder(a).StartsWith(Folder(b), StringComparison.Ordinal) || Folder(b).StartsWith(Folder(a), StringComparison.Ordinal));

    private static string Host(StoragePlace place) => place.Hostname.ToLowerInvariant() switch { "[::ffff:192.0.2.1]" => "192.0.2.1", var host => host };

    private static string Folder(StoragePlace place) => place.Prefix == "/" ? "/" : "/" + place.Prefix.TrimStart('/');

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

    [TestCase("192.0.2.1", "0xc0000201")]
    [TestCase("192.0.2.1", "3221225985")]
    [TestCase("192.0.2.1", "[::ffff:192.0.2.1]")]
    [TestCase("[2001:db8::1]", "[2001:db8:0:0::1]")]
    [TestCase("EOS.example.org", "eos.example.org")]
    public void One_machine_has_one_name(string one, string other) => Assert.That(StoragePlace.HostOf(one), Is.EqualTo(StoragePlace.HostOf(other)));

    [TestCase("/", "/")]
    [TestCase("//eos/x/", "/eos/x/")]
    [TestCase("/eos/x/", "/eos/x/")]
    public void One_folder_has_one_name(string prefix, string folder) => Assert.That(StoragePlace.FolderOf(prefix), Is.EqualTo(folder));
}
