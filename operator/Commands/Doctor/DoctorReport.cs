using System.Text;
using System.Text.Json.Nodes;

namespace RucioOperator.Commands.Doctor;

/// <summary>Findings for people, and for machines.</summary>
internal static class DoctorReport
{
    public static string Text(IReadOnlyList<Finding> findings)
    {
        var table = new TextTable("Result", "Object", "Check", "Message");
        foreach (var finding in findings)
        {
            table.Add(Word(finding.Verdict), finding.About, finding.Check, finding.Message);
        }
        var text = new StringBuilder().Append(table);
        var steps = findings.Where(f => f is { Next: not null, Verdict: not Verdict.Ok }).OrderByDescending(f => f.Verdict).GroupBy(f => f.Next!).ToList();
        if (steps.Count > 0)
        {
            text.Append("\nNext:\n");
        }
        foreach (var step in steps)
        {
            text.Append($"  {string.Join(", ", step.Select(f => $"{f.About} {f.Check}").Distinct())}\n    {step.Key}\n");
        }
        return text.Append($"\n{Summary(findings)}\n").ToString();
    }

    public static JsonObject Json(IReadOnlyList<Finding> findings) => new()
    {
        ["findings"] = new JsonArray([.. findings.Select(f => new JsonObject
        {
            ["result"] = Word(f.Verdict),
            ["object"] = f.About,
            ["check"] = f.Check,
            ["reason"] = f.Reason,
            ["message"] = f.Message,
            ["next"] = f.Next,
        })]),
        ["counts"] = new JsonObject(Enum.GetValues<Verdict>().Select(v => KeyValuePair.Create(Word(v), (JsonNode?)findings.Count(f => f.Verdict == v)))),
    };

    private static string Summary(IReadOnlyList<Finding> findings) =>
        string.Join(", ", Enum.GetValues<Verdict>().Select(v => $"{findings.Count(f => f.Verdict == v)} {(v == Verdict.NotChecked ? "not checked" : Word(v))}"));

    private static string Word(Verdict verdict) => verdict switch
    {
        Verdict.Ok => "ok",
        Verdict.NotChecked => "notChecked",
        Verdict.Warning => "warning",
        _ => "error",
    };
}
