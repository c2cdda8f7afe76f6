using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Planning;
using static RucioOperator.Planning.SpaceReporting;

namespace RucioOperator.Tests.Planning;

public sealed class SpaceReportingTests
{
    private const long Capacity = 1000;
    private static readonly DateTime Now = new(2026, 5, 1, 12, 0, 0, DateTimeKind.Utc);

    [Test]
    public void Nothing_is_said_of_a_storage_without_capacity_unless_it_keeps_space_free()
    {
        Assert.That(Decide(null, null, Space(5)), Is.Null);
        Assert.That(Decide(null, null, Space(5), keepsFree: true)!.Reason, Is.EqualTo(NotReported));
        Assert.That(Decide(null, null, Space(5, Told(5, 10)), keepsFree: true)!.Reason, Is.EqualTo(ReportedByOthers));
        Assert.That(Decide(null, Capacity, Space(5, Told(5, 995, 1)), keepsFree: true)!.Reason, Is.EqualTo(ReportLeft));
    }

    [Test]
    public void A_new_storage_is_reported_as_empty_at_once()
    {
        Assert.That(Decide(Capacity, null, Space(0))!.Report, Is.EqualTo(new SpaceReport(0, Capacity, 0)));
        Assert.That(Decide(Capacity, null, new(null, null, null))!.Reason, Is.EqualTo(WaitingForCounter));
    }

    [Test]
    public void More_than_the_capacity_leaves_nothing_free() =>
        Assert.That(Decide(Capacity, null, Space(1500))!.Report, Is.EqualTo(new SpaceReport(1500, 0, 1500)));

    [TestCase(100, 0, false, TestName = "Unchanged, nothing is reported")]
    [TestCase(100, 600, false, TestName = "Unchanged, nothing is reported however old it is")]
    [TestCase(105, 5, false, TestName = "A small change waits")]
    [TestCase(105, 60, true, TestName = "A small change is reported after an hour")]
    [TestCase(120, 0, true, TestName = "A large change is reported at once")]
    public void A_report_follows_a_change(long used, int minutesAgo, bool reported) =>
        Assert.That(Decide(Capacity, Capacity, Space(used, Told(100, 900, 100, minutesAgo)))!.Report, reported ? Is.EqualTo(new SpaceReport(used, Capacity - used, used)) : Is.Null);

    [Test]
    public void Another_capacity_is_reported_at_once_and_so_is_one_that_a_killed_operator_had_reported()
    {
        Assert.That(Decide(2000, Capacity, Space(100, Told(100, 900, 100)))!.Report, Is.EqualTo(new SpaceReport(100, 1900, 100)));
        Assert.That(Decide(2000, null, Space(100, Told(100, 1900, 100)))!.Report, Is.Null);
        Assert.That(Decide(2000, Capacity, Space(100, Told(100, 1900, 100)))!.Report, Is.Null);
    }

    [Test]
    public void Nobody_is_fought_with_until_they_have_given_up()
    {
        Assert.That(Decide(Capacity, Capacity, Space(100, Told(300, 400)))!, Has.Property("Reason").EqualTo(ReportedByOthers).And.Property("Report").Null);
        Assert.That(Decide(Capacity, Capacity, Space(100, Told(300, 700)))!.Reason, Is.EqualTo(ReportedByOthers), "files were never counted");
        Assert.That(Decide(Capacity, Capacity, Space(100, Told(300, 400, 9, minutesAgo: 3 * 24 * 60)))!.Report, Is.EqualTo(new SpaceReport(100, 900, 100)));
    }

    private static SpaceDecision? Decide(long? capacity, long? former, ObservedSpace space, bool keepsFree = false) => SpaceReporting.Decide(capacity, former, keepsFree, space, Now);

    private static ObservedSpace Space(long used, ReportedSpace? reported = null) => new(used, used, reported);

    private static ReportedSpace Told(long used, long free, long? files = null, int minutesAgo = 0) => new(used, free, files, Now - TimeSpan.FromMinutes(minutesAgo));
}
