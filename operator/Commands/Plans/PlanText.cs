using System.Text;

namespace RucioOperator.Commands.Plans;

/// <summary>A plan for people: one table of the files' resources, then what each of them brings about.</summary>
internal static class PlanText
{
    private const int Named = 3;

    public static string Of(PlanReport report)
    {
        var text = new StringBuilder();
        text.Append(report.Resources.Aggregate(new TextTable("Action", "Kind", "Namespace", "Name", "From"), (table, r) => table.Add(Word(r.Action), r.Kind, r.Key.Namespace, r.Key.Name, r.Place ?? "(not in the files)")));
        foreach (var resource in report.Resources.Where(r => r.HasChanges || r.Waits.Count > 0))
            Detail(text, resource);
        var all = report.Resources;
        text.Append('\n').Append(report.HasChanges
            ? $"Plan: {all.Count(r => r.Action == PlannedAction.Create)} to create, {all.Count(r => r.Action == PlannedAction.Change)} to change, {all.Count(r => r.Action == PlannedAction.Unchanged)} unchanged; {Count(all.Sum(r => r.Objects.Count), "object")} of Kubernetes and {Count(all.Sum(r => r.Rucio.Count), "change")} in Rucio.\n"
            : "Plan: nothing to do.\n");
        return text.ToString();
    }

    private static void Detail(StringBuilder text, ResourcePlan resource)
    {
        text.Append($"\n{resource.Kind} {resource.Key}\n");
        foreach (var field in resource.Fields)
            text.Append($"  {field switch { { From: null } => "+", { To: null } => "-", _ => "~" }} {field.Path}: {field switch { { From: null } => field.To, { To: null } => field.From, _ => $"{field.From} -> {field.To}" }}\n");
        foreach (var obj in resource.Objects)
            text.Append($"  {Word(obj.Action)} {obj.Kind} {obj.Key}{(obj.Fields.Count == 0 ? "" : $": {string.Join(", ", obj.Fields.Take(Named))}{(obj.Fields.Count > Named ? $" and {obj.Fields.Count - Named} more" : "")}")}\n");
        foreach (var change in resource.Rucio)
            text.Append($"  Rucio: {change}\n");
        foreach (var wait in resource.Waits)
            text.Append($"  but: {wait}\n");
    }

    public static string Word(PlannedAction action) => action.ToString().ToLowerInvariant();

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";
}
