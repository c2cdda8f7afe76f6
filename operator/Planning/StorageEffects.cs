using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>What the storages of a VO are in Rucio once a change was carried out: for forecasts, and for tests of plans.</summary>
public static class StorageEffects
{
    public static ObservedVo Apply(ObservedVo vo, StorageChange change)
    {
        var rses = new Dictionary<string, ObservedRse>(vo.Rses);
        switch (change)
        {
            case ImportRses import:
                foreach (var rse in import.Rses)
                {
                    rses[rse.Name] = Imported(rses.TryGetValue(rse.Name, out var have) ? have with { Deleted = false } : Made(rse), rse);
                }
                return vo with { Rses = rses };
            case RemoveProtocol c:
                rses[c.Name] = rses[c.Name] with { Protocols = [.. rses[c.Name].Protocols.Where(p => p.Key != (c.Scheme, c.Hostname, c.Port))] };
                return vo with { Rses = rses };
            case RemoveAttribute c:
                rses[c.Name] = rses[c.Name] with { Attributes = rses[c.Name].Attributes.Where(a => a.Key != c.Key).ToDictionary() };
                return vo with { Rses = rses };
            case ImportDistances import:
                var distances = new Dictionary<(string, string), int>(vo.Distances);
                foreach (var (source, destination, distance, _) in import.Pairs)
                {
                    if (distance is { } value)
                    {
                        distances[(source, destination)] = value;
                    }
                    else
                    {
                        distances.Remove((source, destination));
                    }
                }
                return vo with { Distances = distances };
            case RemoveDistance remove:
                return vo with { Distances = vo.Distances.Where(d => d.Key != (remove.Pair.Source, remove.Pair.Destination)).ToDictionary() };
            case RemoveMinFreeSpace c:
                rses[c.Name] = rses[c.Name] with { Limits = new Dictionary<string, long>() };
                return vo with { Rses = rses };
            default:
                throw new ArgumentOutOfRangeException(nameof(change), change, null);
        }
    }

    /// <summary>Rucio gives every RSE an attribute of its own name.</summary>
    public static ObservedRse Made(DesiredRse rse) => new(rse.Name, $"id-{rse.Name}") { Deterministic = rse.Deterministic, Attributes = new Dictionary<string, string> { [rse.Name] = "true" } };

    /// <summary>As an import in mode edit does: adds and overwrites, removes nothing.</summary>
    public static ObservedRse Imported(ObservedRse have, DesiredRse rse) => have with
    {
        Type = rse.Type,
        Volatile = rse.Volatile,
        StagingArea = rse.StagingArea,
        Read = rse.Read,
        Write = rse.Write,
        Delete = rse.Delete,
        Limits = rse.MinFreeSpace is { } free ? new Dictionary<string, long>(have.Limits) { [StoragePlan.MinFreeSpace] = free } : have.Limits,
        Attributes = have.Attributes.Concat(rse.Attributes).GroupBy(a => a.Key).ToDictionary(g => g.Key, g => g.Last().Value),
        Protocols = [.. have.Protocols.Where(p => rse.Protocols.All(w => w.Key != p.Key)), .. rse.Protocols],
    };
}
