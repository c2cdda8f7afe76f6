using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Planning;

namespace RucioOperator.Controllers;

/// <summary>What there is to do for the storages that no guard keeps out, as the VO was seen last, and what may be done of it.</summary>
internal sealed class StorageOutlook
{
    private readonly StorageWork _work;
    private readonly IReadOnlyList<DistanceDifference> _pairs;
    private readonly DistanceDifferences _differences;

    public StorageOutlook(StorageWork work, IReadOnlyDictionary<string, (StorageElement Storage, DesiredRse Rse)> wanted)
    {
        _work = work;
        var modes = wanted.ToDictionary(w => w.Key, w => Mode(w.Value.Storage, nothingToDo: true), StringComparer.Ordinal);
        // One that is only watched is nobody's neighbour; a dry run shows what it would be.
        var linked = wanted.Where(w => modes[w.Key] != PassMode.ObserveOnly).ToDictionary(w => w.Key, w => new LinkedStorage(DesiredDistances.Read(w.Value.Storage.Status?.Effective), StatusPass.IsDrift(w.Value.Storage)), StringComparer.Ordinal);
        Distances = DesiredDistances.For(work.Vo!.Spec.Distances, wanted.Where(w => linked.ContainsKey(w.Key)).Select(w => w.Value.Storage));
        _differences = new DistanceDifferences(Distances, linked, work.All.Select(s => s.Spec.Rse).ToHashSet(StringComparer.Ordinal), work.Observed!);
        _pairs = _differences.Find();
        var pairs = _pairs.SelectMany(d => Concerned(d, modes), (d, rse) => (Rse: rse, d.Pair)).ToLookup(p => p.Rse, p => p.Pair);
        var planned = new Dictionary<string, PlannedStorage>(StringComparer.Ordinal);
        foreach (var (name, (storage, rse)) in wanted)
        {
            var own = StoragePlan.For([rse], work.Observed!, [.. pairs[name]]).Changes;
            planned[name] = new(storage, rse, Mode(storage, own.Count == 0), own);
        }
        Planned = planned;
    }

    public WantedDistances Distances { get; }

    /// <summary>By RSE.</summary>
    public IReadOnlyDictionary<string, PlannedStorage> Planned { get; }

    /// <summary>Nothing differs anywhere.</summary>
    public bool IsEmpty => _pairs.Count == 0 && Planned.Values.All(p => p.Own.Count == 0);

    /// <summary>RSEs that this one is to have a distance to, and that are not there.</summary>
    public IReadOnlyList<string> Missing(string rse) => _differences.Missing(rse);

    public Plan<StorageChange> Plan() =>
        StoragePlan.For(Planned.Values.Where(p => p.Mode == PassMode.Act).Select(p => p.Rse), _work.Observed!, [.. _pairs.Where(May).Select(p => p.Pair)]);

    /// <summary>Whose own change it is: a rehearsal shows all that it would bring; else only what somebody has changed is one.</summary>
    private static string[] Concerned(DistanceDifference difference, Dictionary<string, PassMode> modes)
    {
        var pair = difference.Pair;
        string[] rehearsing = [.. new[] { pair.Source, pair.Destination }.Where(rse => modes.GetValueOrDefault(rse) == PassMode.DryRun)];
        return rehearsing.Length > 0 ? rehearsing : difference.Drifted ? [pair.For] : [];
    }

    private bool May(DistanceDifference difference) =>
        May(difference.Pair.Source, difference.Drifted) && May(difference.Pair.Destination, difference.Drifted);

    /// <summary>Of a storage whose drift is only told, others may still become neighbours. One that no StorageElement describes is as its partner says.</summary>
    private bool May(string rse, bool drifted) =>
        !Planned.TryGetValue(rse, out var planned) || planned.Mode == PassMode.Act || planned.Mode == PassMode.ReportDrift && !drifted;

    private static PassMode Mode(StorageElement storage, bool nothingToDo) => StatusPass.Mode(storage, storage.Spec.ManagementPolicy, storage.Spec.DriftPolicy, nothingToDo);
}
