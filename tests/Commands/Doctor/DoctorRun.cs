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
        return Of(run.Code, run.Out, run.Error);
    }

    /// <summary>As the pod of `helm test`: by its own account, with the operator's environment.</summary>
    public static async Task<DoctorRun> InPodAsync(string kubeconfig, string ns, string watched = "")
    {
        var run = await CommandRun.OfAsync(["doctor", "-o", "json"], "", kubeconfig, environment: new Dictionary<string, string> { ["POD_NAMESPACE"] = ns, ["RUCIO_OPERATOR_NAMESPACES"] = watched });
        return Of(run.Code, run.Out, run.Error);
    }

    /// <param name="json">What it wrote with <c>-o json</c>.</param>
    public static DoctorRun Of(int? code, string json, string error)
    {
        Assert.That(json, Is.Not.Empty, error);
        return new(code, [.. JsonNode.Parse(json)!["findings"]!.AsArray().Select(f => f!.AsObject())], json);
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
