using System.Text.Json.Nodes;
using RucioOperator.Desired;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Plans;

/// <summary>An object as it would be.</summary>
/// <param name="Stays">It is never deleted, also when nothing asks for it any more: it holds data or a generated credential.</param>
internal sealed record ForecastObject(JsonObject Content, bool Stays = false)
{
    /// <summary>It is there, and what is in it a plan doesn't know.</summary>
    public static ForecastObject Unread { get; } = new([]);
}

/// <summary>Objects of Kubernetes before and after.</summary>
internal static class ObjectDifferences
{
    /// <summary>Those that a hash stands for, and that say nothing by themselves.</summary>
    private static readonly string[] Unsaid = [RucioPod.ConfigHashAnnotation];

    public static IEnumerable<PlannedObject> Of(IReadOnlyDictionary<(string Kind, ObjectKey Key), ForecastObject> before, IReadOnlyDictionary<(string Kind, ObjectKey Key), ForecastObject> after) =>
    [
        .. after.Where(o => !before.ContainsKey(o.Key)).Select(o => new PlannedObject(PlannedAction.Create, o.Key.Kind, o.Key.Key, [])),
        .. after.Where(o => before.TryGetValue(o.Key, out var was) && !JsonNode.DeepEquals(was.Content, o.Value.Content)).Select(o => new PlannedObject(PlannedAction.Change, o.Key.Kind, o.Key.Key, Paths(before[o.Key].Content, o.Value.Content))),
        .. before.Where(o => !after.ContainsKey(o.Key) && !o.Value.Stays).Select(o => new PlannedObject(PlannedAction.Delete, o.Key.Kind, o.Key.Key, [])),
    ];

    private static List<string> Paths(JsonObject before, JsonObject after)
    {
        var found = new List<string>();
        Compare(before, after, "", found);
        return [.. found.Where(path => !Unsaid.Any(u => path.EndsWith(u, StringComparison.Ordinal)))];
    }

    private static void Compare(JsonNode? a, JsonNode? b, string path, List<string> found)
    {
        if (JsonNode.DeepEquals(a, b))
            return;
        if (a is JsonObject one && b is JsonObject other)
        {
            foreach (var name in other.Select(f => f.Key).Concat(one.Select(f => f.Key)).Distinct())
                Compare(one[name], other[name], path.Length == 0 ? name : $"{path}.{name}", found);
        }
        else if (a is JsonArray list && b is JsonArray items && list.Count == items.Count)
        {
            for (var place = 0; place < list.Count; place++)
                Compare(list[place], items[place], $"{path}[{place}]", found);
        }
        else
        {
            found.Add(path);
        }
    }
}
