using NUnit.Framework;
using RucioOperator.Commands.Manifests;
using YamlDotNet.RepresentationModel;

namespace RucioOperator.Tests.Commands.Manifests;

public sealed class YamlValuesTests
{
    [TestCase("text", "\"text\"")]
    [TestCase("'no'", "\"no\"")]
    [TestCase("no", "false")]
    [TestCase("On", "true")]
    [TestCase("~", "null")]
    [TestCase("", "null")]
    [TestCase("41", "41")]
    [TestCase("-41", "-41")]
    [TestCase("41.0", "41")]
    [TestCase("41.0.0", "\"41.0.0\"")]
    [TestCase("0644", "420")]
    [TestCase("0o644", "420")]
    [TestCase("0x1F", "31")]
    [TestCase("1_000", "1000")]
    [TestCase("10Ti", "\"10Ti\"")]
    [TestCase("-", "[null]")]
    [TestCase("08", "8")]
    [TestCase("99999999999999999999", "1E+20")]
    [TestCase("2026-11-23", "\"2026-11-23\"")]
    [TestCase("1e3", "1000")]
    [TestCase("{a: &x {b: 1}, c: *x}", """{"a":{"b":1},"c":{"b":1}}""")]
    [TestCase("{a: &x {b: 1, d: 2}, c: {<<: *x, d: 3}}", """{"a":{"b":1,"d":2},"c":{"b":1,"d":3}}""")]
    public void A_value_is_read_as_kubectl_reads_it(string yaml, string json)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader($"value: {yaml}"[(yaml == "-" ? 7 : 0)..]));
        var read = YamlValues.Read(stream.Documents[0].RootNode, FieldPath.Root, (_, _) => { });
        Assert.That((yaml == "-" ? read : read!["value"])?.ToJsonString() ?? "null", Is.EqualTo(json));
    }
}
