using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Commands.Manifests;
using RucioOperator.Commands.Manifests.Schema;
using RucioOperator.Commands.Plans;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Commands.Plans;

/// <summary>A plan of manifests on a cluster that is a few lines of YAML, too.</summary>
internal static class PlanCase
{
    /// <param name="live">Resources with their statuses; several documents.</param>
    /// <param name="labels">Of every namespace.</param>
    public static IReadOnlyDictionary<string, ResourcePlan> Of(string live, string files, Dictionary<string, string>? labels = null)
    {
        var before = ResourceSet.Of([.. Yaml.Parse(live).Select(Live)]);
        var applied = Yaml.Parse(files).Select(node => new ManifestDocument(node, "stdin", new Dictionary<FieldPath, int>())).Select(document => (document, Resource: Checked(document))).ToList();
        return new PlanMaker(before, before.With(applied.Select(a => a.Resource)), applied, LiveResources.EveryKind, _ => labels ?? [], new HashSet<ObjectKey>()).Make().ToDictionary(p => $"{p.Kind} {p.Key}");
    }

    public static IEnumerable<string> Words(this ResourcePlan plan) =>
        [.. plan.Objects.Select(o => $"{o.Action} {o.Kind} {o.Key}{(o.Fields.Count > 0 ? $" {string.Join(' ', o.Fields)}" : "")}"), .. plan.Rucio, .. plan.Waits.Select(w => $"but: {w}")];

    private static IRucioResource Checked(ManifestDocument document)
    {
        var (resource, errors) = ManifestCheck.Read(document);
        Assert.That(errors, Is.Empty);
        return resource!;
    }

    private static IRucioResource Live(JsonObject node)
    {
        var (kind, status) = ((string)node["kind"]!, node["status"]);
        node.Remove("status");
        SchemaCheck.Complete(node, Definitions.SchemaOf(kind)!);
        node["status"] = status;
        return kind switch
        {
            RucioInstance.KubeKind => node.Deserialize(KubeJson.Info<RucioInstance>())!,
            VirtualOrganisation.KubeKind => node.Deserialize(KubeJson.Info<VirtualOrganisation>())!,
            _ => node.Deserialize(KubeJson.Info<StorageElement>())!,
        };
    }
}
