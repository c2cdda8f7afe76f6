using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Commands;

namespace RucioOperator.Tests.Commands.Doctor;

/// <summary>What doctor found, by object, check and reason.</summary>
internal sealed record DoctorRun(int? Code, IReadOnlyList<JsonObject> Findings, string All)
{
    public static async Task<DoctorRun> OfAsync(string? kubeconfig, string manifests, params string[] words)
    {
        var run = await CommandRun.OfAsync(["doctor", "-o", "json", .. manifests.Length > 0 ? (string[])["-f", "-"] : [], .. words], manifests, kubeconfig);
        Assert.That(run.Out, Is.Not.Empty, run.Error);
        return new(run.Code, [.. JsonNode.Parse(run.Out)!["findings"]!.AsArray().Select(f => f!.AsObject())], run.Out);
    }

    public IEnumerable<string> Of(string result) => Findings.Where(f => Text(f, "result") == result).Select(Line);

    /// <summary>Everything but what is in order.</summary>
    public IEnumerable<string> Complaints => Findings.Where(f => Text(f, "result") != "ok").Select(Line);

    public JsonObject Find(string about, string check, string? reason = null) =>
        Findings.FirstOrDefault(f => Text(f, "object") == about && Text(f, "check") == check && (reason is null || Text(f, "reason") == reason))
        ?? throw new AssertionException($"no {check} {reason} about {about} among {string.Join("; ", Complaints)}");

    public static string Text(JsonObject finding, string field) => finding[field]?.GetValue<string>() ?? "";

    private static string Line(JsonObject f) => $"{Text(f, "object")} {Text(f, "check")} {Text(f, "reason")}";
}
