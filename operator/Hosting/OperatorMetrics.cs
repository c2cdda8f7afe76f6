using System.Diagnostics.Metrics;
using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>Counters of what the operator does in Rucio; the runtime has its own.</summary>
public sealed class OperatorMetrics
{
    private readonly Counter<long> _drift = RuntimeMetrics.Meter.CreateCounter<long>("rucio_operator_drift_detected_total", description: "Differences found in Rucio that nobody asked for in a spec.");

    private readonly Counter<long> _checks = RuntimeMetrics.Meter.CreateCounter<long>("rucio_operator_checks_total", description: "Checks of virtual organisations that came to a result.");

    public void CheckDone(string check, bool passed) => _checks.Add(1, new("check", check), new("result", passed ? "passed" : "failed"));

    public void DriftDetected(string kind, int changes) => _drift.Add(changes, new KeyValuePair<string, object?>("kind", kind));
}
