using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>A storage that no guard keeps out of the plan.</summary>
/// <param name="Rse">As its spec comes to.</param>
/// <param name="Mode">What may be done to it.</param>
/// <param name="Own">What it alone needed when the pass came to it; empty: nothing.</param>
internal sealed record PlannedStorage(StorageElement Storage, DesiredRse Rse, PassMode Mode, IReadOnlyList<StorageChange> Own);

/// <summary>What one pass over the storages of a VO knows, and what it has found so far.</summary>
internal sealed class StorageWork
{
    private readonly Dictionary<string, Report> _reports;
    private readonly Dictionary<string, StorageElementStatus> _statuses;

    public StorageWork(StorageParts parts, ObjectKey voKey, IReadOnlyList<StorageElement> all)
    {
        (Parts, VoKey, All) = (parts, voKey, all);
        Vo = parts.Vos.Store.Get(voKey);
        var ordered = all.OrderBy(s => s.Metadata.Name, StringComparer.Ordinal).ToLookup(s => s.Metadata.DeletionTimestamp is not null);
        (Deleting, Living) = ([.. ordered[true]], [.. ordered[false]]);
        Active = [.. Living.Where(StorageGuards.IsActive)];
        _reports = all.ToDictionary(s => s.Metadata.Name, s => new Report(s, parts.Time));
        _statuses = all.ToDictionary(s => s.Metadata.Name, s => s.Status ?? new());
    }

    public StorageParts Parts { get; }
    public ObjectKey VoKey { get; }

    /// <summary>Null: there is none, and its storages have to be told.</summary>
    public VirtualOrganisation? Vo { get; }
    public IReadOnlyList<StorageElement> All { get; }
    public IReadOnlyList<StorageElement> Deleting { get; }
    public IReadOnlyList<StorageElement> Living { get; }

    /// <summary>Living and not suspended: those that this pass says something of.</summary>
    public IReadOnlyList<StorageElement> Active { get; }

    /// <summary>From the guard on.</summary>
    public RucioInstance Instance { get => field ?? throw new InvalidOperationException("no instance yet"); set; }

    /// <summary>From the guard on; null: nothing may be said to Rucio.</summary>
    public RucioConnection? Connection { get; set; }

    /// <summary>From the guard on.</summary>
    public VoLook Look { get => field ?? throw new InvalidOperationException("nothing was looked at"); set; }

    /// <summary>As this pass left it; null: it never saw the VO.</summary>
    public ObservedVo? Observed { get; set; }

    /// <summary>RSE name → the storage that describes it.</summary>
    public IReadOnlyDictionary<string, PlannedStorage> Planned { get; set; } = new Dictionary<string, PlannedStorage>();

    /// <summary>From the plan on.</summary>
    public WantedDistances? Distances { get; set; }

    /// <summary>RSE → what Rucio said of a distance that it asked for.</summary>
    public Dictionary<string, string> RefusedDistances { get; } = new(StringComparer.Ordinal);

    /// <summary>Those whose RSE is in Rucio, whatever else is the matter with them.</summary>
    public IEnumerable<(StorageElement Storage, ObservedRse Rse)> Present =>
        from storage in Active
        let rse = Observed?.Rses.GetValueOrDefault(storage.Spec.Rse)
        where rse is { Deleted: false }
        select (storage, rse);

    /// <summary>As desired after this pass, and this operator may write to them.</summary>
    public IEnumerable<(PlannedStorage Storage, ObservedRse Rse)> Converged =>
        from planned in Planned.Values.OrderBy(p => p.Rse.Name, StringComparer.Ordinal)
        let rse = Observed?.Rses.GetValueOrDefault(planned.Rse.Name)
        where rse is { Deleted: false } && planned.Mode == PassMode.Act && Report(planned.Storage).IsTrue(StorageConditions.RseReady)
        select (planned, rse);

    public Report Report(StorageElement storage) => _reports[storage.Metadata.Name];

    /// <summary>The same trouble for all that have none of their own yet.</summary>
    public void StopAll(Outcome outcome)
    {
        foreach (var storage in Active.Where(s => Report(s).Outcome is Outcome.Done))
        {
            Report(storage).Stop(StorageConditions.RseReady, outcome);
        }
    }

    /// <summary>The next status: a stage changes the fields it is about, all others stay as they were.</summary>
    public StorageElementStatus Status(StorageElement storage) => _statuses[storage.Metadata.Name];

    public void Status(StorageElement storage, Func<StorageElementStatus, StorageElementStatus> change) =>
        _statuses[storage.Metadata.Name] = change(_statuses[storage.Metadata.Name]);
}
