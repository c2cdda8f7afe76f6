using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Observed;

/// <summary>
/// Extra settings of a protocol: JSON text in a column (lib/rucio/core/rse.py, add_protocol and update_protocols). Here in one
/// form for one meaning, so that equal ones are equal text; null: none.
/// </summary>
public static class ExtendedAttributes
{
    public static string? Of(IEnumerable<KeyValuePair<string, string>>? attributes) =>
        attributes is null ? null : Canonical(new JsonObject(attributes.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))));

    /// <param name="text">As the column or an answer has it; Rucio writes none as NULL at first and as the text <c>null</c> from then on.</param>
    public static string? Read(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }
        try
        {
            return JsonNode.Parse(text) is { } node ? Canonical(node) : null;
        }
        catch (JsonException)
        {
            return text;
        }
    }

    /// <summary>What a spec can say of them.</summary>
    public static IReadOnlyDictionary<string, string>? Texts(string? canonical) =>
        canonical is null ? null : JsonNode.Parse(canonical) is JsonObject map ? map.ToDictionary(p => p.Key, p => p.Value?.ToString() ?? "") : null;

    private static string? Canonical(JsonNode node) => node switch
    {
        JsonObject { Count: 0 } => null,
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))).ToJsonString(),
        _ => node.ToJsonString(),
    };
}
