using NUnit.Framework;
using RucioOperator.Hosting;

namespace RucioOperator.Tests.Hosting;

public sealed class OtlpSettingsTests
{
    [Test]
    public void Nothing_is_sent_where_nobody_names_a_collector() => Assert.That(Parse().Settings, Is.EqualTo(new OtlpSettings(null, null)));

    [Test]
    public void A_collector_gets_both_unless_it_is_named_for_one()
    {
        Assert.That(Parse(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317")).Settings, Is.EqualTo(new OtlpSettings(new(), new())));
        Assert.That(Parse(("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:4317")).Settings, Is.EqualTo(new OtlpSettings(new(new("http://collector:4317")), null)));
        Assert.That(Parse(("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "https://collector:4318/v1/metrics")).Settings, Is.EqualTo(new OtlpSettings(null, new(new("https://collector:4318/v1/metrics")))));
    }

    [Test]
    public void A_signal_can_be_turned_off_and_on_by_its_exporter()
    {
        Assert.That(Parse(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), ("OTEL_METRICS_EXPORTER", "none")).Settings, Is.EqualTo(new OtlpSettings(new(), null)));
        Assert.That(Parse(("OTEL_TRACES_EXPORTER", "otlp")).Settings, Is.EqualTo(new OtlpSettings(new(), null)));
    }

    [Test]
    public void What_is_said_for_one_signal_holds_for_it_alone()
    {
        var settings = Parse(("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"), ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"), ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "a=b"), ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "500")).Settings;
        Assert.That(settings, Is.EqualTo(new OtlpSettings(new(null, "http/protobuf", "a=b", 500), new())));
        var options = new OpenTelemetry.Exporter.OtlpExporterOptions { Headers = "c=d" };
        settings.Metrics!.Apply(options);
        Assert.That((options.Headers, options.TimeoutMilliseconds), Is.EqualTo(("c=d", 10_000)));
        settings.Traces!.Apply(options);
        Assert.That((options.Protocol, options.Headers, options.TimeoutMilliseconds), Is.EqualTo((OpenTelemetry.Exporter.OtlpExportProtocol.HttpProtobuf, "a=b", 500)));
    }

    [TestCase("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "10s", "expected milliseconds such as 10000, not '10s'")]
    [TestCase("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "/ca.crt", "only OTEL_EXPORTER_OTLP_CERTIFICATE, for both signals, is supported")]
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
