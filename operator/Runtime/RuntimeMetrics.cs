using System.Diagnostics.Metrics;
using System.Globalization;

namespace RucioOperator.Runtime;

/// <summary>
/// Same meanings as controller-runtime's, so its dashboards port by renaming. No label ever holds an error text. Names are
/// without what Prometheus adds: <c>_total</c>, and the unit.
/// </summary>
public static class RuntimeMetrics
{
    public const string MeterName = "rucio-operator";

    public static readonly Meter Meter = new(MeterName);

    /// <summary>From a look that finds nothing to do, to one that waits for a slow server.</summary>
    public static readonly InstrumentAdvice<double> Times = new() { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120] };

    internal static readonly Counter<long> Reconciles = Meter.CreateCounter<long>("rucio_operator_reconcile", description: "Passes, by what they came to: success, requeue_after, blocked, rejected or error.");
    internal static readonly Histogram<double> ReconcileDuration = Meter.CreateHistogram<double>("rucio_operator_reconcile_duration", "s", "Time of one pass.", advice: Times);
    internal static readonly UpDownCounter<long> ActiveWorkers = Meter.CreateUpDownCounter<long>("rucio_operator_active_workers", description: "Workers in a pass.");
    internal static readonly Counter<long> QueueAdds = Meter.CreateCounter<long>("rucio_operator_queue_adds", description: "Keys taken into the queue; those that wait there already are not counted again.");
    internal static readonly Counter<long> QueueRetries = Meter.CreateCounter<long>("rucio_operator_queue_retries", description: "Keys that wait for another try after a failure.");
    internal static readonly Histogram<double> QueueWait = Meter.CreateHistogram<double>("rucio_operator_queue_wait", "s", "From ready to taken by a worker.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60] });
    internal static readonly Counter<long> WatchEvents = Meter.CreateCounter<long>("rucio_operator_watch_events", description: "Events received from the Kubernetes API.");
    internal static readonly Counter<long> WatchRestarts = Meter.CreateCounter<long>("rucio_operator_watch_restarts", description: "Watches opened again, by why: ended, silent, or the kind of error.");
    internal static readonly Histogram<double> KubeRequests = Meter.CreateHistogram<double>("rucio_operator_kube_request_duration", "s", "Calls to the Kubernetes API; code is the HTTP status, or error where there was no answer. A watch counts until it is open.", advice: Times);

    /// <summary>A label of few values.</summary>
    /// <param name="status">Of HTTP; null: there was no answer.</param>
    public static string Code(int? status) => status?.ToString(CultureInfo.InvariantCulture) ?? "error";
}
