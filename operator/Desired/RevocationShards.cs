namespace RucioOperator.Desired;

/// <summary>
/// Fetched revocation lists in ConfigMaps: all of IGTF's are some MB and a ConfigMap holds one, so each list is in the one
/// that its file's first letter says, and stays there.
/// </summary>
/// <param name="Files">Letter → file → PEM, those that have any.</param>
/// <param name="LeftOut">Names of files that no ConfigMap can hold.</param>
public sealed record RevocationShards(IReadOnlyDictionary<char, IReadOnlyDictionary<string, string>> Files, IReadOnlyList<string> LeftOut)
{
    /// <summary>First letters of OpenSSL's hashes.</summary>
    public const string Letters = "0123456789abcdef";

    public const int LargestMap = 1_000_000;

    public static readonly RevocationShards None = new(new Dictionary<char, IReadOnlyDictionary<string, string>>(), []);

    public static RevocationShards Of(IReadOnlyDictionary<string, string> files)
    {
        SortedDictionary<char, IReadOnlyDictionary<string, string>> shards = [];
        List<string> leftOut = [];
        foreach (var shard in files.GroupBy(f => f.Key[0]))
        {
            // The smaller ones first, so that one large list costs the others nothing.
            SortedDictionary<string, string> fit = new(StringComparer.Ordinal);
            var size = 0;
            foreach (var (name, pem) in shard.OrderBy(f => f.Value.Length).ThenBy(f => f.Key, StringComparer.Ordinal))
            {
                if ((size += pem.Length) <= LargestMap)
                {
                    fit[name] = pem;
                }
                else
                {
                    leftOut.Add(name);
                }
            }
            if (fit.Count > 0)
            {
                shards[shard.Key] = fit;
            }
        }
        return new(shards, [.. leftOut.Order(StringComparer.Ordinal)]);
    }
}
