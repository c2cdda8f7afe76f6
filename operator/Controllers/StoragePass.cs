using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Catalogue;
using RucioOperator.Controllers.StorageStages;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>One pass over the storages of one VO: guard each, plan all, act in bulk, run the stages, report on each.</summary>
internal sealed class StoragePass(StorageParts parts, ObjectKey voKey, IReadOnlyList<StorageElement> all)
{
    public const int WritesAtOnce = 8;

    private static readonly IReadOnlyList<StorageStage> Stages =
    [
        ServedStage.Stage,
        CredentialsStage.Stage,
        EndpointsStage.Stage,
        SpaceStage.Stage,
        AdviceStage.Stage,
    ];

    private readonly StorageWork _work = new(parts, voKey, all);
    private readonly StorageDeletion _deletion = new(parts, voKey);

    public async Task<Outcome> RunAsync(CancellationToken ct)
    {
        if (_work.Vo is { } vo && parts.Tenancy.InstanceOf(vo) is { } home && Tenancy.Pauses(home) is { } pause)
        {
            await EachAsync(_work.Active, (s, token) => SuspendAsync(s, token, Tenancy.InstanceHibernates, pause), ct);
            await EachAsync(_work.Living.Where(s => s.Suspended), (s, token) => SuspendAsync(s, token), ct);
            return await FinalizeAsync(new Outcome.Done(), ct);
        }
        Outcome overall = new Outcome.Done();
        try
        {
            if (!await ConvergeAsync(ct))
            {
                return new Outcome.Done();
            }
            overall = await RunStagesAsync(ct);
        }
        catch (Exception error) when (error is RucioUnavailableException or RucioRejectedException or DatabaseFault or Npgsql.NpgsqlException or SecretProblem or ImportModeException)
        {
            overall = new Outcome.Failed(error);
            _work.StopAll(overall);
        }
        foreach (var storage in _work.Active)
        {
            _work.Report(storage).End(_work.Report(storage).Outcome);
            overall = Sooner(overall, _work.Report(storage).Outcome);
        }
        using (RuntimeTracing.Part("report"))
        {
            await EachAsync(_work.Living, ReportAsync, ct);
        }
        return await FinalizeAsync(overall, ct);
    }

    /// <returns>False: only just started, the instance's own pass opens the way and wakes us.</returns>
    private async Task<bool> ConvergeAsync(CancellationToken ct)
    {
        if (StorageGuards.OfVo(_work, out var instance) is { } blocked)
        {
            foreach (var storage in _work.Active)
            {
                _work.Report(storage).Stop(StorageConditions.RseReady, StorageGuards.Invalid(storage) ?? blocked);
            }
            return true;
        }
        if (parts.Connections.Find(ObjectKey.Of(instance!)) is not { IsOpen: true } connection)
        {
            return false;
        }
        (_work.Instance, _work.Connection) = (instance!, connection);
        _work.Look = await _deletion.LookAsync(instance!, connection, _work.Vo!, ct);
        var seen = await ObserveAsync(async () => await connection.ObserveVoAsync(_work.Look, ct));
        if (StorageGuards.OfClaim(_work, seen) is { } anothers)
        {
            (_deletion.VoIsAnothers, _work.Connection) = (true, null);
            _work.StopAll(anothers);
            return true;
        }
        _work.Observed = seen;
        await ActAsync(connection, await GuardAsync(ct), ct);
        return true;
    }

    /// <summary>Each storage that may be planned, by its RSE.</summary>
    private async Task<IReadOnlyDictionary<string, (StorageElement Storage, DesiredRse Rse)>> GuardAsync(CancellationToken ct)
    {
        var collisions = PrefixCollisions.Find(StorageGuards.Places(_work));
        var closed = await parts.Hosts.RefusedAsync(_work.Instance, _work.Living.SelectMany(Indexes.HostsOf), ct);
        var sifted = StorageGuards.Sift(_work.All, new(_work.Instance, _work.Vo!, _work.Observed!, collisions, closed));
        foreach (var (storage, why) in sifted.Refused)
        {
            _work.Report(storage).Stop(StorageConditions.RseReady, why);
        }
        return sifted.Wanted;
    }

    private async Task ActAsync(RucioConnection connection, IReadOnlyDictionary<string, (StorageElement Storage, DesiredRse Rse)> wanted, CancellationToken ct)
    {
        var outlook = Plan();
        if (!outlook.IsEmpty)
        {
            // The snapshot may be minutes old: act only on what is true now.
            _work.Observed = await ObserveAsync(() => connection.RefreshVoAsync(_work.Look, ct));
            outlook = Plan();
        }
        (_work.Planned, _work.Distances) = (outlook.Planned, outlook.Distances);
        foreach (var drifted in outlook.Planned.Values.Where(p => p.Mode == PassMode.Act && p.Own.Count > 0 && StatusPass.IsDrift(p.Storage)))
        {
            await StatusPass.DriftAsync(drifted.Storage, drifted.Own, parts.Events, parts.Metrics, ct);
        }
        await _deletion.EnsureFinalizersAsync(outlook.Planned.Values.Where(p => p.Mode == PassMode.Act).Select(p => p.Storage), ct);
        var plan = outlook.Plan();
        if (!plan.IsEmpty)
        {
            var root = connection.As(_work.Look.Root!, parts.Time);
            await connection.RequireEditModeAsync(plan.Changes, root, ct);
            var execution = new StoragePlanExecution(root, voKey.ToString(), parts.Logger);
            try
            {
                using var span = RuntimeTracing.Part("act");
                await execution.RunAsync(plan.Changes, ct);
            }
            finally
            {
                _work.Observed = await ObserveAsync(() => connection.RefreshVoAsync(_work.Look, ct));
            }
            foreach (var (rse, error) in execution.Errors)
            {
                _work.Report(wanted[rse].Storage).Stop(StorageConditions.RseReady, new Outcome.Rejected("RucioRefused", error));
            }
            foreach (var (rse, error) in execution.RefusedDistances.Where(d => !execution.Errors.ContainsKey(d.Key)))
            {
                _work.RefusedDistances[rse] = error;
            }
            outlook = new StorageOutlook(_work, wanted.Where(w => !execution.Errors.ContainsKey(w.Key)).ToDictionary());
            plan = outlook.Plan();
        }
        new StorageConclusion(_work, outlook, plan).Draw();

        StorageOutlook Plan()
        {
            using var span = RuntimeTracing.Part("plan");
            return new StorageOutlook(_work, wanted);
        }
    }

