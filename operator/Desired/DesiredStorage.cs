using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Desired;

/// <summary>StorageElement → RSE: endpoints become protocols, fields become attributes, nothing stays hidden.</summary>
public static class DesiredStorage
{
    public static DesiredRse For(StorageElement storage)
    {
        var spec = storage.Spec;
        var availability = spec.Availability ?? new AvailabilitySpec();
        return new DesiredRse(spec.Rse)
        {
            Type = spec.Type.ToString(),
            Deterministic = spec.Deterministic,
            Volatile = spec.Volatile,
            StagingArea = spec.StagingArea,
            Read = availability.Read,
            Write = availability.Write,
            Delete = availability.Delete,
            Protocols = [.. (spec.Endpoints ?? []).Select(Protocol)],
            Attributes = Attributes(spec),
            MinFreeSpace = spec.MinFreeSpace is { } free ? Quantity.Bytes(free) : null,
            ExactAttributes = spec.AttributesPolicy == AttributesPolicy.Exact,
            FormerAttributes = [.. storage.Status?.Effective?.Attributes?.Keys ?? []],
        };
    }

    public static EffectiveStorage Effective(DesiredRse rse, int? distance) => new()
    {
        Distance = distance,
        Attributes = rse.Attributes.Count > 0 ? rse.Attributes : null,
        Protocols = [.. rse.Protocols.Select(p => new EffectiveProtocol { Url = $"{p.Scheme}://{p.Hostname}:{p.Port}{p.Prefix}", Impl = p.Impl })],
    };

    private static SortedDictionary<string, string> Attributes(StorageElementSpec spec)
    {
        var attributes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (spec.Fts is { } fts)
        {
            attributes["fts"] = fts;
        }
        if (spec.Lfn2pfn is { } algorithm)
        {
            attributes["lfn2pfn_algorithm"] = algorithm;
        }
        if (spec.GreedyDeletion is { } greedy)
        {
            attributes["greedyDeletion"] = greedy ? "true" : "false";
        }
        if (spec.CredentialsSecretRef is not null && spec.Technology == StorageTechnology.S3)
        {
            attributes[StorageKeys.Attribute] = "s3";
        }
        // What somebody writes out by name wins over what a field comes to.
        foreach (var (key, value) in spec.Attributes ?? new Dictionary<string, string>())
        {
            attributes[key] = value;
        }
        return attributes;
    }

    private static ObservedProtocol Protocol(EndpointSpec endpoint, int index)
    {
        var url = Endpoint.Parse(endpoint.Url);
        // First in the list is tried first; Rucio's order between equal priorities is undefined.
        var place = index + 1;
        var lan = endpoint.Lan ?? new LanPriorities { Read = place, Write = place, Delete = place };
        var canCopy = url.Scheme is "davs" or "https" or "root" or "srm+https";
        var wan = endpoint.Wan ?? new WanPriorities { Read = place, Write = place, Delete = place, ThirdPartyCopyRead = canCopy ? place : null, ThirdPartyCopyWrite = canCopy ? place : null };
        return new ObservedProtocol(url.Scheme, url.Host, url.Port, url.Prefix, Implementation(url.Scheme), new ProtocolPriorities
        {
            LanRead = lan.Read,
            LanWrite = lan.Write,
            LanDelete = lan.Delete,
            WanRead = wan.Read,
            WanWrite = wan.Write,
            WanDelete = wan.Delete,
            ThirdPartyCopyRead = wan.ThirdPartyCopyRead,
            ThirdPartyCopyWrite = wan.ThirdPartyCopyWrite,
        });
    }

    /// <summary>lib/rucio/rse/protocols/: gfal speaks every grid scheme, posix a mounted file system.</summary>
    private static string Implementation(string scheme) => scheme switch
    {
        "file" => "rucio.rse.protocols.posix.Default",
        "mock" => "rucio.rse.protocols.mock.Default",
        _ => "rucio.rse.protocols.gfal.Default",
    };
}
