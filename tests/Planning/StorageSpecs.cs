using CsCheck;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

/// <summary>Random storages from few names and values, so that they meet often; and what a catalogue becomes when a plan is carried out.</summary>
internal static class StorageSpecs
{
    private static readonly Gen<int?> Priority = Gen.Select(Gen.Bool, Gen.Int[0, 3], (offered, value) => offered ? value : (int?)null);

    private static readonly Gen<ProtocolPriorities> Priorities = Gen.Select(Priority, Priority, Priority, (read, write, copy) =>
        new ProtocolPriorities { LanRead = read, LanWrite = write, WanRead = read, WanDelete = write, ThirdPartyCopyRead = copy });

    private static readonly Gen<ObservedProtocol> Protocol = Gen.Select(Gen.OneOf("davs", "root"), Gen.OneOf("a.example.org", "b.example.org"), Gen.OneOf("/x/", "/y/"), Priorities,
        (scheme, host, prefix, priorities) => new ObservedProtocol(scheme, host, 443, prefix, "rucio.rse.protocols.gfal.Default", priorities));

    private static readonly Gen<IReadOnlyList<ObservedProtocol>> Protocols = Protocol.List[0, 3].Select(list => (IReadOnlyList<ObservedProtocol>)[.. list.DistinctBy(p => p.Key)]);

    private static readonly Gen<IReadOnlyDictionary<string, string>> Attributes = Gen.Select(Gen.OneOf("fts", "tier", "greedyDeletion"), Gen.OneOf("1", "true", "True", "https://fts.example.org"))
        .List[0, 4].Select(list => (IReadOnlyDictionary<string, string>)list.DistinctBy(a => a.Item1).ToDictionary(a => a.Item1, a => a.Item2));

    private static readonly Gen<long?> Free = Gen.OneOf<long?>(null, 5, 10);

    public static readonly Gen<DesiredRse> Rse = Gen.Select(
        Gen.Select(Gen.OneOf("A", "B", "C", "D"), Gen.OneOf("DISK", "TAPE"), Free),
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool),
        Gen.Select(Protocols, Attributes, Attributes),
        (head, flags, parts) => new DesiredRse(head.Item1)
        {
            Type = head.Item2,
            MinFreeSpace = head.Item3,
            Volatile = flags.Item1,
            Read = flags.Item2,
            Write = flags.Item3,
            ExactAttributes = flags.Item4,
            Protocols = parts.Item1,
            Attributes = parts.Item2,
            FormerAttributes = [.. parts.Item3.Keys],
            FormerMinFreeSpace = flags.Item1 ? 5 : null,
        });

    public static readonly Gen<IReadOnlyList<DesiredRse>> Rses = Rse.List[0, 4].Select(list => (IReadOnlyList<DesiredRse>)[.. list.DistinctBy(r => r.Name)]);

    /// <summary>A catalogue as any history may have left it.</summary>
    public static readonly Gen<ObservedVo> Catalogue = Gen.Select(Rses, Gen.Bool, Gen.Int[1, 2], (rses, deleted, distance) => Described(rses, rses.Count > 2 ? distance : null, rses.Select(r => r.Name)) is var vo && deleted && rses.Count > 0
        ? vo with { Rses = vo.Rses.ToDictionary(r => r.Key, r => r.Key == rses[0].Name ? r.Value with { Deleted = true } : r.Value) }
        : vo);

    /// <summary>What the catalogue shows when everything is as desired.</summary>
    public static ObservedVo Described(IReadOnlyList<DesiredRse> rses, int? distance, IEnumerable<string> linked) => new("sky")
    {
        Exists = true,
        Rses = rses.ToDictionary(r => r.Name, r => StorageEffects.Imported(StorageEffects.Made(r), r)),
        Distances = distance is not { } d ? new Dictionary<(string, string), int>() : (from a in linked from b in linked where a != b select (a, b)).ToDictionary(p => p, _ => d),
    };

    public static ObservedVo Apply(ObservedVo vo, StorageChange change) => StorageEffects.Apply(vo, change);

    /// <summary>Distances of a mesh that differ, between storages that may all be worked on.</summary>
    public static IReadOnlyList<DistancePair> Mesh(ObservedVo observed, int? distance, IEnumerable<string> linked)
    {
        var names = linked.ToDictionary(n => n, _ => new LinkedStorage(null, false));
        return [.. new DistanceDifferences(WantedDistances.Mesh(distance), names, names.Keys.ToHashSet(), observed).Find().Select(d => d.Pair)];
    }

    public static Plan<StorageChange> Plan(IEnumerable<DesiredRse> wanted, ObservedVo observed, int? distance, IEnumerable<string> linked) =>
        StoragePlan.For(wanted, observed, Mesh(observed, distance, linked));
}