    private static async Task<ObservedVo> ObserveAsync(Func<Task<ObservedVo>> look)
    {
        using var span = RuntimeTracing.Part("observe");
        return await look();
    }

    private async Task<Outcome> RunStagesAsync(CancellationToken ct)
    {
        Outcome overall = new Outcome.Done();
        foreach (var stage in Stages)
        {
            using var span = RuntimeTracing.Part("stage", stage.Condition);
            try
            {
                overall = Sooner(overall, new Outcome.Done(await stage.RunAsync(_work, ct)));
            }
            catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                var failed = new Outcome.Failed(error);
                overall = Sooner(overall, failed);
                foreach (var (storage, _) in _work.Present)
                {
                    var (reason, message) = Report.Words(failed);
                    _work.Report(storage).Unknown(stage.Condition, reason, message);
                }
            }
        }
        return overall;
    }

    private async Task<Outcome> FinalizeAsync(Outcome overall, CancellationToken ct)
    {
        foreach (var storage in _work.Deleting)
        {
            var outcome = await _deletion.FinalizeAsync(storage, all, _work.Connection, _work.Observed, ct);
            overall = Sooner(overall, outcome);
            if (outcome is not Outcome.Done)
            {
                _work.Report(storage).Stop(StorageConditions.RseReady, outcome);
                await ReportAsync(storage, ct);
            }
        }
        return overall;
    }

    /// <summary>The outcome for the whole key is the one that wants to be looked at again first; one that waits for an event wants nothing.</summary>
    private static Outcome Sooner(Outcome a, Outcome b) => (Wait(a), Wait(b)) switch
    {
        ({ } x, { } y) => x <= y ? a : b,
        (null, not null) => b,
        _ => a,
    };

    private static TimeSpan? Wait(Outcome outcome) => outcome switch
    {
        Outcome.Failed => TimeSpan.Zero,
        Outcome.Blocked { Retry: { } retry } => retry,
        Outcome.Done { RequeueAfter: { } after } => after,
        Outcome.Requeue { After: var after } => after,
        _ => null,
    };

    private static Task EachAsync(IEnumerable<StorageElement> storages, Func<StorageElement, CancellationToken, Task> work, CancellationToken ct) =>
        Parallel.ForEachAsync(storages, new ParallelOptions { MaxDegreeOfParallelism = WritesAtOnce, CancellationToken = ct }, async (storage, token) => await work(storage, token));

    private Task SuspendAsync(StorageElement storage, CancellationToken ct, string reason = "SuspendRequested", string message = "spec.suspend is true: nothing is looked at or changed") =>
        StatusPass.SuspendAsync(storage, parts.Status, parts.Events, parts.Time, (s, c) => s with { Status = (s.Status ?? new()) with { Conditions = c } }, ct, reason, message);

    private async Task ReportAsync(StorageElement storage, CancellationToken ct)
    {
        if (storage.Suspended)
        {
            await SuspendAsync(storage, ct);
            return;
        }
        var report = _work.Report(storage);
        var planned = _work.Planned.GetValueOrDefault(storage.Spec.Rse) is { } p && p.Storage.Metadata.Name == storage.Metadata.Name ? p : null;
        var status = _work.Status(storage) with
        {
            ObservedGeneration = storage.Metadata.Generation,
            Conditions = report.Conditions(StorageConditions.All, $"RSE {storage.Spec.Rse} is ready"),
            LastHandledReconcileAt = StatusPass.Token(storage),
            Plan = planned is { Mode: PassMode.DryRun } ? StatusPass.Describe(planned.Own) : null,
            Rse = storage.Spec.Rse,
            RseId = _work.Observed?.Rses.GetValueOrDefault(storage.Spec.Rse)?.Id ?? storage.Status?.RseId,
            Vo = _work.Vo?.Spec.Tag,
            Effective = planned is { Mode: PassMode.Act } && report.IsTrue(StorageConditions.RseReady) ? Effective(planned, report) : storage.Status?.Effective,
        };
        // A finalizer patch of this pass made the listed object old; its status has not changed since.
        var current = parts.Storages.Store.Get(ObjectKey.Of(storage)) ?? storage;
        await StatusPass.WriteAsync(current, current with { Status = status }, parts.Status, parts.Events, ct);
    }

    /// <summary>Distances that are not as wanted yet are still those of an earlier pass: what it made has to be found again.</summary>
    private EffectiveStorage Effective(PlannedStorage planned, Report report)
    {
        var (effective, before) = (DesiredStorage.Effective(planned.Storage, planned.Rse), planned.Storage.Status?.Effective);
        return before is null || report.IsTrue(StorageConditions.DistancesReady)
            ? DesiredDistances.Write(effective, _work.Distances!, planned.Rse.Name)
            : effective with { Distance = before.Distance, Hub = before.Hub, Distances = before.Distances };
    }
}
