using System.Diagnostics.Metrics;

namespace RucioOperator.Runtime;

/// <summary>Same meanings as controller-runtime's, so its dashboards port by renaming. No label ever holds an error text.</summary>
public static class RuntimeMetrics
{
    public const string MeterName = "rucio-operator";

    public static readonly Meter Meter = new(MeterName);

    internal static readonly Counter<long> Reconciles = Meter.CreateCounter<long>("rucio_operator_reconcile", description: "Passes by controller and result");
    internal static readonly Histogram<double> ReconcileDuration = Meter.CreateHistogram<double>("rucio_operator_reconcile_duration", "s", "Time of one pass");
    internal static readonly UpDownCounter<long> ActiveWorkers = Meter.CreateUpDownCounter<long>("rucio_operator_active_workers", description: "Workers in a pass");
    internal static readonly Histogram<double> QueueWait = Meter.CreateHistogram<double>("rucio_operator_queue_wait", "s", "From ready to taken",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60] });
    internal static readonly Counter<long> WatchEvents = Meter.CreateCounter<long>("rucio_operator_watch_events", description: "Events received by kind and type");
    internal static readonly Counter<long> WatchRestarts = Meter.CreateCounter<long>("rucio_operator_watch_restarts", description: "Watches opened again by kind and reason");
}
