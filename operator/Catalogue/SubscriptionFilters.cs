using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Catalogue;

/// <summary>A subscription's filter as REST shows it: the table has scopes and accounts with the VO's tag (gateway/subscription.py).</summary>
internal static class SubscriptionFilters
{
    /// <summary>Entries that lack the tag, or have another one, stay as they are: they mean something else.</summary>
    public static string External(string stored, string tag)
    {
        JsonObject? filter;
        try
        {
            filter = JsonNode.Parse(stored) as JsonObject;
        }
        catch (JsonException)
        {
            return stored;
        }
        foreach (var key in (string[])["scope", "account"])
        {
            if (filter?[key] is JsonArray values)
            {
                filter[key] = new JsonArray([.. values.Select(v => v is JsonValue text && text.TryGetValue<string>(out var name) && name.EndsWith($"@{tag}", StringComparison.Ordinal) ? (JsonNode)name[..^(tag.Length + 1)] : v?.DeepClone())]);
            }
        }
        return filter?.ToJsonString() ?? stored;
    }
}
