using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Contract;

/// <summary>A storage that uses everything an import carries.</summary>
internal static class ContractRse
{
    public static readonly ProtocolPriorities First = new() { LanRead = 1, LanWrite = 1, LanDelete = 1, WanRead = 1, WanWrite = 1, WanDelete = 1, ThirdPartyCopyRead = 1, ThirdPartyCopyWrite = 1 };
    public static readonly ProtocolPriorities ReadOnly = new() { LanRead = 2, WanRead = 2 };

    public static DesiredRse Of(string name) => new(name)
    {
        Protocols = [Davs("d.example.org", 443), new ObservedProtocol("root", "x.example.org", 1094, "//eos/x/", "rucio.rse.protocols.gfal.Default", ReadOnly)],
        Attributes = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["fts"] = "https://fts.example.org:8446",
            ["greedyDeletion"] = "true",
            ["lfn2pfn_algorithm"] = "hash",
            ["number"] = "007",
            ["site"] = "CERN-PROD",
            ["verify_checksum"] = "False",
        },
        MinFreeSpace = 5_000_000_000_000,
    };

    public static ObservedProtocol Davs(string host, int port, string prefix = "/eos/x/") => new("davs", host, port, prefix, "rucio.rse.protocols.gfal.Default", First);
}
