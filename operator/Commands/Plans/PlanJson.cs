using System.Text.Json.Nodes;

namespace RucioOperator.Commands.Plans;

internal static class PlanJson
{
    public static JsonObject Of(PlanReport report) => new()
    {
        ["changes"] = report.HasChanges,
        ["errors"] = new JsonArray([.. report.Errors.Select(e => (JsonNode)new JsonObject { ["place"] = e.Place, ["message"] = e.Message })]),
        ["remarks"] = Texts(report.Remarks),
        ["resources"] = new JsonArray([.. report.Resources.Select(Of)]),
    };

    private static JsonNode Of(ResourcePlan r)
    {
        var json = new JsonObject { ["kind"] = r.Kind, ["namespace"] = r.Key.Namespace, ["name"] = r.Key.Name, ["action"] = PlanText.Word(r.Action) };
        if (r.Place is { } place)
            json["place"] = place;
        List(json, "fields", r.Fields.Select(f => new JsonObject { ["path"] = f.Path, ["from"] = Parsed(f.From), ["to"] = Parsed(f.To) }));
        List(json, "objects", r.Objects.Select(o => new JsonObject { ["action"] = PlanText.Word(o.Action), ["kind"] = o.Kind, ["namespace"] = o.Key.Namespace, ["name"] = o.Key.Name, ["fields"] = Texts(o.Fields) }));
        List(json, "rucio", r.Rucio.Select(c => (JsonNode)JsonValue.Create(c)));
        List(json, "waits", r.Waits.Select(w => (JsonNode)JsonValue.Create(w)));
        return json;
    }

    private static JsonNode? Parsed(string? value) => value is null ? null : value.StartsWith('(') ? JsonValue.Create(value) : JsonNode.Parse(value);

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)JsonValue.Create(t))]);

    private static void List(JsonObject json, string name, IEnumerable<JsonNode> items)
    {
        if (items.ToArray() is { Length: > 0 } list)
            json[name] = new JsonArray(list);
    }
}
