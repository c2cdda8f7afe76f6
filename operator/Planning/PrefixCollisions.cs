namespace RucioOperator.Planning;

/// <summary>One place on a storage system that a StorageElement names.</summary>
/// <param name="Vo">instance and tag: the same VO may overlap with itself.</param>
/// <param name="Order">Smaller first; decides who keeps the place.</param>
public sealed record StoragePlace(string Storage, string Vo, string Hostname, string Prefix, (PlaceRank Rank, DateTime Created, string Key) Order)
{
    /// <summary>One name for one machine, as far as it can be told without asking: addresses have many spellings.</summary>
    public static string HostOf(string host) => ClosedHosts.Literal(host) is not { } address ? host.ToLowerInvariant() : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();

    /// <summary>xrootd leads absolute paths with two slashes, WebDAV the same folder with one.</summary>
    public static string FolderOf(string prefix) => $"/{string.Join('/', prefix.Split('/', StringSplitOptions.RemoveEmptyEntries))}/".Replace("//", "/", StringComparison.Ordinal);
}

/// <summary>Who was first, where both can't be.</summary>
public enum PlaceRank
{
    /// <summary>A StorageElement whose RSE has the place in Rucio.</summary>
    Standing,

    /// <summary>An RSE that no StorageElement describes any more, or ever did: its files are there.</summary>
    Left,

    /// <summary>A StorageElement that asks for it.</summary>
    Asked,
}

/// <summary>PFNs carry no VO: two VOs with one host and overlapping prefixes would write and delete each other's files.</summary>
public static class PrefixCollisions
{
    /// <summary>In place of a StorageElement's key, where there is none.</summary>
    public const string Nobody = "";

    /// <summary>Storages that must not be made, with the place they may not use. The oldest claim on a place stands.</summary>
    public static IReadOnlyDictionary<string, string> Find(IEnumerable<StoragePlace> places)
    {
        var refused = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var host in places.GroupBy(p => StoragePlace.HostOf(p.Hostname), StringComparer.Ordinal))
        {
            var kept = new List<(string Vo, string Folder)>();
            foreach (var place in host.OrderBy(p => p.Order))
            {
                var folder = StoragePlace.FolderOf(place.Prefix);
                // The host's other name or port may lead to the same files, so the port does not count.
                if (kept.Exists(k => k.Vo != place.Vo && Overlap(k.Folder, folder)))
                {
                    refused.TryAdd(place.Storage, $"{place.Hostname} {place.Prefix}");
                }
                else
                {
                    kept.Add((place.Vo, folder));
                }
            }
        }
        return refused;
    }

    private static bool Overlap(string a, string b) => a.StartsWith(b, StringComparison.Ordinal) || b.StartsWith(a, StringComparison.Ordinal);
}
