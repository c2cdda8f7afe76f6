using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using RucioOperator.Observed;
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

    private readonly Counter<long> _revocationLists = RuntimeMetrics.Meter.CreateCounter<long>("rucio_operator_revocation_list_fetches_total", description: "Addresses of revocation lists that were read (trust.crlRefresh), by what came of it.");

    public void RevocationListFetched(bool read) => _revocationLists.Add(1, new KeyValuePair<string, object?>("result", read ? "read" : "failed"));

    /// <param name="lists">Instance and authority → until its revocation list runs out.</param>
    public void WatchRevocationLists(Func<IEnumerable<(ObjectKey Instance, string Authority, TimeSpan Left)>> lists) =>
        RuntimeMetrics.Meter.CreateObservableGauge("rucio_operator_revocation_list_left", () => lists().Select(l =>
            new Measurement<double>(l.Left.TotalSeconds, new("namespace", l.Instance.Namespace), new("rucioinstance", l.Instance.Name), new("authority", l.Authority))), "s", "Until the revocation list of an authority runs out (trust.crlRefresh).");

    private readonly Counter<long> _transferFailures = RuntimeMetrics.Meter.CreateCounter<long>("rucio_operator_transfer_failures_total", description: "Proxies, attributes and delegations that could not be renewed or taken back, by step and reason.");

    public void TransferFailed(ObjectKey instance, string step, string reason) =>
        _transferFailures.Add(1, new("namespace", instance.Namespace), new("rucioinstance", instance.Name), new("step", step), new("reason", reason));

    /// <param name="left">Of each holder: until its certificate, its proxy and what each FTS server holds is over.</param>
    public void WatchTransfers(Func<IEnumerable<TransferLeft>> left)
    {
        Gauge("certificate", "Until the certificate is over that a holder's proxies are made from.", l => l.Server is null && l.Certificate is { } t ? t : null);
        Gauge("proxy", "Until a holder's proxy is over.", l => l.Server is null && l.Proxy is { } t ? t : null);
        Gauge("delegation", "Until what an FTS server holds of a holder is over.", l => l.Server is not null ? l.Delegation ?? TimeSpan.Zero : null);

        void Gauge(string what, string words, Func<TransferLeft, TimeSpan?> value) => _gauges.CreateObservableGauge($"rucio_operator_transfer_{what}_left", () =>
            from l in left()
            let time = value(l)
            where time is not null
            select new Measurement<double>(time.Value.TotalSeconds, [new("namespace", l.Instance.Namespace), new("rucioinstance", l.Instance.Name), new("vo", l.Tag), .. l.Server is null ? (KeyValuePair<string, object?>[])[] : [new("server", l.Server)]]), "s", words);
    }

    private readonly Counter<long> _spaceReports = RuntimeMetrics.Meter.CreateCounter<long>("rucio_operator_space_reports_total", description: "Times that Rucio was told how full a storage is.");

    private readonly Meter _gauges = new(RuntimeMetrics.MeterName);

    private readonly ConcurrentDictionary<ObjectKey, IReadOnlyList<(string Storage, ObservedSpace Space)>> _spaces = new();

    public OperatorMetrics()
    {
        _gauges.CreateObservableGauge("rucio_operator_storage_bytes", () => Spaces(s => [("used", s.Used), ("free", s.Reported?.Free)]), description: "Space of each StorageElement: used by Rucio's own count, free as reported to Rucio.");
        _gauges.CreateObservableGauge("rucio_operator_storage_files", () => Spaces(s => [("used", s.Files)]), description: "Files on each StorageElement by Rucio's own count.");
    }

    /// <param name="storages">All of the VO that are known; those before are forgotten.</param>
    public void Space(ObjectKey vo, IReadOnlyList<(string Storage, ObservedSpace Space)> storages)
    {
        if (storages.Count == 0)
        {
            _spaces.TryRemove(vo, out _);
        }
        else
        {
            _spaces[vo] = storages;
        }
    }

    public void SpaceReported() => _spaceReports.Add(1);

    private IEnumerable<Measurement<long>> Spaces(Func<ObservedSpace, IEnumerable<(string Kind, long? Value)>> values) =>
        from vo in _spaces
        from storage in vo.Value
        from value in values(storage.Space)
        where value.Value is not null
        select new Measurement<long>(value.Value!.Value, new("namespace", vo.Key.Namespace), new("storageelement", storage.Storage), new("kind", value.Kind));

    public void CheckDone(string check, bool passed) => _checks.Add(1, new("check", check), new("result", passed ? "passed" : "failed"));

    /// <param name="part">One of a few.</param>
    public void DriftDetected(string kind, string part, int changes) => _drift.Add(changes, new("kind", kind), new("part", part));
}

/// <param name="Tag">Empty: the instance's default credential.</param>
/// <param name="Server">Null: not of a server.</param>
public sealed record TransferLeft(ObjectKey Instance, string Tag, TimeSpan? Certificate, TimeSpan? Proxy, string? Server, TimeSpan? Delegation);
