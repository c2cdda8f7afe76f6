namespace RucioOperator.Planning;

/// <summary>One place on a storage system that a StorageElement names.</summary>
/// <param name="Vo">instance and tag: the same VO may overlap with itself.</param>
/// <param name="Order">Older first; decides who keeps the place.</param>
public sealed record StoragePlace(string Storage, string Vo, string Hostname, string Prefix, (DateTime Created, string Key) Order);

/// <summary>PFNs carry no VO: two VOs with one host and overlapping prefixes would write and delete each other's files.</summary>
public static class PrefixCollisions
{
    /// <summary>Storages that must not be made, with the place they may not use. The oldest claim on a place stands.</summary>
    public static IReadOnlyDictionary<string, string> Find(IEnumerable<StoragePlace> places)
    {
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var host in places.GroupBy(p => p.Hostname, StringComparer.OrdinalIgnoreCase))
        {
            var kept = new List<StoragePlace>();
            foreach (var place in host.OrderBy(p => p.Order))
            {
                // The host's other name or port may lead to the same files, so the port does not count.
                if (kept.Exists(k => k.Vo != place.Vo && Overlap(k.Prefix, place.Prefix)))
                {
                    refused.TryAdd(place.Storage, $"{place.Hostname} {place.Prefix}");
                }
                else
                {
                    kept.Add(place);
                }
            }
        }
        return refused;
    }

    private static bool Overlap(string a, string b) => a.StartsWith(b, StringComparison.Ordinal) || b.StartsWith(a, StringComparison.Ordinal);
}
