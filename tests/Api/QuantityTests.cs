using System.Text.Json;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Api;

public sealed class QuantityTests
{
    [TestCase("0", 0)]
    [TestCase("1000", 1000)]
    [TestCase("1k", 1000)]
    [TestCase("1Ki", 1024)]
    [TestCase("1.5Ki", 1536)]
    [TestCase("500G", 500_000_000_000)]
    [TestCase("10Ti", 10L << 40)]
    [TestCase("7Ei", 7L << 60)]
    [TestCase("9223372036854775807", long.MaxValue)]
    [TestCase("0.5", 1)]
    [TestCase("unlimited", -1)]
    public void Bytes_are_read_as_kubernetes_writes_them(string text, long bytes) => Assert.That(Quantity.Bytes(text), Is.EqualTo(bytes));

    [TestCase("")]
    [TestCase("much")]
    [TestCase("-1")]
    [TestCase("8Ei")]
    [TestCase("9223372036854775808")]
    [TestCase("1.2.3")]
    [TestCase("1KiB")]
    [TestCase("1ki")]
    [TestCase("Ti")]
    [TestCase("1e40")]
    [TestCase("Unlimited")]
    public void What_is_no_number_of_bytes_is_refused(string text) => Assert.That(Quantity.TryBytes(text, out _), Is.False);

    [TestCase(0, "0")]
    [TestCase(999, "999")]
    [TestCase(1000, "0.98Ki")]
    [TestCase(1024, "1Ki")]
    [TestCase(1L << 40, "1Ti")]
    [TestCase(1_234_567_890_123, "1.12Ti")]
    [TestCase(12_345_678_901_234, "11.2Ti")]
    [TestCase(long.MaxValue, "8Ei")]
    public void People_read_three_digits(long bytes, string words)
    {
        Assert.That(Quantity.Words(bytes), Is.EqualTo(words));
        if (bytes < long.MaxValue)
            Assert.That(Quantity.Bytes(words), Is.InRange(bytes - (bytes / 200), bytes + (bytes / 200) + 1));
    }

    [Test]
    public void Numbers_and_text_are_both_quantities()
    {
        var quota = JsonSerializer.Deserialize("""{"rseExpression":"*","bytes":1000}""", KubeJson.Info<QuotaSpec>())!;
        var resources = JsonSerializer.Deserialize("""{"requests":{"cpu":2,"memory":"1Gi"},"limits":{"cpu":0.5}}""", KubeJson.Info<ResourcesSpec>())!;

        Assert.That(quota.Bytes, Is.EqualTo("1000"));
        Assert.That((resources.Requests!["cpu"], resources.Requests["memory"], resources.Limits!["cpu"]), Is.EqualTo(("2", "1Gi", "0.5")));
        Assert.That(JsonSerializer.Serialize(resources, KubeJson.Info<ResourcesSpec>()), Is.EqualTo("""{"requests":{"cpu":"2","memory":"1Gi"},"limits":{"cpu":"0.5"}}"""));
    }
}
