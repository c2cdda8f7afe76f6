using System.Text.Json.Nodes;
using Spectre.Console;

namespace RucioOperator.Sandbox.Demo;

/// <summary>The resources and their conditions, as a person follows them.</summary>
internal static class DemoTable
{
    private static readonly string[] Resources = ["rucioinstances.rucio.cern.ch", "virtualorganisations.rucio.cern.ch", "storageelements.rucio.cern.ch"];

    public static IReadOnlyList<JsonObject> Objects(SandboxBed bed) => [.. Resources.SelectMany(r => bed.Kubernetes.Store.List(r))];

    public static Table Render(IReadOnlyList<JsonObject> objects)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("Kind", "Namespace", "Name", "Ready", "Reason", "Conditions", "Message");
        foreach (var node in objects)
        {
            var ready = SandboxBed.Condition(node, "Ready");
            var status = ready?["status"]?.GetValue<string>() ?? "-";
            var colour = status == "True" ? "green" : SandboxBed.Condition(node, "Stalled")?["status"]?.GetValue<string>() == "True" ? "red" : "yellow";
            table.AddRow(Cell(node["kind"]!), Cell(node["metadata"]!["namespace"]!), Cell(node["metadata"]!["name"]!), $"[{colour}]{status}[/]",
                Cell(ready?["reason"]), Markup.Escape(Conditions(node)), Cell(ready?["message"]));
        }
        return table;
    }

    private static string Conditions(JsonObject node) => string.Join(' ', (node["status"]?["conditions"] as JsonArray ?? [])
        .Where(c => c!["type"]!.GetValue<string>() is not ("Ready" or "Reconciling" or "Stalled"))
        .Select(c => $"{Mark(c!["type"]!.GetValue<string>(), c["status"]!.GetValue<string>())}{c["type"]}{Until(node, c["type"]!.GetValue<string>())}"));

    /// <summary>When FTS would stop moving data, if nobody renewed it.</summary>
    private static string Until(JsonObject node, string type) =>
        type == "Delegated" && node["status"]?["transfers"]?["delegatedUntil"]?.GetValue<string>() is { } until ? $" until {until[..16].Replace('T', ' ')}" : "";

    /// <summary>Of two conditions it is good when they are not there.</summary>
    private static string Mark(string type, string status) => (status, type) switch { ("True", "Advised" or "Drifted") => "!", ("True", _) => "✓", ("False", _) => "✗", _ => "·" };

    private static string Cell(JsonNode? node) => Markup.Escape(node?.GetValue<string>() ?? "-");
}
