using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>
/// Figures of what the operator looks after; the runtime and the way to Rucio have their own. Labels hold names and words of
/// few, never a text of an error. The table in operator/README.md has them all.
/// </summary>
public sealed class OperatorMetrics : IDisposable
{
    /// <summary>
    /// Series of what there is one of for each resource: a limit against mistakes, beyond which the SDK puts the rest into one. It counts every
    /// series there ever was on a meter, so the gauges move to a new one when <see cref="Turnover"/> of them have come or changed.
    /// </summary>
    internal const int MostResources = 20_000, Turnover = 10_000;

    private readonly Meter _meter = new(RuntimeMetrics.MeterName);
    private readonly Lock _guard = new();
    private readonly List<Action<Meter>> _gauges = [];
    private Meter _ofResources = new(RuntimeMetrics.MeterName);
    private int _turnover;
    private readonly Counter<long> _drift;
    private readonly Counter<long> _checks;
    private readonly Counter<long> _endpoints;
    private readonly Counter<long> _revocationLists;
    private readonly Counter<long> _transferFailures;
    private readonly Counter<long> _spaceReports;
    private readonly Histogram<double> _timeToReady;
    private readonly Histogram<double> _deletion;
    private readonly ConcurrentDictionary<ObjectKey, IReadOnlyList<(string Storage, ObservedSpace Space)>> _spaces = new();

    public OperatorMetrics()
    {
        _drift = _meter.CreateCounter<long>("rucio_operator_drift_detected", description: "Differences that nobody asked for in a spec, by the part of it that somebody changed behind our back.");
        _checks = _meter.CreateCounter<long>("rucio_operator_checks", description: "Checks of virtual organisations that came to a result.");
        _endpoints = _meter.CreateCounter<long>("rucio_operator_endpoint_looks", description: "Looks at endpoints of storages (spec.check.endpoints), by what they showed.");
        _revocationLists = _meter.CreateCounter<long>("rucio_operator_revocation_list_fetches", description: "Addresses of revocation lists that were read (trust.crlRefresh), by what came of it.");
        _transferFailures = _meter.CreateCounter<long>("rucio_operator_transfer_failures", description: "Proxies, attributes and delegations that could not be renewed or taken back, by step and reason.");
        _spaceReports = _meter.CreateCounter<long>("rucio_operator_space_reports", description: "Times that Rucio was told how full a storage is.");
        _timeToReady = _meter.CreateHistogram<double>("rucio_operator_time_to_ready", "s", "From the creation of a resource until it was Ready for the first time; of those this process saw being made.", advice: Lifetimes);
        _deletion = _meter.CreateHistogram<double>("rucio_operator_deletion", "s", "From the wish to delete a resource that had to be finalized until it was gone.", advice: Lifetimes);
        Gauge("rucio_operator_storage", "By", "Space of each StorageElement: used by Rucio's own count, free as reported to Rucio.", () => Spaces(s => [("used", s.Used), ("free", s.Reported?.Free)]));
        Gauge("rucio_operator_storage_files", null, "Files on each StorageElement by Rucio's own count.", () => Spaces(s => [("used", s.Files)]));
        var build = typeof(OperatorMetrics).Assembly.GetName().Version?.ToString(3) ?? "";
        Gauge("rucio_operator_build_info", null, "Always 1: which operator this is.", () => [new Measurement<long>(1, new("version", build), new("runtime", Environment.Version.ToString()))]);
    }

    /// <summary>Seconds to hours.</summary>
    private static InstrumentAdvice<double> Lifetimes { get; } = new() { HistogramBucketBoundaries = [0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400] };

    /// <param name="resources">Every resource of the three kinds; none while another process leads.</param>
    public void WatchResources(Func<IEnumerable<ResourceFigure>> resources)
    {
        Gauge("rucio_resource_ready", null, "1 while the resource is Ready; told by the leader alone.",
            () => resources().Select(r => new Measurement<long>(r.IsReady ? 1 : 0, new("kind", r.Kind), new("namespace", r.Key.Namespace), new("name", r.Key.Name))));
        Gauge("rucio_resource_info", null, "Always 1: what a resource belongs to, and the reason of its condition Ready; told by the leader alone.",
            () => resources().Select(r => new Measurement<long>(1,
                new("kind", r.Kind), new("namespace", r.Key.Namespace), new("name", r.Key.Name), new("rucioinstance_namespace", r.Instance?.Namespace ?? ""), new("rucioinstance", r.Instance?.Name ?? ""), new("vo", r.Vo), new("version", r.Version), new("reason", r.Reason))));
    }

    /// <summary>A resource came, or is Ready or not for another reason: a series that was not there.</summary>
    public void Turned()
    {
        lock (_guard)
        {
            if (++_turnover > Turnover)
            {
                _turnover = 0;
                // First the end of the old ones, or they would be taken for the same.
                _ofResources.Dispose();
                _ofResources = new(RuntimeMetrics.MeterName);
                _gauges.ForEach(gauge => gauge(_ofResources));
            }
        }
    }

