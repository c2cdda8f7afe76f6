using NUnit.Framework;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using RucioOperator.Hosting;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Hosting;

/// <summary>The SDK has room for so many series on a meter and forgets none: what came and went must leave room for what comes.</summary>
public sealed class TurnoverTests
{
    private const int Resources = 1000;

    [Test]
    public void However_many_resources_came_and_went_those_that_are_there_are_told_by_name()
    {
        using var metrics = new OperatorMetrics();
        var (seen, round) = (new Seen(), 0);
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter(RuntimeMetrics.MeterName).AddView(Telemetry.Roomy).AddReader(new BaseExportingMetricReader(seen)).Build();
        metrics.WatchResources(() => Enumerable.Range(0, Resources).Select(n => new ResourceFigure("StorageElement", new("turnover", $"{round}-{n}"), true, "Ready", null, "", "")));
        // Many times the SDK's room for series, and for instruments.
        for (; round < 300; round++)
        {
            for (var turn = 0; turn < (round % 2 == 0 ? Resources : OperatorMetrics.Turnover); turn++)
                metrics.Turned();
            provider.ForceFlush();
            Assert.That(seen.Names.Order(), Is.EqualTo(Enumerable.Range(0, Resources).Select(n => $"{round}-{n}").Order()));
        }
    }

    /// <summary>Values of the label name, of the last collection.</summary>
    private sealed class Seen : BaseExporter<Metric>
    {
        public List<string> Names { get; } = [];

        public override ExportResult Export(in Batch<Metric> batch)
        {
            Names.Clear();
            foreach (var metric in batch)
            {
                if (metric.Name == "rucio_resource_info")
                    Read(metric);
            }
            return ExportResult.Success;
        }

        private void Read(Metric metric)
        {
            foreach (ref readonly var point in metric.GetMetricPoints())
            {
                var labels = new Dictionary<string, object?>();
                foreach (var (name, value) in point.Tags)
                    labels[name] = value;
                Names.Add(labels.GetValueOrDefault("namespace") is "turnover" ? $"{labels["name"]}" : string.Join(",", labels));
            }
        }
    }
}
