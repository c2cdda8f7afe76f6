using RucioOperator.Api;
using RucioOperator.Api.Presets;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Desired;

/// <summary>StorageElement → RSE: endpoints become protocols, fields and preset become attributes, nothing stays hidden.</summary>
public static class DesiredStorage
{
    /// <param name="storage">A valid one.</param>
    public static DesiredRse For(StorageElement storage, StorageDefaults? defaults = null)
    {
        var spec = storage.Spec;
        var preset = PresetOf(spec);
        var availability = spec.Availability ?? new AvailabilitySpec();
        var protocols = DesiredProtocols.Of(spec, preset);
        return new DesiredRse(spec.Rse)
        {
            Type = spec.Type.ToString(),
            Deterministic = spec.Deterministic,
            Volatile = spec.Volatile,
            StagingArea = spec.StagingArea,
            Read = availability.Read,
            Write = availability.Write,
            Delete = availability.Delete,
            Protocols = protocols,
            Attributes = Attributes(spec, preset, defaults ?? StorageDefaults.None, protocols),
            MinFreeSpace = spec.MinFreeSpace is { } free && Quantity.Bytes(free) is > 0 and var bytes ? bytes : null,
            FormerMinFreeSpace = storage.Status?.Effective?.MinFreeSpace,
            ExactAttributes = spec.AttributesPolicy == AttributesPolicy.Exact,
            FormerAttributes = [.. storage.Status?.Effective?.Attributes?.Keys ?? []],
        };
    }

    /// <summary>For status: all that the spec and its preset came to.</summary>
    public static EffectiveStorage Effective(StorageElement storage, DesiredRse rse)
    {
        var preset = PresetOf(storage.Spec);
        var own = FromSpec(storage.Spec);
        var brought = preset.AttributesOf(storage.Spec).Select(a => a.Key).Where(k => !own.ContainsKey(k)).Order(StringComparer.Ordinal).ToList();
        return new()
        {
            Technology = preset.Technology,
            Attributes = rse.Attributes.Count > 0 ? rse.Attributes : null,
            PresetAttributes = brought.Count > 0 ? brought : null,
            Protocols = [.. rse.Protocols.Select(DesiredProtocols.Effective)],
            Availability = new() { Read = rse.Read, Write = rse.Write, Delete = rse.Delete },
            MinFreeSpace = rse.MinFreeSpace,
        };
    }

    private static Preset PresetOf(StorageElementSpec spec) => PresetCatalogue.For(spec) ?? PresetCatalogue.Of(StorageTechnology.WebDAV);

    private static SortedDictionary<string, string> Attributes(StorageElementSpec spec, Preset preset, StorageDefaults defaults, IReadOnlyList<ObservedProtocol> protocols)
    {
        var attributes = FromSpec(spec);
        if (defaults.Fts is { } fts)
        {
            attributes.TryAdd("fts", fts);
        }
        if (defaults.GivesTokens(spec, protocols.Select(p => p.Scheme)))
        {
            attributes.TryAdd("oidc_support", "true");
        }
        foreach (var (key, value) in preset.AttributesOf(spec))
        {
            attributes.TryAdd(key, value);
        }
        return attributes;
    }

    private static SortedDictionary<string, string> FromSpec(StorageElementSpec spec)
    {
        // What a field came to can't be in spec.attributes too: its rules refuse that.
        var attributes = new SortedDictionary<string, string>(spec.Attributes?.ToDictionary() ?? [], StringComparer.Ordinal);
        Set("fts", spec.Fts);
        Set("lfn2pfn_algorithm", spec.Lfn2pfn);
        Set("greedyDeletion", Text(spec.GreedyDeletion));
        Set("oidc_support", Text(spec.Tokens?.Enabled));
        Set("oidc_base_path", spec.Tokens?.BasePath);
        Set("verify_checksum", Text(spec.Checksums?.Verify));
        Set("supported_checksums", spec.Checksums?.Supported is { } supported ? string.Join(',', supported.Select(c => c.ToString().ToLowerInvariant())) : null);
        return attributes;

        void Set(string key, string? value)
        {
            if (value is not null)
            {
                attributes[key] = value;
            }
        }

        // As Rucio stores it (lib/rucio/db/sqla/types.py, BooleanString).
        static string? Text(bool? flag) => flag is { } set ? set ? "true" : "false" : null;
    }
}
