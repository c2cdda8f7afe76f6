using System.Diagnostics.Metrics;
using NUnit.Framework;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Hosting;

public sealed class OperatorMetricsTests
{
    [Test]
    public void How_long_certificates_last_is_told_for_each_storage()
    {
        var metrics = new OperatorMetrics();
        metrics.WatchCertificates(() => [(new ObjectKey("metrics-test", "disk"), DateTimeOffset.UnixEpoch.AddHours(2))]);
        var seen = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == RuntimeMetrics.MeterName && instrument.Name == "rucio_operator_endpoint_certificate_expiration_timestamp")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add($"{value} {instrument.Unit} {string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))}"));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.That(seen, Does.Contain("7200 s namespace=metrics-test storageelement=disk"));
    }

    [Test]
    public void How_long_proxies_and_delegations_last_is_told_for_each_holder_and_server()
    {
        var metrics = new OperatorMetrics();
        var instance = new ObjectKey("metrics-test", "rucio");
        metrics.WatchTransfers(() => [new(instance, "sky", At(86400), At(3600), null, null), new(instance, "sky", null, null, "https://fts:8446", At(60)), new(instance, "", null, null, "https://fts:8446", null)]);
        metrics.TransferFailed(instance, "voms", "VomsUnreachable");
        var seen = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name.StartsWith("rucio_operator_transfer_", StringComparison.Ordinal)) l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => seen.Add($"{instrument.Name["rucio_operator_transfer_".Length..]} {value} {instrument.Unit} {string.Join(' ', tags.ToArray().Select(t => $"{t.Key}={t.Value}"))}"));
        listener.Start();
        listener.RecordObservableInstruments();
        const string holder = "namespace=metrics-test rucioinstance=rucio vo=";
        Assert.That(seen, Is.EquivalentTo(new[]
        {
            $"certificate_expiration_timestamp 86400 s {holder}sky", $"proxy_expiration_timestamp 3600 s {holder}sky",
            $"delegation_expiration_timestamp 60 s {holder}sky server=https://fts:8446", $"delegation_expiration_timestamp 0 s {holder} server=https://fts:8446",
        }));
    }

    private static DateTimeOffset At(int seconds) => DateTimeOffset.FromUnixTimeSeconds(seconds);

    [Test]
    public void Space_is_told_for_each_storage_that_is_there_and_no_longer()
    {
        var metrics = new OperatorMetrics();
        var vo = new ObjectKey("metrics-test", "sky");
        metrics.Space(vo, [("disk", new(7, 2, new(7, 93, 2, default))), ("tape", new(5, 1, null))]);
        Assert.That(Measured(), Is.EquivalentTo(new[] { "storage disk used 7", "storage disk free 93", "storage tape used 5", "storage_files disk used 2", "storage_files tape used 1" }));
        metrics.Space(vo, [("tape", new(null, null, null))]);
        Assert.That(Measured(), Is.Empty);
        metrics.Space(vo, [("tape", new(5, 1, null))]);
        metrics.Space(vo, []);
        Assert.That(Measured(), Is.Empty);
    }

    private static List<string> Measured()
    {
        var seen = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name.StartsWith("rucio_operator_storage", StringComparison.Ordinal)) l.EnableMeasurementEvents(instrument); } };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            var labels = tags.ToArray().ToDictionary(t => t.Key, t => t.Value as string);
            if (labels["namespace"] == "metrics-test")
                seen.Add($"{instrument.Name["rucio_operator_".Length..]} {labels["storageelement"]} {labels["kind"]} {value}");
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }
}
