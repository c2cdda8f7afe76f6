using System.Text.Json.Serialization;

namespace RucioOperator.Api.Presets;

/// <summary>
/// What a storage technology comes to in Rucio: data files in this folder, one for each (their form: preset.schema.json).
/// Nothing here is more than a default: what a spec says wins.
/// </summary>
public sealed record Preset
{
    /// <summary>For editors.</summary>
    [JsonPropertyName("$schema")]
    public string? Schema { get; init; }

    public required StorageTechnology Technology { get; init; }
    public required Sourced<IReadOnlyList<StorageType>> Types { get; init; }

    /// <summary>By the scheme of an endpoint's URL; the technology speaks no other.</summary>
    public required IReadOnlyDictionary<string, PresetScheme> Schemes { get; init; }

    /// <summary>RSE attributes.</summary>
    public required IReadOnlyDictionary<string, PresetAttribute> Attributes { get; init; }

    /// <summary>Those of type TAPE besides.</summary>
    public required IReadOnlyDictionary<string, PresetAttribute> TapeAttributes { get; init; }

    /// <summary>Key → value for one storage.</summary>
    public IEnumerable<KeyValuePair<string, string>> AttributesOf(StorageElementSpec spec) =>
        (spec.Type == StorageType.TAPE ? Attributes.Concat(TapeAttributes) : Attributes)
        .Where(a => spec.Technology is not null || !a.Value.OnlyIfNamed).Select(a => KeyValuePair.Create(a.Key, a.Value.Value));

    /// <summary>Rucio's word for a scheme.</summary>
    public string SchemeOf(string scheme) => Schemes.GetValueOrDefault(scheme)?.Scheme?.Value ?? scheme;
}

/// <summary>How Rucio uses an endpoint of one scheme.</summary>
public sealed record PresetScheme
{
    /// <summary>Rucio's word for the scheme; null: the same.</summary>
    public Sourced<string>? Scheme { get; init; }
    public required Sourced<string> Implementation { get; init; }

    /// <summary><c>read</c>, <c>write</c>, <c>delete</c>.</summary>
    public required Sourced<IReadOnlyList<string>> Lan { get; init; }
    public required Sourced<IReadOnlyList<string>> Wan { get; init; }

    /// <summary>Smaller goes first, whatever the order of endpoints; 0: FTS can't copy with it.</summary>
    public required Sourced<int> ThirdPartyCopy { get; init; }
    public Sourced<IReadOnlyDictionary<string, string>>? ExtendedAttributes { get; init; }
}

public sealed record PresetAttribute(string Value, string Source)
{
    /// <summary>What takes a check away holds only where somebody named the technology.</summary>
    public bool OnlyIfNamed { get; init; }
}

/// <param name="Source">Who runs it so, or what in Rucio's source reads it.</param>
public sealed record Sourced<T>(T Value, string Source);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Preset))]
internal sealed partial class PresetJson : JsonSerializerContext;
