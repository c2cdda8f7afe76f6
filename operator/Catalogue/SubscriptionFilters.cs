using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;

namespace RucioOperator.Catalogue;

/// <summary>A subscription's filter as REST shows it: the table has scopes and accounts with the VO's tag (gateway/subscription.py).</summary>
internal static class SubscriptionFilters
{
    /// <summary>Entries without this tag reach into other VOs: they get an @, which none of the operator's has.</summary>
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
        if (filter is null || tag == BaseVo.Tag)
        {
            return stored;
        }
        foreach (var key in (string[])["scope", "account"])
        {
            if (filter[key] is JsonArray values)
            {
                filter[key] = new JsonArray([.. values.Select(v => (JsonNode)Without(v is JsonValue text && text.TryGetValue<string>(out var name) ? name : "", $"@{tag}"))]);
            }
        }
        return filter.ToJsonString();

        static string Without(string name, string end) => name.EndsWith(end, StringComparison.Ordinal) ? name[..^end.Length] : $"{name}@";
    }
}
