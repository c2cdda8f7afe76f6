using NUnit.Framework;

namespace RucioOperator.Tests.Chart;

public sealed class PromQlTests
{
    [TestCase("up", "up{}")]
    [TestCase("""sum by (a, b) (rate(x_total{c="d", e=~"f|g"}[5m])) / 60""", "x_total{c,e} a b")]
    [TestCase("""sum(x) without (a) or vector(0)""", "x{} a")]
    [TestCase("""(x == 0) + on (a) group_left (b, c) y{d!="}"}""", "x{} y{d} a b c")]
    [TestCase("""histogram_quantile(0.99, sum by (le) (rate(x_bucket[$__rate_interval])))""", "x_bucket{} le")]
    [TestCase("""clamp_min(x - time(), 0) < 14 * 86400""", "x{}")]
    [TestCase("""max_over_time(sum(x)[1h:5m] offset 1d)""", "x{}")]
    [TestCase("""y * on (s) group_left () label_replace(x{k="S"}, "s", "$1", "name", "(.*)")""", "y{} x{k} s made:s")]
    [TestCase("""-x unless y > bool 2""", "x{} y{}")]
    public void What_is_right_is_read_with_all_its_names(string query, string names)
    {
        var read = PromQl.Parse(query);
        Assert.That(string.Join(' ', [.. read.Selectors.Select(s => $"{s.Metric}{{{string.Join(',', s.Labels)}}}"), .. read.Grouped, .. read.Made.Select(m => $"made:{m}")]), Is.EqualTo(names));
    }

    [TestCase("rate(x)")]
    [TestCase("sum by a (x)")]
    [TestCase("sum(x))")]
    [TestCase("(x")]
    [TestCase("x{a='b'}")]
    [TestCase("x{a}")]
    [TestCase("x y")]
    [TestCase("x[5]")]
    [TestCase("sum(x)[5m]")]
    [TestCase("rat(x[5m])")]
    [TestCase("x +")]
    [TestCase("x == on a y")]
    [TestCase("")]
    public void What_Prometheus_would_refuse_is_refused(string query) => Assert.That(() => PromQl.Parse(query), Throws.InstanceOf<FormatException>());
}
