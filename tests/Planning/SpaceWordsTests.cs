using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class SpaceWordsTests
{
    private static readonly StorageSpace Before = SpaceWords.Next(null, Space(1L << 40, 1000, 3L << 40), "4Ti")!;

    [Test]
    public void It_is_told_in_words() => Assert.That(Before, Is.EqualTo(new StorageSpace { Used = "1Ti", Files = 1000, Free = "3Ti", Capacity = "4Ti" }));

    [TestCase(1005, 1000)]
    [TestCase(1010, 1000)]
    [TestCase(1020, 1020)]
    [TestCase(0, 0)]
    public void Small_changes_write_nothing(long files, long said) =>
        Assert.That(SpaceWords.Next(Before, Space((1L << 40) * files / 1000, files, 3L << 40), "4Ti")!.Files, Is.EqualTo(said));

    [Test]
    public void The_first_byte_and_the_last_are_told_at_once()
    {
        Assert.That(SpaceWords.Next(Before with { Used = "0" }, Space(1, 1, null), null), Is.EqualTo(new StorageSpace { Used = "1", Files = 1 }));
        Assert.That(SpaceWords.Next(Before, Space(0, 0, null), null), Is.EqualTo(new StorageSpace { Used = "0", Files = 0 }));
    }

    [Test]
    public void What_is_not_known_now_stays() => Assert.That(SpaceWords.Next(Before, null, "4Ti"), Is.EqualTo(Before));

    [Test]
    public void Nothing_known_is_nothing_said() => Assert.That(SpaceWords.Next(null, null, null), Is.Null);

    [Test]
    public void A_vo_has_the_sum_of_its_storages_that_are_there()
    {
        ObservedRse[] rses = [Rse(1 << 20), Rse(1 << 20), Rse(7) with { Deleted = true }];
        Assert.That(SpaceWords.Total(null, rses), Is.EqualTo(new VoSpace { Used = "2Mi", Files = 2 }));
        Assert.That(SpaceWords.Total(new() { Used = "1Mi" }, [.. rses, new ObservedRse("U", "u")]), Is.EqualTo(new VoSpace { Used = "1Mi" }));
    }

    private static ObservedRse Rse(long used) => new("R", "r") { Space = Space(used, 1, null) };

    private static ObservedSpace Space(long? used, long? files, long? free) => new(used, files, free is { } left ? new(0, left, null, default) : null);
}
