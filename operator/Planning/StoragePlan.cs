using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Pure: what to do for all storages of one VO together.</summary>
public static class StoragePlan
{
    public const string MinFreeSpace = "MinFreeSpace";

    /// <summary>RSEs in one import: about 0.6 s at the server.</summary>
    public const int RsesPerImport = 25;

    /// <summary>Pairs in one import: about 1 s at the server.</summary>
    public const int PairsPerImport = 500;

    /// <summary>Ways taken off one by one, without a trace; more of them go by import.</summary>
    public const int PairsRemovedSingly = 50;

    /// <param name="wanted">All storages that may be worked on; order does not matter.</param>
    /// <param name="pairs">Distances that differ and may be changed.</param>
    public static Plan<StorageChange> For(IEnumerable<DesiredRse> wanted, ObservedVo observed, IReadOnlyList<DistancePair> pairs)
    {
        var differing = new List<DesiredRse>();
        var fields = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var removals = new List<StorageChange>();
        foreach (var rse in wanted.OrderBy(r => r.Name, StringComparer.Ordinal))
        {
            var have = observed.Rses.GetValueOrDefault(rse.Name);
            var differences = Differences(rse, have);
            if (differences is null || differences.Count > 0)
            {
                differing.Add(rse);
                fields[rse.Name] = differences ?? (have is null ? [] : [ImportRses.Deleted]);
            }
            if (have is not null)
            {
                removals.AddRange(Removals(rse, have));
            }
        }
        return new(
        [
            .. differing.Chunk(RsesPerImport).Select(chunk => new ImportRses(chunk, chunk.ToDictionary(r => r.Name, r => fields[r.Name]))),
            // After the additions: where an RSE has two protocols, one always works.
            .. removals,
            .. Distances(pairs),
        ], []);
    }

    private static IEnumerable<StorageChange> Distances(IReadOnlyList<DistancePair> pairs)
    {
        var singly = pairs.Count(p => p.Distance is null) <= PairsRemovedSingly;
        IEnumerable<StorageChange> imports = pairs.Where(p => !singly || p.Distance is not null).Chunk(PairsPerImport).Select(chunk => new ImportDistances(chunk));
        return singly ? imports.Concat(pairs.Where(p => p.Distance is null).Select(p => new RemoveDistance(p))) : imports;
    }

    /// <summary>Null: there is no such RSE, or only a deleted one. Empty: as wanted.</summary>
    public static IReadOnlyList<string>? Differences(DesiredRse wanted, ObservedRse? have)
    {
        if (have is null || have.Deleted)
        {
            return null;
        }
        var fields = new List<string>();
        void Compare<T>(string field, T want, T is_)
        {
            if (!EqualityComparer<T>.Default.Equals(want, is_))
            {
                fields.Add(field);
            }
        }
        Compare("type", wanted.Type, have.Type);
        Compare("volatile", wanted.Volatile, have.Volatile);
        Compare("stagingArea", wanted.StagingArea, have.StagingArea);
        Compare("availability.read", wanted.Read, have.Read);
        Compare("availability.write", wanted.Write, have.Write);
        Compare("availability.delete", wanted.Delete, have.Delete);
        if (wanted.MinFreeSpace is { } free && (!have.Limits.TryGetValue(MinFreeSpace, out var limit) || limit != free))
        {
            fields.Add("minFreeSpace");
        }
        foreach (var (key, value) in wanted.Attributes)
        {
            // Rucio writes booleans as Python does; the case carries no meaning.
            if (!have.Attributes.TryGetValue(key, out var is_) || !string.Equals(value, is_, IsBoolean(value) ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal))
            {
                fields.Add($"attributes.{key}");
            }
        }
        var protocols = have.Protocols.ToDictionary(p => p.Key);
        foreach (var protocol in wanted.Protocols)
        {
            if (!protocols.TryGetValue(protocol.Key, out var is_) || is_ != protocol)
            {
                fields.Add($"endpoints {protocol.Scheme}://{protocol.Hostname}:{protocol.Port}");
            }
        }
        return fields;
    }

    private static bool IsBoolean(string value) => bool.TryParse(value, out _);

    private static IEnumerable<StorageChange> Removals(DesiredRse wanted, ObservedRse have)
    {
        var keys = wanted.Protocols.Select(p => p.Key).ToHashSet();
        foreach (var protocol in have.Protocols.Where(p => !keys.Contains(p.Key)).OrderBy(p => p.Key))
        {
            yield return new RemoveProtocol(wanted.Name, protocol.Scheme, protocol.Hostname, protocol.Port);
        }
        if (wanted is { MinFreeSpace: null, FormerMinFreeSpace: not null } && have.Limits.ContainsKey(MinFreeSpace))
        {
            yield return new RemoveMinFreeSpace(wanted.Name);
        }
        foreach (var key in have.Attributes.Keys.Where(k => !wanted.Attributes.ContainsKey(k) && k != wanted.Name).Order(StringComparer.Ordinal))
        {
            if (wanted.ExactAttributes || wanted.FormerAttributes.Contains(key) || Draining.Leaves(have, key))
            {
                yield return new RemoveAttribute(wanted.Name, key);
            }
        }
    }
}
