using System.Diagnostics.Metrics;

namespace RucioOperator.Hosting;

/// <summary>Counters of what the operator does in Rucio; the runtime has its own.</summary>
public sealed class OperatorMetrics
{
    public const string MeterName = "rucio_operator";

    private readonly Counter<long> _drift;

    public OperatorMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _drift = meter.CreateCounter<long>("rucio_operator_drift_detected_total", description: "Differences found in Rucio that nobody asked for in a spec.");
    }

    public void DriftDetected(string kind, int changes) => _drift.Add(changes, new KeyValuePair<string, object?>("kind", kind));
}
