using RucioOperator.Api;
using RucioOperator.Commands.Manifests;

namespace RucioOperator.Commands.Plans;

/// <summary>What applying manifests would bring about. Never writes.</summary>
internal static class PlanCommand
{
    private static readonly CommandOption Offline = new("offline", null, null, "ask no cluster: plan as for an empty one that has every product");
    private static readonly CommandOption ExitCodeOption = new("exit-code", null, null, "exit with 2 where there is something to do");

    public static Command Command { get; } = new("plan", "", "Shows what applying manifests would create and change: resources, objects of Kubernetes, steps in Rucio.",
        [CommonOptions.Files, CommonOptions.Recursive, CommonOptions.Namespace, .. CommonOptions.Cluster, Offline, ExitCodeOption, CommonOptions.Output],
        """
        Without a kubeconfig it is --offline. With one the files are compared with what is there, and each is rehearsed on the server (dry run).
        Rucio itself is not asked: what was changed there by hand is not seen. Nothing is written anywhere.
        Exit code: 0 planned, 1 a manifest would be refused, 2 with --exit-code where there is something to do.
        """, RunAsync);

    private static async Task<ExitCode> RunAsync(CommandInput input, CancellationToken ct)
    {
        using var cluster = input.Has(Offline) ? null : ClusterAccess.TryOpen(input);
        var set = ManifestReader.Read(input, cluster?.Namespace ?? ClusterAccess.OfflineNamespace(input), input.Has(CommonOptions.Namespace));
        var report = await ReportAsync(set, cluster, ct);
        List<string> remarks = [.. cluster is null && !input.Has(Offline) ? (string[])["no kubeconfig: planned offline, as for an empty cluster"] : [], .. report.Remarks];
        if (input.WantsJson)
            await input.Out.WriteAsync(JsonOutput.Of(PlanJson.Of(report with { Remarks = remarks })));
        else
            await WriteAsync(input, report, remarks);
        return report.Errors.Count > 0 ? ExitCode.Failed : report.HasChanges && input.Has(ExitCodeOption) ? ExitCode.Found : ExitCode.Done;
    }

    private static async Task WriteAsync(CommandInput input, PlanReport report, List<string> remarks)
    {
        foreach (var remark in remarks)
            input.Remark(remark);
        foreach (var error in report.Errors)
            await input.World.Error.WriteLineAsync(error.ToString());
        if (report.Errors.Count == 0)
            await input.Out.WriteAsync(PlanText.Of(report));
    }

    private static async Task<PlanReport> ReportAsync(ManifestSet set, ClusterAccess? cluster, CancellationToken ct)
    {
        var errors = set.Errors.ToList();
        var files = new List<(ManifestDocument Document, IRucioResource Resource)>();
        foreach (var document in set.Documents.Where(d => d.IsRucio))
        {
            var (resource, wrong) = ManifestCheck.Read(document);
            errors.AddRange(wrong);
            if (resource is not null)
                files.Add((document, resource));
        }
        var others = set.Documents.Count(d => !d.IsRucio);
        List<string> remarks = others > 0 ? [$"{others} {(others == 1 ? "object is" : "objects are")} of other kinds, and not planned"] : [];
        if (files.Count == 0 && errors.Count == 0)
            throw new CommandException("-f: no RucioInstance, VirtualOrganisation or StorageElement in it");
        var coming = set.Documents.Where(d => d is { Kind: "Namespace", ApiVersion: "v1" }).ToDictionary(d => d.Key.Name, Labels);
        if (cluster is null)
            return new(errors.Count > 0 ? [] : new PlanMaker(ResourceSet.Empty, ResourceSet.Empty.With(files.Select(f => f.Resource)), files, LiveResources.EveryKind, coming.GetValueOrDefault, new HashSet<Runtime.ObjectKey>()).Make(), errors, remarks);

        var live = new LiveResources(cluster.Api);
        foreach (var (document, _) in files)
            errors.AddRange(await live.RehearseAsync(document, coming.Keys.ToHashSet(), ct));
        if (errors.Count > 0)
            return new([], errors, [.. remarks, .. live.Remarks]);
        var resources = files.Select(f => f.Resource).ToList();
        var before = await live.ReadAsync(resources, ct);
        var after = before.With(resources);
        var namespaces = await live.NamespacesAsync(PlanMaker.Touched(resources, after).Where(after.IsSelected).Select(vo => vo.Namespace).Where(ns => !coming.ContainsKey(ns)), ct);
        var plan = new PlanMaker(before, after, files, await live.KindsAsync(ct), ns => coming.GetValueOrDefault(ns) ?? namespaces.GetValueOrDefault(ns), live.Unseen).Make();
        return new(plan, [], [.. remarks, .. live.Remarks]);
    }

    private static IDictionary<string, string> Labels(ManifestDocument ns) =>
        (ns.Node["metadata"]?["labels"] as System.Text.Json.Nodes.JsonObject ?? []).ToDictionary(l => l.Key, l => l.Value?.ToString() ?? "");
}
