using NUnit.Framework;
using RucioOperator.Planning.Checks;

namespace RucioOperator.Tests.Planning.Checks;

public sealed class CheckScheduleTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void One_that_never_was_is_due() => Assert.That(new CheckSchedule(TimeSpan.FromHours(24), null, false, 0).IsDue(Now, asked: false));

    [TestCase(0, 23, ExpectedResult = false)]
    [TestCase(0, 24, ExpectedResult = true)]
    [TestCase(1, 21, ExpectedResult = false)]
    [TestCase(1, 22, ExpectedResult = true, Description = "a tenth sooner at most")]
    public bool The_next_comes_after_the_interval_less_a_spread(double spread, int hoursAgo) =>
        new CheckSchedule(TimeSpan.FromHours(24), Now - TimeSpan.FromHours(hoursAgo), false, spread).IsDue(Now, asked: false);

    [TestCase(9, ExpectedResult = false)]
    [TestCase(10, ExpectedResult = true)]
    public bool A_failed_one_is_tried_again_after_ten_minutes(int minutesAgo) =>
        new CheckSchedule(TimeSpan.FromHours(24), Now - TimeSpan.FromMinutes(minutesAgo), true, 0.5).IsDue(Now, asked: false);

    [Test]
    public void A_failed_one_waits_no_longer_than_the_interval() =>
        Assert.That(new CheckSchedule(TimeSpan.FromMinutes(5), Now - TimeSpan.FromMinutes(5), true, 0).IsDue(Now, asked: false));

    [Test]
    public void Who_asks_gets_one_at_once() => Assert.That(new CheckSchedule(TimeSpan.FromHours(24), Now, false, 0).IsDue(Now, asked: true));

    [Test]
    public void The_spread_is_that_of_the_VO_and_within_its_bounds()
    {
        var spreads = Enumerable.Range(0, 200).Select(n => CheckSchedule.SpreadOf($"uid-{n}")).ToList();
        Assert.That(spreads, Has.All.InRange(0, 1));
        Assert.That(spreads.Distinct().Count(), Is.GreaterThan(50));
        Assert.That(CheckSchedule.SpreadOf("uid-7"), Is.EqualTo(spreads[7]));
    }
}
