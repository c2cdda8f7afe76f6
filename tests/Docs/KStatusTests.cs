using System.Text.Json.Nodes;
using k8s;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Runtime;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes.Schema;
using RucioOperator.Status;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Docs;

/// <summary>The table of outcomes in crds/README.md, as Flux and Argo CD see it. Statuses of real runs are looked at in every behaviour test (<see cref="StatusesSeen"/>).</summary>
public sealed class KStatusTests
{
    /// <summary>Each outcome with what kstatus and Argo CD make of it.</summary>
    public static readonly IReadOnlyList<(string Name, JsonObject Node, string Flux, string ArgoCd)> Outcomes =
    [
        .. from kind in Crds.Kinds.Keys
           from outcome in Of(kind)
           select ($"{kind} {outcome.Name}", outcome.Node, outcome.Flux, outcome.ArgoCd),
    ];

    [Test]
    public void Every_outcome_is_understood_without_a_script() =>
        Assert.That(Outcomes.Select(o => (o.Name, KStatus.Of(o.Node).Status)), Is.EqualTo(Outcomes.Select(o => (o.Name, o.Flux))));

    private static IEnumerable<(string Name, JsonObject Node, string Flux, string ArgoCd)> Of(string kind)
    {
        var fresh = Crds.Manifest(kind);
        fresh["metadata"]!["generation"] = 1;
        StructuralSchema.Default(fresh, Crds.Schema(kind));
        yield return ("that nobody has seen", fresh, KStatus.InProgress, "Progressing");

        var done = Reported(kind, new Outcome.Done());
        yield return ("as desired", done, KStatus.Current, "Healthy");
        yield return ("under way", Reported(kind, new Outcome.Requeue(TimeSpan.FromSeconds(1))), KStatus.InProgress, "Progressing");
        yield return ("waiting", Reported(kind, new Outcome.Blocked("SecretNotFound", "Secret rucio/db is missing")), KStatus.InProgress, "Progressing");
        yield return ("failed and tried again", Reported(kind, new Outcome.Failed(new InvalidOperationException())), KStatus.InProgress, "Progressing");
        yield return ("rejected", Reported(kind, new Outcome.Rejected("InvalidField", "spec.x can't work")), KStatus.Failed, "Degraded");

        var edited = done.DeepClone().AsObject();
        edited["metadata"]!["generation"] = 2;
        yield return ("as desired, then edited", edited, KStatus.InProgress, "Progressing");

        var leaving = done.DeepClone().AsObject();
        leaving["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
        yield return ("being deleted", leaving, KStatus.Terminating, "Progressing");

        var suspended = done.DeepClone().AsObject();
        suspended["status"]!["conditions"]!.AsArray().Add(new JsonObject { ["type"] = Conditions.Suspended, ["status"] = "True", ["reason"] = "SuspendRequested", ["message"] = "spec.suspend is true" });
        yield return ("as desired and suspended", suspended, KStatus.Current, "Suspended");
    }

    private static JsonObject Reported(string kind, Outcome outcome)
    {
        var node = Crds.Manifest(kind);
        node["metadata"]!["generation"] = 1;
        var conditions = new Conditions(null, 1, DateTimeOffset.UnixEpoch).Report(outcome).Build();
        node["status"] = new JsonObject { ["observedGeneration"] = 1, ["conditions"] = JsonNode.Parse(KubernetesJson.Serialize(conditions)) };
        return node;
    }
}
