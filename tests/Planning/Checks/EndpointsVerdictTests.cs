using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Planning.Checks;

namespace RucioOperator.Tests.Planning.Checks;

public sealed class EndpointsVerdictTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 0, 0, 0, TimeSpan.Zero);
    private static readonly EndpointResult Good = new("davs://a/x/", EndpointResult.Answers, Now.AddDays(60)), Path = new("file:///x/", EndpointResult.NotChecked);

    [Test]
    public void All_is_well_and_the_first_date_is_told()
    {
        var verdict = EndpointsVerdict.Of([Good, Good with { Url = "davs://b/x/", Expires = Now.AddDays(30) }, new("root://a//x/", EndpointResult.Answers)], Now);
        Assert.That(verdict, Is.EqualTo(new EndpointsVerdict(true, "Answers", "All 3 endpoints answer; the first certificate to expire does so on 2026-12-23")));
        Assert.That(verdict.IsNews, Is.False);
        Assert.That(EndpointsVerdict.Of([Good, Path], Now).Message, Does.StartWith("1 of 2 endpoints answer, the others are not looked at"));
    }

    [Test]
    public void A_certificate_is_told_of_two_weeks_before_and_only_its_date_so_that_time_changes_no_word()
    {
        var soon = Good with { Expires = Now.AddDays(14) };
        Assert.That(EndpointsVerdict.Of([soon], Now).Reason, Is.EqualTo("Answers"));
        var verdict = EndpointsVerdict.Of([soon], Now.AddSeconds(1));
        Assert.That(verdict, Is.EqualTo(new EndpointsVerdict(true, "CertificateExpiring", "davs://a/x/: its certificate expires at 2026-12-07 00:00 UTC")));
        Assert.That(verdict.IsNews);
        Assert.That(EndpointsVerdict.Of([soon], Now.AddDays(3)), Is.EqualTo(verdict));
    }

    [Test]
    public void What_does_not_answer_is_named_and_the_list_is_bounded()
    {
        var verdict = EndpointsVerdict.Of([Good, .. Enumerable.Range(0, 15).Select(n => new EndpointResult($"davs://{n}/x/", EndpointResult.NoAnswer))], Now);
        Assert.That((verdict.Status, verdict.Reason), Is.EqualTo(((bool?)false, "NoAnswer")));
        Assert.That(verdict.Message, Does.StartWith("15 of 16 endpoints: davs://0/x/: nothing answers there").And.EndWith("…").And.Length.LessThan(300));
    }

    [Test]
    public void Where_nothing_can_be_looked_at_nothing_is_claimed() =>
        Assert.That(EndpointsVerdict.Of([Path], Now).Status, Is.Null);
}
