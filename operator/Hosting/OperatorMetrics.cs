using System.Diagnostics.Metrics;
using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>Counters of what the operator does in Rucio; the runtime has its own.</summary>
public sealed class OperatorMetrics
{
    private readonly Counter<long> _drift = RuntimeMetrics.Meter.CreateCounter<long>("rucio_operator_drift_detected_total", description: "Differences found in Rucio that nobody asked for in a spec.");

    private readonly Counter<long> _checks = RuntimeMetrics.Meter.CreateCounter<long>("rucio_operator_checks_total", description: "Checks of virtual organisations that came to a result.");

    private readonly Counter<long> _endpoints = RuntimeMetrics.Meter.CreateCounter<long>("rucio_operator_endpoint_looks_total", description: "Looks at endpoints of storages (spec.check.endpoints), by what they showed.");

    public void EndpointLookedAt(string result) => _endpoints.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <param name="certificates">Storage → until the first of its servers' certificates expires.</param>
    public void WatchCertificates(Func<IEnumerable<(ObjectKey Storage, TimeSpan Left)>> certificates) =>
        RuntimeMetrics.Meter.CreateObservableGauge("rucio_operator_endpoint_certificate_left", () => certificates().Select(c =>
            new Measurement<double>(c.Left.TotalSeconds, new("namespace", c.Storage.Namespace), new("storageelement", c.Storage.Name))), "s", "Until the first certificate of a storage's endpoints expires.");

    public void CheckDone(string check, bool passed) => _checks.Add(1, new("check", check), new("result", passed ? "passed" : "failed"));

    public void DriftDetected(string kind, int changes) => _drift.Add(changes, new KeyValuePair<string, object?>("kind", kind));
}
