using System.Text.Json.Nodes;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Status;

namespace RucioOperator.Tests.Docs;

/// <summary>Looks at every status that any resource of a world ever had, and finds what the documents don't say.</summary>
internal sealed class StatusesSeen
{
    private readonly HashSet<string> _faults = [];
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _watches;

    public StatusesSeen(IKubeStore store, params string[] resources) => _watches = [.. resources.Select(resource => FollowAsync(store, resource))];

    public async Task<IReadOnlyList<string>> FaultsAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_watches);
        return [.. _faults.Order(StringComparer.Ordinal)];
    }

    private async Task FollowAsync(IKubeStore store, string resource)
    {
        try
        {
            await foreach (var (change, node) in store.WatchAsync(resource, null, _end.Token))
            {
                lock (_faults)
                    _faults.UnionWith(change == ObjectEvent.Deleted ? [] : Faults(node));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private static IEnumerable<string> Faults(JsonObject node)
    {
        var conditions = (node["status"]?["conditions"] as JsonArray ?? []).Select(condition => condition!.AsObject()).ToList();
        foreach (var reason in conditions.Select(condition => condition["reason"]!.GetValue<string>()).Where(reason => ReasonGuide.For(reason) is null))
            yield return $"reason {reason} has no line in operator/Status/ReasonGuide.cs";
        foreach (var type in conditions.Select(condition => condition["type"]!.GetValue<string>()).Where(type => ConditionTable.All.All(known => known.Name != type)))
            yield return $"condition {type} is not in the table of crds/README.md";

        var (status, _) = KStatus.Of(node);
        if (status == KStatus.Current && !SandboxBed.IsReady(node))
            yield return $"kstatus takes for done what isn't Ready: {node["status"]?.ToJsonString()}";
        if (status != KStatus.Current && status != KStatus.Terminating && SandboxBed.IsReady(node))
            yield return $"kstatus takes a Ready one for {status}: {node["status"]?.ToJsonString()}";
    }
}
