using System.Diagnostics.Metrics;
using NUnit.Framework;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Hosting;

public sealed class OperatorMetricsTests
{
    [Test]
    public void Space_is_told_for_each_storage_that_is_there_and_no_longer()
    {
        var metrics = new OperatorMetrics();
        var vo = new ObjectKey("metrics-test", "sky");
        metrics.Space(vo, [("disk", new(7, 2, new(7, 93, 2, default))), ("tape", new(5, 1, null))]);
        Assert.That(Measured(), Is.EquivalentTo(new[] { "storage_bytes disk used 7", "storage_bytes disk free 93", "storage_bytes tape used 5", "storage_files disk used 2", "storage_files tape used 1" }));
        metrics.Space(vo, [("tape", new(null, null, null))]);
        Assert.That(Measured(), Is.Empty);
        metrics.Space(vo, [("tape", new(5, 1, null))]);
        metrics.Space(vo, []);
        Assert.That(Measured(), Is.Empty);
    }

    private static List<string> Measured()
    {
        var seen = new List<string>();
        using var listener = new MeterListener { InstrumentPublished = (instrument, l) => { if (instrument.Name.StartsWith("rucio_operator_storage_", StringComparison.Ordinal)) l.EnableMeasurementEvents(instrument); } };
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
