using System.Text.Json.Nodes;

namespace RucioOperator.Commands.Plans;

/// <param name="From">JSON; null: it wasn't there.</param>
/// <param name="To">JSON; null: it goes.</param>
public sealed record SpecDifference(string Path, string? From, string? To);

/// <summary>What differs between two specs, field by field; items of lists that have a name are matched by it.</summary>
internal static class SpecDifferences
{
    private const string Hidden = "(hidden)";

    /// <summary>Options people may have put a credential into, though there are Secrets for them.</summary>
    private static readonly string[] Secretive = ["password", "passwd", "secret", "token", "credential", "key"];

    /// <summary>Of keyed lists, in the order in which they are looked for.</summary>
    private static readonly string[] Names = ["name", "tag", "rse", "url"];

    public static IReadOnlyList<SpecDifference> Of(JsonNode? from, JsonNode? to, string path = "spec")
    {
        var found = new List<SpecDifference>();
        Compare(from, to, path, found);
        return found;
    }

    private static void Compare(JsonNode? from, JsonNode? to, string path, List<SpecDifference> found)
    {
        if (JsonNode.DeepEquals(from, to))
            return;
        switch (from, to)
        {
            case (JsonObject a, JsonObject b):
                foreach (var name in b.Select(f => f.Key).Concat(a.Select(f => f.Key)).Distinct())
                    Compare(a[name], b[name], $"{path}.{name}", found);
                break;
            case (JsonArray a, JsonArray b) when KeyOf(a, b) is { } key:
                var (before, after) = (Keyed(a, key), Keyed(b, key));
                foreach (var name in after.Keys.Concat(before.Keys).Distinct())
                    Compare(before.GetValueOrDefault(name), after.GetValueOrDefault(name), $"{path}[{name}]", found);
                break;
            default:
                found.Add(new(path, Shown(from, path), Shown(to, path)));
                break;
        }
    }

    /// <summary>Null: they are compared as a whole.</summary>
    private static string? KeyOf(JsonArray a, JsonArray b) =>
        Names.FirstOrDefault(name => a.Concat(b).All(item => item is JsonObject map && map[name] is JsonValue) && IsUnique(a, name) && IsUnique(b, name));

    private static bool IsUnique(JsonArray list, string name) => list.Select(item => item![name]!.ToString()).Distinct().Count() == list.Count;

    private static Dictionary<string, JsonNode?> Keyed(JsonArray list, string name) => list.ToDictionary(item => item![name]!.ToString(), item => item);

    private static string? Shown(JsonNode? value, string path) => value switch
    {
        null => null,
        JsonValue when path.StartsWith("spec.config.", StringComparison.Ordinal) && IsSecretive(path) => Hidden,
        JsonObject map when path.StartsWith("spec.config", StringComparison.Ordinal) => Masked(map).ToJsonString(Plain),
        _ => value.ToJsonString(Plain),
    };

    private static JsonNode Masked(JsonNode node) => node is not JsonObject map ? node.DeepClone()
        : new JsonObject(map.Select(f => KeyValuePair.Create(f.Key, f.Value is JsonObject ? Masked(f.Value) : IsSecretive(f.Key) ? JsonValue.Create(Hidden) : f.Value?.DeepClone())));

    private static bool IsSecretive(string path) => path[(path.LastIndexOf('.') + 1)..] is var option && Secretive.Any(word => option.Contains(word, StringComparison.OrdinalIgnoreCase));

    private static readonly System.Text.Json.JsonSerializerOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, TypeInfoResolver = Runtime.KubeJson.Options.TypeInfoResolver };
}
