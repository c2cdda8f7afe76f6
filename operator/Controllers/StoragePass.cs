using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Controllers;

/// <summary>One pass over the storages of one VO: guard each, plan all, act in bulk, report on each.</summary>
internal sealed class StoragePass(StorageParts parts, ObjectKey voKey, IReadOnlyList<StorageElement> all)
{
    public const int WritesAtOnce = 8;

    private readonly Dictionary<string, Report> _reports = all.ToDictionary(s => s.Metadata.Name, s => new Report(s, parts.Time));
    private readonly Dictionary<string, PassMode> _modes = [];
    private readonly VirtualOrganisation? _vo = parts.Vos.Store.Get(voKey);
    /// <summary>Between each two storages; null: the VO's policy makes none.</summary>
    private int? Distance => (_vo?.Spec.Distances ?? new DistancesSpec()) is { Policy: DistancePolicy.Mesh, Default: var d } ? d : null;

    private readonly StorageDeletion _deletion = new(parts, voKey);

    public async Task<Outcome> RunAsync(CancellationToken ct)
    {
        var (deleting, living) = Split(all);
        RucioConnection? connection = null;
        ObservedVo? observed = null;
        Outcome overall = new Outcome.Done();
        if (_vo is not null && parts.Tenancy.InstanceOf(_vo) is { } home && Tenancy.Pauses(home) is { } pause)
        {
            await Parallel.ForEachAsync(living.Where(s => !s.Suspended), new ParallelOptions { MaxDegreeOfParallelism = WritesAtOnce, CancellationToken = ct }, async (storage, token) => await SuspendAsync(storage, token, Tenancy.InstanceHibernates, pause));
            living = [.. living.Where(s => s.Suspended)];
        }
        else try
            {
                if (VoProblem(out var instance) is { } blocked)
                {
                    foreach (var storage in living.Where(s => !s.Suspended))
                    {
                        _reports[storage.Metadata.Name].Stop(StorageConditions.RseReady, Validate(storage) ?? blocked);
                    }
                }
                else
                {
                    connection = parts.Connections.Find(ObjectKey.Of(instance!));
                    if (connection is not { IsOpen: true })
                    {
                        // Only just started: the instance's own pass opens the way and wakes us.
                        return new Outcome.Done();
                    }
                    var look = await _deletion.LookAsync(instance!, connection, _vo!, ct);
                    var seen = await connection.ObserveVoAsync(look, ct);
                    if (seen.Claim != voKey.ToString())
                    {
                        // A status is only what somebody wrote there: the catalogue says whose the VO is.
                        _deletion.VoIsAnothers = true;
                        (overall, connection) = (new Outcome.Blocked("VirtualOrganisationNotReady", $"VirtualOrganisation {voKey} does not hold tag {_vo!.Spec.Tag}: see its conditions"), null);
                        foreach (var storage in living.Where(s => !s.Suspended))
                        {
                            _reports[storage.Metadata.Name].Stop(StorageConditions.RseReady, overall);
                        }
                    }
                    else
                    {
                        observed = await ConvergeAsync(instance!, connection, look, seen, living, ct);
                    }
                }
            }
            catch (Exception error) when (error is RucioUnavailableException or RucioRejectedException or DatabaseFault or Npgsql.NpgsqlException or SecretProblem)
            {
                overall = new Outcome.Failed(error);
                foreach (var storage in living.Where(s => !s.Suspended && _reports[s.Metadata.Name].Outcome is Outcome.Done))
                {
                    _reports[storage.Metadata.Name].Stop(StorageConditions.RseReady, overall);
                }
            }
        overall = _reports.Values.Select(r => r.Outcome).Aggregate(overall, Sooner);
        await Parallel.ForEachAsync(living, new ParallelOptions { MaxDegreeOfParallelism = WritesAtOnce, CancellationToken = ct }, async (storage, token) => await ReportAsync(storage, observed, token));
        foreach (var storage in deleting)
        {
            var outcome = await _deletion.FinalizeAsync(storage, all, connection, observed, ct);
            overall = Sooner(overall, outcome);
            if (outcome is not Outcome.Done)
            {
                _reports[storage.Metadata.Name].Stop(StorageConditions.RseReady, outcome);
                await ReportAsync(storage, observed, ct);
            }
        }
        return overall;
    }

