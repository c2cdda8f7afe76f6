using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using k8s;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Hosting;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Hosting;

/// <summary>The README's table against the instruments there are; what the process exports is looked at in TelemetryTests.</summary>
public sealed class MetricTableTests
{
    [Test]
    public void The_table_has_every_figure_and_no_other()
    {
        var labels = MetricTable.Rows.ToDictionary(r => r.Name, r => r.Labels);
        var rows = Instruments().Select(i => new MetricTable.Row(NameOf(i), TypeOf(i), labels.GetValueOrDefault(NameOf(i)) ?? [], i.Description ?? "")).DistinctBy(r => r.Name).OrderBy(r => r.Name, StringComparer.Ordinal);
        var wanted = $"\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n{string.Join('\n', rows)}\n";
        var text = File.ReadAllText(MetricTable.Path);
        if (Environment.GetEnvironmentVariable("GOLDEN") == "write")
            File.WriteAllText(MetricTable.Path, text.Replace(MetricTable.Section(text), wanted, StringComparison.Ordinal));
        else
            Assert.That(MetricTable.Section(text), Is.EqualTo(wanted), "make golden writes it");
    }

    [Test]
    public void Every_figure_says_what_it_is() => Assert.That(Instruments().Where(i => i.Description is not { } words || !words.EndsWith('.')).Select(i => i.Name), Is.Empty);

    /// <summary>Those that a short life of the process does not show.</summary>
    [Test]
    public void What_is_seldom_has_the_labels_of_the_table()
    {
        using var metrics = new OperatorMetrics();
        var (instance, now) = (new ObjectKey("table-test", "rucio"), DateTimeOffset.UnixEpoch);
        var seen = new Dictionary<string, HashSet<string>>();
        using (Listen((instrument, tags) =>
        {
            lock (seen)
                seen.TryAdd(NameOf(instrument), [.. tags]);
        }, out var listener))
        {
            metrics.WatchCertificates(() => [(instance, now)]);
            metrics.WatchRevocationLists(() => [(instance, "CN=CA", now)]);
            metrics.WatchTransfers(() => [new(instance, "sky", now, now, null, null), new(instance, "sky", null, null, "https://fts", now)]);
            metrics.WatchResources(() => [new("RucioInstance", instance, true, "Ready", instance, "", "41.0.0")]);
            metrics.Space(instance, [("disk", new(1, 2, new(1, 2, 3, default)))]);
            metrics.BecameReady("RucioInstance", TimeSpan.FromSeconds(1));
            metrics.Deleted("RucioInstance", TimeSpan.FromSeconds(1));
            metrics.EndpointLookedAt("Open");
            metrics.RevocationListFetched(true);
            metrics.TransferFailed(instance, "voms", "VomsUnreachable");
            metrics.SpaceReported();
            metrics.CheckDone("isolation", true);
            metrics.DriftDetected("StorageElement", "attributes", 1);
            listener.RecordObservableInstruments();
        }
        Assert.That(seen, Has.Count.GreaterThan(15));
        Assert.Multiple(() =>
        {
            foreach (var (name, labels) in seen)
                Assert.That(labels, Is.EquivalentTo(MetricTable.Rows.Single(r => r.Name == name).Labels), name);
        });
    }

    private static List<Instrument> Instruments()
    {
        RuntimeHelpers.RunClassConstructor(typeof(RuntimeMetrics).TypeHandle);
        using var rucio = new RucioServer(new Uri("http://127.0.0.1:9"), null);
        using var client = new Kubernetes(new KubernetesClientConfiguration { Host = "http://127.0.0.1:9" });
        using var runtime = new ControllerRuntime(new KubeApi(client, TimeProvider.System), new RuntimeOptions(), TimeProvider.System, new Random(1), NullLoggerFactory.Instance);
        using var metrics = new OperatorMetrics();
        metrics.WatchCertificates(() => []);
        metrics.WatchRevocationLists(() => []);
        metrics.WatchTransfers(() => []);
        metrics.WatchResources(() => []);
        RuntimeHelpers.RunClassConstructor(typeof(RucioHttp).TypeHandle);
        var found = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Name == RuntimeMetrics.MeterName)
                lock (found)
                    found.Add(instrument);
        };
        listener.Start();
        lock (found)
            return [.. found];
    }

    private static MeterListener Listen(Action<Instrument, IEnumerable<string>> told, out MeterListener listener)
    {
        listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                // The process's tests have instruments of their own.
                if (instrument.Meter.Name == RuntimeMetrics.MeterName && instrument.Meter != RuntimeMetrics.Meter && !instrument.Name.Contains("queue", StringComparison.Ordinal))
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => told(instrument, tags.ToArray().Select(t => t.Key)));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => told(instrument, tags.ToArray().Select(t => t.Key)));
        listener.Start();
        return listener;
    }

    /// <summary>As the exporter makes it.</summary>
    private static string NameOf(Instrument instrument)
    {
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        return instrument.Name + unit + (TypeOf(instrument) == "counter" ? "_total" : "");
    }

    private static string TypeOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        return type.StartsWith("Counter", StringComparison.Ordinal) ? "counter" : type.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram" : "gauge";
    }
}
