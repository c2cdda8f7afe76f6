using System.Globalization;
using System.Text.Json.Nodes;

namespace RucioOperator.Commands.Status;

internal static class StatusJson
{
    public static JsonObject Of(IReadOnlyList<StatusNode> roots) => new()
    {
        ["ready"] = StatusTree.AllReady(roots),
        ["items"] = new JsonArray([.. roots.Select(root => Of(root, null))]),
    };

    private static JsonNode Of(StatusNode node, StatusNode? parent)
    {
        var json = new JsonObject
        {
            ["kind"] = node.Kind,
            ["namespace"] = node.Key.Namespace,
            ["name"] = node.Key.Name,
            ["ready"] = node.Ready,
            ["reason"] = node.Reason,
            ["message"] = node.Message,
        };
        if (StatusWords.NextStep(node, parent) is { } step)
            json["nextStep"] = step;
        List(json, "conditions", node.Conditions.Select(c => new JsonObject { ["type"] = c.Type, ["status"] = c.Status, ["reason"] = c.Reason, ["message"] = c.Message }));
        List(json, "expiries", node.Expiries.Select(e => new JsonObject { ["what"] = e.What, ["at"] = e.At.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) }));
        if (node.Pending is { } pending)
            json["pending"] = new JsonObject { ["changes"] = pending.Changes, ["entries"] = new JsonArray([.. (pending.Entries ?? []).Select(e => JsonValue.Create(e))]) };
        List(json, "children", node.Children.Select(child => Of(child, node)));
        return json;
    }

    private static void List(JsonObject json, string name, IEnumerable<JsonNode> items)
    {
        if (items.ToArray() is { Length: > 0 } list)
            json[name] = new JsonArray(list);
    }
}
