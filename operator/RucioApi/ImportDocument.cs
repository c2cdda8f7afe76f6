using System.Text.Json.Nodes;
using RucioOperator.Planning;

namespace RucioOperator.RucioApi;

/// <summary>
/// The body of <c>POST /import</c> (lib/rucio/core/importer.py). Never an <c>accounts</c> key: its presence alone removes
/// accounts. Every flag is written, since the importer passes absent ones on as null.
/// </summary>
public static class ImportDocument
{
    /// <summary>Top-level keys of an RSE that the importer writes over attributes of the same name.</summary>
    private static readonly string[] TopLevel = ["lfn2pfn_algorithm", "verify_checksum"];

    public static JsonObject Of(IEnumerable<DesiredRse> rses) => new() { ["rses"] = new JsonObject(rses.Select(r => KeyValuePair.Create(r.Name, (JsonNode?)Rse(r)))) };

    public static JsonObject Of(IEnumerable<DistancePair> pairs)
    {
        var distances = new JsonObject();
        foreach (var (source, destination, distance, _) in pairs)
        {
            if (distances[source] is not JsonObject from)
            {
                distances[source] = from = [];
            }
            from[destination] = new JsonObject { ["distance"] = distance };
        }
        return new() { ["distances"] = distances };
    }

    private static JsonObject Rse(DesiredRse r)
    {
        var attributes = new JsonObject();
        var rse = new JsonObject
        {
            ["rse_type"] = r.Type,
            ["deterministic"] = r.Deterministic,
            ["volatile"] = r.Volatile,
            ["staging_area"] = r.StagingArea,
            ["availability_read"] = r.Read,
            ["availability_write"] = r.Write,
            ["availability_delete"] = r.Delete,
            ["protocols"] = new JsonArray([.. r.Protocols.Select(p => (JsonNode)new JsonObject
            {
                ["scheme"] = p.Scheme,
                ["hostname"] = p.Hostname,
                ["port"] = p.Port,
                ["prefix"] = p.Prefix,
                ["impl"] = p.Impl,
                ["extended_attributes"] = p.ExtendedAttributes is { } extras ? JsonNode.Parse(extras) : null,
                ["domains"] = new JsonObject
                {
                    ["lan"] = new JsonObject { ["read"] = p.Priorities.LanRead, ["write"] = p.Priorities.LanWrite, ["delete"] = p.Priorities.LanDelete },
                    ["wan"] = new JsonObject
                    {
                        ["read"] = p.Priorities.WanRead,
                        ["write"] = p.Priorities.WanWrite,
                        ["delete"] = p.Priorities.WanDelete,
                        ["third_party_copy_read"] = p.Priorities.ThirdPartyCopyRead,
                        ["third_party_copy_write"] = p.Priorities.ThirdPartyCopyWrite,
                    },
                },
            })]),
            ["attributes"] = attributes,
        };
        foreach (var (key, value) in r.Attributes)
        {
            if (TopLevel.Contains(key))
            {
                rse[key] = value;
            }
            else
            {
                attributes[key] = value;
            }
        }
        if (r.MinFreeSpace is { } free)
        {
            rse["MinFreeSpace"] = free;
        }
        return rse;
    }
}
