using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Commands.Plans;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Commands.Plans;

public sealed class SpecDifferencesTests
{
    [TestCase("{a: 1}", "{a: 1}", "")]
    [TestCase("{a: 1}", "{a: 2, b: x}", "spec.a: 1 > 2, spec.b: - > \"x\"")]
    [TestCase("{a: {b: 1}, c: [1]}", "{c: [1, 2]}", "spec.c: [1] > [1,2], spec.a: {\"b\":1} > -")]
    [TestCase("{l: [{name: a, x: 1}, {name: b, x: 1}]}", "{l: [{name: b, x: 2}, {name: a, x: 1}]}", "spec.l[b].x: 1 > 2")]
    [TestCase("{l: [{name: a}]}", "{l: [{name: a}, {name: c}]}", "spec.l[c]: - > {\"name\":\"c\"}")]
    [TestCase("{l: [{url: a}]}", "{l: [{url: b}]}", "spec.l[b]: - > {\"url\":\"b\"}, spec.l[a]: {\"url\":\"a\"} > -")]
    [TestCase("{config: {mail: {smtp_password: hunter2}}}", "{config: {mail: {smtp_password: hunter3}}}", "spec.config.mail.smtp_password: (hidden) > (hidden)")]
    [TestCase("{}", "{config: {mail: {smtp_password: hunter2, host: h}}}", "spec.config: - > {\"mail\":{\"smtp_password\":\"(hidden)\",\"host\":\"h\"}}")]
    public void Each_field_is_named_with_what_it_was_and_will_be(string from, string to, string words) =>
        Assert.That(string.Join(", ", SpecDifferences.Of(Read(from), Read(to)).Select(d => $"{d.Path}: {d.From ?? "-"} > {d.To ?? "-"}")), Is.EqualTo(words));

    private static JsonNode Read(string yaml) => Yaml.Parse(yaml)[0];
}