    public void BecameReady(string kind, TimeSpan after) => _timeToReady.Record(Math.Max(0, after.TotalSeconds), new KeyValuePair<string, object?>("kind", kind));

    public void Deleted(string kind, TimeSpan after) => _deletion.Record(Math.Max(0, after.TotalSeconds), new KeyValuePair<string, object?>("kind", kind));

    public void EndpointLookedAt(string result) => _endpoints.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <param name="certificates">Storage → when the first of its servers' certificates expires.</param>
    public void WatchCertificates(Func<IEnumerable<(ObjectKey Storage, DateTimeOffset Expires)>> certificates) =>
        Expiry("endpoint_certificate", "When the first certificate of a storage's endpoints expires.", () => certificates().Select(c => Until(c.Expires, new("namespace", c.Storage.Namespace), new("storageelement", c.Storage.Name))));

    public void RevocationListFetched(bool read) => _revocationLists.Add(1, new KeyValuePair<string, object?>("result", read ? "read" : "failed"));

    /// <param name="lists">Instance and authority → when its revocation list runs out.</param>
    public void WatchRevocationLists(Func<IEnumerable<(ObjectKey Instance, string Authority, DateTimeOffset NextUpdate)>> lists) =>
        Expiry("revocation_list", "When the revocation list of an authority runs out (trust.crlRefresh).", () => lists().Select(l => Until(l.NextUpdate, new("namespace", l.Instance.Namespace), new("rucioinstance", l.Instance.Name), new("authority", l.Authority))));

    public void TransferFailed(ObjectKey instance, string step, string reason) =>
        _transferFailures.Add(1, new("namespace", instance.Namespace), new("rucioinstance", instance.Name), new("step", step), new("reason", reason));

    /// <param name="ends">Of each holder: when its certificate, its proxy and what each FTS server holds is over.</param>
    public void WatchTransfers(Func<IEnumerable<TransferEnds>> ends)
    {
        Of("transfer_certificate", "When the certificate is over that a holder's proxies are made from.", l => l.Server is null, l => l.Certificate);
        Of("transfer_proxy", "When a holder's proxy is over; 0: there is none.", l => l.Server is null, l => l.Proxy ?? DateTimeOffset.UnixEpoch);
        Of("transfer_delegation", "When what an FTS server holds of a holder is over; 0: it holds nothing.", l => l.Server is not null, l => l.Delegation ?? DateTimeOffset.UnixEpoch);

        void Of(string what, string words, Func<TransferEnds, bool> has, Func<TransferEnds, DateTimeOffset?> end) => Expiry(what, words, () =>
            from l in ends()
            where has(l)
            let at = end(l)
            where at is not null
            select Until(at.Value, [new("namespace", l.Instance.Namespace), new("rucioinstance", l.Instance.Name), new("vo", l.Tag), .. l.Server is null ? (KeyValuePair<string, object?>[])[] : [new("server", l.Server)]]));
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

    public void CheckDone(string check, bool passed) => _checks.Add(1, new("check", check), new("result", passed ? "passed" : "failed"));

    /// <param name="field">One of a few.</param>
    public void DriftDetected(string kind, string field, int changes) => _drift.Add(changes, new("kind", kind), new("field", field));

    public void Dispose()
    {
        lock (_guard)
        {
            _meter.Dispose();
            _ofResources.Dispose();
        }
    }

    private void Expiry(string what, string words, Func<IEnumerable<Measurement<double>>> values) => OfResources(meter => meter.CreateObservableGauge($"rucio_operator_{what}_expiration_timestamp", values, "s", words));

    private void Gauge(string name, string? unit, string words, Func<IEnumerable<Measurement<long>>> values) => OfResources(meter => meter.CreateObservableGauge(name, values, unit, words));

    private void OfResources(Action<Meter> gauge)
    {
        lock (_guard)
        {
            _gauges.Add(gauge);
            gauge(_ofResources);
        }
    }

    private static Measurement<double> Until(DateTimeOffset end, params ReadOnlySpan<KeyValuePair<string, object?>> labels) => new(end.ToUnixTimeSeconds(), labels);

    private IEnumerable<Measurement<long>> Spaces(Func<ObservedSpace, IEnumerable<(string Kind, long? Value)>> values) =>
        from vo in _spaces
        from storage in vo.Value
        from value in values(storage.Space)
        where value.Value is not null
        select new Measurement<long>(value.Value!.Value, new("namespace", vo.Key.Namespace), new("storageelement", storage.Storage), new("kind", value.Kind));
}

/// <param name="Tag">Empty: the instance's default credential.</param>
/// <param name="Server">Null: not of a server.</param>
public sealed record TransferEnds(ObjectKey Instance, string Tag, DateTimeOffset? Certificate, DateTimeOffset? Proxy, string? Server, DateTimeOffset? Delegation);

/// <param name="Instance">Null where it names none that there is.</param>
/// <param name="Vo">Its tag; empty: none, or not known.</param>
/// <param name="Version">Of a RucioInstance; else empty.</param>
public sealed record ResourceFigure(string Kind, ObjectKey Key, bool IsReady, string Reason, ObjectKey? Instance, string Vo, string Version);
