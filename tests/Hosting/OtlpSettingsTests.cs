using NUnit.Framework;
using RucioOperator.Hosting;

namespace RucioOperator.Tests.Hosting;

public sealed class OtlpSettingsTests
{
    [Test]
    public void Nothing_is_sent_where_nobody_names_a_collector() => Assert.That(Parse().Settings, Is.EqualTo(new OtlpSettings(false, false)));

    [Test]
    public void A_collector_gets_both_unless_it_is_named_for_one()
    {
        Assert.That(Parse(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")).Settings, Is.EqualTo(new OtlpSettings(true, true)));
        Assert.That(Parse(("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4317")).Settings, Is.EqualTo(new OtlpSettings(true, false)));
        Assert.That(Parse(("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://collector:4318/v1/metrics")).Settings, Is.EqualTo(new OtlpSettings(false, true)));
    }

    [Test]
    public void A_signal_can_be_turned_off_and_on_by_its_exporter()
    {
        Assert.That(Parse(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), ("OTEL_METRICS_EXPORTER", "none")).Settings, Is.EqualTo(new OtlpSettings(true, false)));
        Assert.That(Parse(("OTEL_TRACES_EXPORTER", "otlp")).Settings, Is.EqualTo(new OtlpSettings(true, false)));
    }

    [TestCase("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317", "expected a URL such as http://collector:4317, not 'collector:4317'")]
    [TestCase("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "ftp://collector", "expected a URL such as http://collector:4317, not 'ftp://collector'")]
    [TestCase("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json", "expected grpc or http/protobuf, not 'http/json'")]
    [TestCase("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL", "thrift", "expected grpc or http/protobuf, not 'thrift'")]
    [TestCase("OTEL_TRACES_EXPORTER", "zipkin", "expected otlp or none, not 'zipkin'")]
    [TestCase("OTEL_TRACES_SAMPLER", "sometimes", "expected always_on or always_off or traceidratio or parentbased_always_on or parentbased_always_off or parentbased_traceidratio, not 'sometimes'")]
    public void What_the_SDK_would_pass_over_in_silence_is_said(string variable, string value, string words) =>
        Assert.That(Parse((variable, value)).Errors, Is.EqualTo(new[] { $"{variable}: {words}" }));

    private static (OtlpSettings Settings, IReadOnlyList<string> Errors) Parse(params (string Name, string Value)[] variables) =>
        OtlpSettings.Parse(name => variables.Where(v => v.Name == name).Select(v => v.Value).FirstOrDefault());
}