    private static (List<StorageElement> Deleting, List<StorageElement> Living) Split(IReadOnlyList<StorageElement> storages)
    {
        var ordered = storages.OrderBy(s => s.Metadata.Name, StringComparer.Ordinal).ToLookup(s => s.Metadata.DeletionTimestamp is not null);
        return (ordered[true].ToList(), ordered[false].ToList());
    }

    /// <summary>The outcome for the whole key is the one that wants to be looked at again first; one that waits for an event wants nothing.</summary>
    private static Outcome Sooner(Outcome a, Outcome b) => (a, b) switch
    {
        (Outcome.Failed, _) => a,
        (_, Outcome.Failed) => b,
        (Outcome.Blocked { Retry: { } x }, Outcome.Blocked { Retry: { } y }) => x <= y ? a : b,
        (_, Outcome.Blocked { Retry: not null }) => b,
        _ => a,
    };

    /// <summary>Rules about the VO that hold for all of its storages; first one wins.</summary>
    private Outcome? VoProblem(out RucioInstance? instance)
    {
        instance = null;
        if (_vo is null)
        {
            return new Outcome.Blocked("VirtualOrganisationNotFound", $"spec.voRef: VirtualOrganisation {voKey} does not exist");
        }
        if (_vo.Metadata.DeletionTimestamp is not null)
        {
            // Under Offboard it is making its storages unavailable.
            return new Outcome.Blocked("VirtualOrganisationNotFound", $"spec.voRef: VirtualOrganisation {voKey} is being deleted");
        }
        if (parts.Tenancy.Refuses(_vo, out instance) is { } refused)
        {
            return refused;
        }
        return _vo.Status is { Tag: not null, Conditions: { } conditions } && conditions.Any(c => c is { Type: VoConditions.CredentialsSafe } and ({ Status: "True" } or { Reason: StatusPass.DriftReported or "PlanOnly" })) && _vo.Status.Tag == _vo.Spec.Tag
            ? null
            : new Outcome.Blocked("VirtualOrganisationNotReady", $"VirtualOrganisation {voKey} is not ready for storages yet: see its conditions");
    }

    private static Outcome? Validate(StorageElement storage) =>
        StatusPass.Invalid(StorageElementRules.Validate(storage));

    /// <summary>Why this storage must stay out of the plan; first rule that fits wins.</summary>
    private Outcome? Refuses(StorageElement storage, RucioInstance instance, IReadOnlyDictionary<string, string> collisions, IReadOnlyDictionary<string, string> holders, IReadOnlyDictionary<string, string> hosts, int place)
    {
        var key = ObjectKey.Of(storage).ToString();
        if (Validate(storage) is { } invalid)
        {
            return invalid;
        }
        if (holders[storage.Spec.Rse] != storage.Metadata.Name)
        {
            return new Outcome.Rejected("Conflict", $"spec.rse: {storage.Spec.Rse} is already described by StorageElement {holders[storage.Spec.Rse]}");
        }
        if (collisions.TryGetValue(key, out var taken))
        {
            return new Outcome.Blocked("PrefixTaken", $"spec.endpoints: {taken} overlaps with a storage of another VO, and Rucio's paths do not carry the VO: choose another prefix", TimeSpan.FromMinutes(1));
        }
        if (Indexes.HostsOf(storage).Select(h => hosts.GetValueOrDefault(h)).OfType<string>().FirstOrDefault() is { } closed)
        {
            return new Outcome.Blocked(HostGuard.HostNotAllowed, $"spec.endpoints: {closed}");
        }
        if (instance.Spec.Tenancy?.Limits?.Storages is { } limit && place >= limit)
        {
            return new Outcome.Blocked(Tenancy.LimitExceeded, $"RucioInstance {ObjectKey.Of(instance)} allows {limit} storages for a VO");
        }
        return storage.Spec.Fts is { } fts && instance.Spec.Transfers?.FtsServers?.Contains(fts) != true
            ? new Outcome.Blocked("FtsNotOffered", $"spec.fts: {fts} is not among spec.transfers.ftsServers of RucioInstance {ObjectKey.Of(instance)}")
            : null;
    }

