using System.Text.Json.Nodes;

namespace RucioOperator.Tests.Docs;

/// <summary>
/// How Flux, kpt and others judge a custom resource they know nothing of, rule by rule from cli-utils' pkg/kstatus/status/generic.go
/// and status.go (fluxcd/cli-utils 967855f, May 2026).
/// </summary>
internal static class KStatus
{
    public const string Current = nameof(Current), InProgress = nameof(InProgress), Failed = nameof(Failed), Terminating = nameof(Terminating);

    private static readonly IReadOnlyList<(string Name, Func<JsonObject, string?> Judge)> Rules =
    [
        ("is scheduled for deletion", node => node["metadata"]?["deletionTimestamp"] is not null ? Terminating : null),
        // Without the field nothing is concluded: that is why our definitions have a default for it.
        ("its generation was not observed", node => (node["metadata"]?["generation"], node["status"]?["observedGeneration"]) is ({ } wanted, { } seen) && wanted.ToJsonString() != seen.ToJsonString() ? InProgress : null),
        ("the first of Reconciling and Stalled that is True decides", node => (node["status"]?["conditions"] as JsonArray ?? [])
            .Where(condition => condition!["status"]!.GetValue<string>() == "True")
            .Select(condition => condition!["type"]!.GetValue<string>() switch { "Reconciling" => InProgress, "Stalled" => Failed, _ => null })
            .FirstOrDefault(judged => judged is not null)),
        ("nothing speaks against it", _ => Current),
    ];

    public static (string Status, string Rule) Of(JsonObject node) => Rules.Select(rule => (rule.Judge(node)!, rule.Name)).First(judged => judged.Item1 is not null);
}
