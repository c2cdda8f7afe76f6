using System.Collections.Frozen;
using System.Text.Json;

namespace RucioOperator.Api.Presets;

/// <summary>The technologies this operator knows.</summary>
public static class PresetCatalogue
{
    /// <summary>In the order of the schema.</summary>
    public static IReadOnlyList<Preset> All { get; } = [.. Load().OrderBy(p => p.Technology)];

    private static readonly FrozenDictionary<StorageTechnology, Preset> ByTechnology = All.ToFrozenDictionary(p => p.Technology);

    /// <summary>What a storage is taken for that doesn't say: the plainest that speaks its schemes. The others differ in more than schemes.</summary>
    private static readonly Preset[] Plain = [Of(StorageTechnology.WebDAV), Of(StorageTechnology.XRootD), Of(StorageTechnology.Posix), Of(StorageTechnology.S3)];

    public static Preset Of(StorageTechnology technology) => ByTechnology[technology];

    /// <summary>Null: the spec names no technology, and no plain one speaks all of its schemes.</summary>
    public static Preset? For(StorageElementSpec spec)
    {
        if (spec.Technology is { } named)
        {
            return ByTechnology.GetValueOrDefault(named);
        }
        var schemes = (spec.Endpoints ?? []).Select(e => Endpoint.TryParse(e.Url, out var url, out _) ? url.Scheme : null).OfType<string>().ToHashSet();
        return Plain.FirstOrDefault(p => schemes.All(p.Schemes.ContainsKey));
    }

    private static IEnumerable<Preset> Load()
    {
        var assembly = typeof(PresetCatalogue).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(n => n.StartsWith("Presets/", StringComparison.Ordinal)))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            yield return JsonSerializer.Deserialize(stream, PresetJson.Default.Preset)!;
        }
    }
}