    private async Task<ObservedVo> ConvergeAsync(RucioInstance instance, RucioConnection connection, VoLook look, ObservedVo observed, List<StorageElement> living, CancellationToken ct)
    {
        var collisions = PrefixCollisions.Find(Places());
        var holders = living.Where(s => !s.Suspended).GroupBy(s => s.Spec.Rse).ToDictionary(g => g.Key, g => g.OrderBy(s => s.Metadata.CreationTimestamp).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal).First().Metadata.Name);
        var hosts = await parts.Hosts.RefusedAsync(instance, living.SelectMany(Indexes.HostsOf), ct);
        var wanted = new Dictionary<string, (StorageElement Storage, DesiredRse Rse)>(StringComparer.Ordinal);
        foreach (var storage in living.Where(s => !s.Suspended).OrderBy(s => s.Metadata.CreationTimestamp).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal))
        {
            if (Refuses(storage, instance, collisions, holders, hosts, wanted.Count) is { } refused)
            {
                _reports[storage.Metadata.Name].Stop(StorageConditions.RseReady, refused);
                continue;
            }
            var rse = DesiredStorage.For(storage);
            if (observed.Rses.GetValueOrDefault(rse.Name) is { } have && have.Deterministic != rse.Deterministic)
            {
                _reports[storage.Metadata.Name].Stop(StorageConditions.RseReady, new Outcome.Rejected("DeterministicFixed", $"spec.deterministic: RSE {rse.Name} exists with {have.Deterministic}, and its replicas keep their paths"));
                continue;
            }
            wanted[rse.Name] = (storage, rse);
        }
        if (!StoragePlan.For(wanted.Values.Select(w => w.Rse), observed, Distance, wanted.Keys).IsEmpty)
        {
            // The snapshot may be minutes old: act only on what is true now.
            observed = await connection.RefreshVoAsync(look, ct);
        }
        var own = await OwnChangesAsync(wanted, observed, ct);
        var acting = wanted.Values.Where(w => _modes[w.Storage.Metadata.Name] == PassMode.Act).ToList();
        var linked = acting.Select(w => w.Rse.Name).ToList();
        var plan = StoragePlan.For(acting.Select(w => w.Rse), observed, Distance, linked);
        await _deletion.EnsureFinalizersAsync(acting.Select(w => w.Storage), ct);
        if (!plan.IsEmpty)
        {
            var execution = new StoragePlanExecution(connection.As(look.Root!, parts.Time), voKey.ToString(), parts.Logger);
            try
            {
                await execution.RunAsync(plan.Changes, ct);
            }
            finally
            {
                observed = await connection.RefreshVoAsync(look, ct);
            }
            foreach (var (rse, error) in execution.Errors)
            {
                _reports[wanted[rse].Storage.Metadata.Name].Stop(StorageConditions.RseReady, new Outcome.Rejected("RucioRefused", error));
            }
            plan = StoragePlan.For(acting.Select(w => w.Rse).Where(r => !execution.Errors.ContainsKey(r.Name)), observed, Distance, linked.Where(r => !execution.Errors.ContainsKey(r)));
        }
        Conclude(wanted, observed, plan, own);
        return observed;
    }

    /// <summary>What each storage would need by itself; with it its mode, and an event where nobody edited it: drift.</summary>
    private async Task<IReadOnlyDictionary<string, IReadOnlyList<StorageChange>>> OwnChangesAsync(Dictionary<string, (StorageElement Storage, DesiredRse Rse)> wanted, ObservedVo observed, CancellationToken ct)
    {
        var own = new Dictionary<string, IReadOnlyList<StorageChange>>(StringComparer.Ordinal);
        // A pair can only have drifted where both ends were ready before, at the distance that the VO asks for now.
        var settled = wanted.Where(w => StatusPass.IsDrift(w.Value.Storage) && w.Value.Storage.Status?.Effective?.Distance == Distance).Select(w => w.Key).ToList();
        var pairs = StoragePlan.For([], observed, Distance, settled).Changes.OfType<ImportDistances>().SelectMany(c => c.Pairs).ToLookup(p => p.Source);
        foreach (var (name, (storage, rse)) in wanted)
        {
            IReadOnlyList<StorageChange> changes = StoragePlan.For([rse], observed, null, []).Changes;
            if (pairs[name].ToList() is { Count: > 0 } lost)
            {
                changes = [.. changes, new ImportDistances(lost)];
            }
            own[name] = changes;
            var mode = StatusPass.Mode(storage, storage.Spec.ManagementPolicy, storage.Spec.DriftPolicy, changes.Count == 0);
            _modes[storage.Metadata.Name] = mode;
            if (mode == PassMode.Act && changes.Count > 0 && StatusPass.IsDrift(storage))
            {
                await StatusPass.DriftAsync(storage, changes, parts.Events, parts.Metrics, ct);
            }
        }
        return own;
    }

    private void Conclude(Dictionary<string, (StorageElement Storage, DesiredRse Rse)> wanted, ObservedVo observed, Plan<StorageChange> left, IReadOnlyDictionary<string, IReadOnlyList<StorageChange>> own)
    {
        foreach (var (name, (storage, _)) in wanted)
        {
            var report = _reports[storage.Metadata.Name];
            var mode = _modes[storage.Metadata.Name];
            if (report.Outcome is not Outcome.Done)
            {
                continue;
            }
            if (mode is PassMode.DryRun or PassMode.ObserveOnly && own[name].Count > 0)
            {
                report.Stop(StorageConditions.RseReady, new Outcome.Blocked("PlanOnly", $"not changed: {own[name][0].Describe()}"));
                continue;
            }
            if (mode == PassMode.Act && left.Changes.FirstOrDefault(c => c.Rse == name || c is ImportRses i && i.Rses.Any(r => r.Name == name)) is { } still)
            {
                report.Stop(StorageConditions.RseReady, new Outcome.Failed(new ReconcileFailedException($"Rucio took the change and yet differs: {still.Describe()}")));
                continue;
            }
            report.True(StorageConditions.RseReady, "AsDesired", $"RSE {name} has id {observed.Rses.GetValueOrDefault(name)?.Id}");
            var pairs = left.Changes.OfType<ImportDistances>().SelectMany(c => c.Pairs).Count(p => p.Source == name || p.Destination == name);
            if (pairs > 0)
            {
                report.Stop(StorageConditions.DistancesReady, new Outcome.Failed(new ReconcileFailedException($"{pairs} distances are not set")));
                continue;
            }
            report.True(StorageConditions.DistancesReady, "AsDesired", "Distances follow the policy of the VO");
            StatusPass.ReportDrifted(report, mode, own[name]);
        }
    }

    /// <summary>Left as it was while nothing is known.</summary>
    private void TellServed(StorageElement storage, Report report, ObservedVo? observed)
    {
        if (_vo is null || observed?.Rses.GetValueOrDefault(storage.Spec.Rse) is not { Deleted: false } rse)
        {
            return;
        }
        switch (parts.Served.Of(Indexes.InstanceOf(_vo), rse.Id))
        {
            case ServedState.Served:
                report.True(StorageConditions.Served, "Known", "The transfer daemons were started with this RSE");
                break;
            case ServedState.Waiting:
                report.False(StorageConditions.Served, "WaitingForRestart", "The transfer daemons were started before this RSE was made; they are restarted when storages have been quiet for a while");
                break;
            case ServedState.NotNeeded:
                report.Remove(StorageConditions.Served);
                break;
        }
    }

    private IEnumerable<StoragePlace> Places()
    {
        // Only those that share a host with this VO matter, and the same validity that keeps them out of Rucio is their own pass's business.
        foreach (var storage in all.SelectMany(Indexes.HostsOf).Distinct().SelectMany(host => parts.Storages.Store.ByIndex(Indexes.ByHost, host)).Distinct())
        {
            if (parts.Vos.Store.Get(Indexes.VoOf(storage)) is not { } vo || !HoldsItsTag(vo))
            {
                continue;
            }
            foreach (var endpoint in storage.Spec.Endpoints ?? [])
            {
                if (!Endpoint.TryParse(endpoint.Url, out var url, out _))
                {
                    continue;
                }
                yield return new StoragePlace(ObjectKey.Of(storage).ToString(), $"{Indexes.InstanceOf(vo)} {vo.Spec.Tag}", url.Host, url.Prefix, (storage.Metadata.CreationTimestamp ?? DateTime.MaxValue, ObjectKey.Of(storage).ToString()));
            }
        }
    }

    /// <summary>Who only says so, from a namespace that is not allowed for example, keeps nobody from a prefix.</summary>
    private bool HoldsItsTag(VirtualOrganisation vo) =>
        parts.Connections.FindCatalogue(Indexes.InstanceOf(vo))?.Snapshot is not { } snapshot || snapshot.Vo(vo.Spec.Tag).Claim == ObjectKey.Of(vo).ToString();

    private Task SuspendAsync(StorageElement storage, CancellationToken ct, string reason = "SuspendRequested", string message = "spec.suspend is true: nothing is looked at or changed") =>
        StatusPass.SuspendAsync(storage, parts.Status, parts.Events, parts.Time, (s, c) => s with { Status = (s.Status ?? new()) with { Conditions = c } }, ct, reason, message);

    private async Task ReportAsync(StorageElement storage, ObservedVo? observed, CancellationToken ct)
    {
        if (storage.Suspended)
        {
            await SuspendAsync(storage, ct);
            return;
        }
        var report = _reports[storage.Metadata.Name];
        TellServed(storage, report, observed);
        var status = new StorageElementStatus
        {
            ObservedGeneration = storage.Metadata.Generation,
            Conditions = report.Conditions(StorageConditions.All, $"RSE {storage.Spec.Rse} is ready"),
            LastHandledReconcileAt = StatusPass.Token(storage),
            Plan = _modes.GetValueOrDefault(storage.Metadata.Name) == PassMode.DryRun ? StatusPass.Describe(StoragePlan.For([DesiredStorage.For(storage)], observed!, null, []).Changes) : null,
            Rse = storage.Spec.Rse,
            RseId = observed?.Rses.GetValueOrDefault(storage.Spec.Rse)?.Id ?? storage.Status?.RseId,
            Vo = _vo?.Spec.Tag,
            Effective = report.IsTrue(StorageConditions.RseReady) && _modes[storage.Metadata.Name] == PassMode.Act ? DesiredStorage.Effective(DesiredStorage.For(storage), Distance) : storage.Status?.Effective,
        };
        // A finalizer patch of this pass made the listed object old; its status has not changed since.
        var current = parts.Storages.Store.Get(ObjectKey.Of(storage)) ?? storage;
        await StatusPass.WriteAsync(current, current with { Status = status }, parts.Status, parts.Events, ct);
    }
}
