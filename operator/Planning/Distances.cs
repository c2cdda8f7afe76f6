using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>One direction between two RSEs.</summary>
/// <param name="Distance">Null: there is to be no way.</param>
/// <param name="For">The storage that hears of it if Rucio refuses.</param>
public readonly record struct DistancePair(string Source, string Destination, int? Distance, string For);

/// <param name="Distance">Null: no way, whoever made one.</param>
/// <param name="For">The RSE whose StorageElement says so; null: the VO does.</param>
public readonly record struct SingleDistance(int? Distance, string? For);

/// <summary>How far the storages of a VO are to be from one another.</summary>
/// <param name="Policy">Of each pair that the policy makes; null: it makes none.</param>
/// <param name="Hub">One end of each of these pairs; null: any two storages are one.</param>
/// <param name="Single">What is said of a pair by itself, which wins over the policy.</param>
public sealed record WantedDistances(int? Policy, string? Hub, IReadOnlyDictionary<(string Source, string Destination), SingleDistance> Single)
{
    public static WantedDistances Mesh(int? distance) => new(distance, null, new Dictionary<(string, string), SingleDistance>());

    /// <param name="outsider">The end that no StorageElement describes: the policy is about it only if it is the hub. Null: neither.</param>
    /// <returns>False: nothing is said of this pair.</returns>
    public bool Says(string source, string destination, string? outsider, out int? distance)
    {
        if (Single.Count > 0 && Single.TryGetValue((source, destination), out var single))
        {
            distance = single.Distance;
            return true;
        }
        distance = Policy;
        return Policy is not null && (outsider is not null ? Hub == outsider : Hub is null || Hub == source || Hub == destination);
    }
}

/// <summary>What an earlier pass made of the distances of one storage, as its status tells.</summary>
/// <param name="Single">Other RSE → to it, and from it.</param>
public sealed record FormerDistances(int? Policy, string? Hub, IReadOnlyDictionary<string, (int? To, int? From)> Single);

/// <summary>A storage that distances may be made to and from.</summary>
/// <param name="Former">Null: never was.</param>
/// <param name="Settled">It was as desired and nobody has edited it since.</param>
public sealed record LinkedStorage(FormerDistances? Former, bool Settled);

/// <param name="Drifted">It was so before, and somebody else changed it.</param>
public readonly record struct DistanceDifference(DistancePair Pair, bool Drifted);

/// <summary>
/// What differs, and what this operator made that nobody asks for any more. A way between two storages that nobody here ever
/// asked for is others' business.
/// </summary>
/// <param name="linked">By RSE.</param>
/// <param name="described">All RSEs that a StorageElement of the VO describes: those not linked are in the care of their own.</param>
public sealed class DistanceDifferences(WantedDistances wanted, IReadOnlyDictionary<string, LinkedStorage> linked, IReadOnlySet<string> described, ObservedVo observed)
{
    private readonly List<DistanceDifference> _found = [];

    public IReadOnlyList<DistanceDifference> Find()
    {
        string[] names = [.. linked.Keys.Order(StringComparer.Ordinal)];
        foreach (var source in names)
        {
            foreach (var destination in names)
            {
                if (!ReferenceEquals(source, destination))
                {
                    Compare(source, destination, outsider: null);
                }
            }
            foreach (var other in Others(source).Where(Exists).Order(StringComparer.Ordinal))
            {
                Compare(source, other, other);
                Compare(other, source, other);
            }
        }
        return _found;
    }

    /// <summary>RSEs that a linked storage is to have a distance to, and that nobody has made yet.</summary>
    public IReadOnlyList<string> Missing(string storage) => [.. Wanted(storage).Where(o => !Exists(o)).Order(StringComparer.Ordinal)];

    private void Compare(string source, string destination, string? outsider)
    {
        var have = observed.Distances.TryGetValue((source, destination), out var is_) ? is_ : (int?)null;
        var said = wanted.Says(source, destination, outsider, out var want);
        if (said ? have == want : have is null)
        {
            return;
        }
        var former = Former(source, destination);
        if (said || have == former)
        {
            _found.Add(new(new(source, destination, said ? want : null, Blame(source, destination)), Drifted: want is not null && said && former == want && Settled(source) && Settled(destination)));
        }
    }

    /// <summary>Null: this operator made none.</summary>
    private int? Former(string source, string destination)
    {
        var (a, b) = (linked.GetValueOrDefault(source)?.Former, linked.GetValueOrDefault(destination)?.Former);
        if (a?.Single.TryGetValue(destination, out var to) == true && to.To is { } own)
        {
            return own;
        }
        if (b?.Single.TryGetValue(source, out var from) == true && from.From is { } its)
        {
            return its;
        }
        return a?.Hub is { } hub && hub == destination ? a.Policy
            : b?.Hub is { } centre && centre == source ? b.Policy
            : a is { Hub: null, Policy: { } mesh } && b is { Hub: null } && b.Policy == mesh ? mesh
            : null;
    }

    private string Blame(string source, string destination) =>
        wanted.Single.TryGetValue((source, destination), out var single) && single.For is { } named ? named : linked.ContainsKey(source) ? source : destination;

    private bool Settled(string name) => !linked.TryGetValue(name, out var storage) || storage.Settled;

    private bool Exists(string name) => observed.Rses.TryGetValue(name, out var rse) && !rse.Deleted;

    /// <summary>RSEs that no StorageElement describes, and that this storage has, or had, to do with.</summary>
    private IEnumerable<string> Others(string storage)
    {
        var former = linked[storage].Former;
        return Wanted(storage).Concat(former?.Single.Keys ?? []).Concat(former?.Hub is { } hub ? [hub] : []).Where(o => o != storage && !described.Contains(o)).Distinct();
    }

    private IEnumerable<string> Wanted(string storage) =>
        Partners[storage].Concat(wanted.Hub is { } hub ? [hub] : []).Where(o => o != storage && !described.Contains(o)).Distinct();

    private ILookup<string, string> Partners => field ??= wanted.Single.Keys.SelectMany(p => ((string, string)[])[(p.Source, p.Destination), (p.Destination, p.Source)]).ToLookup(p => p.Item1, p => p.Item2);
}
