using System.Text.Json.Nodes;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Sandbox.Workloads;

/// <summary>
/// Plays kubelet and controllers: Jobs run (the bootstrap makes real tables), Deployments become available, and a
/// Deployment of a Rucio server starts a server with the configuration its pods would mount.
/// </summary>
public sealed class WorkloadPlayer : IAsyncDisposable
{
    private const string ComponentLabel = "rucio.cern.ch/component";

    private readonly CancellationTokenSource _stop = new();
    private readonly IKubeStore _store;
    private readonly StandInRucio? _rucio;
    private readonly DatabasePlayer _databases;
    private readonly Task _loops;

    /// <param name="rucio">Absent: some other Rucio serves, only the workloads' status is played.</param>
    public WorkloadPlayer(IKubeStore store, StandInRucio? rucio)
    {
        (_store, _rucio, _databases) = (store, rucio, new(store));
        _loops = Task.WhenAll(Follow("jobs.batch", PlayJobAsync), Follow("deployments.apps", PlayDeploymentAsync),
            Follow("statefulsets.apps", _databases.PlayStatefulSetAsync, _databases.StopAsync), Follow("persistentvolumeclaims", _ => Task.CompletedTask, _databases.RemoveVolumeAsync),
            Follow("customresourcedefinitions.apiextensions.k8s.io", FollowClustersAsync));
    }

    /// <summary>False: Deployments stay unavailable and Jobs do not start, as in a cluster without room.</summary>
    public bool HasRoom { get; set; } = true;

    /// <summary>Where the server behind a Service of a database listens on loopback, now or as soon as it runs.</summary>
    public int DatabasePort(string ns, string service) => _databases.Port(ns, service);

    /// <summary>How often a bootstrap Job ran to its end.</summary>
    public int Bootstraps { get; private set; }

    private Task? _clusters;

    private Task FollowClustersAsync(JsonObject definition)
    {
        if (Name(definition) == OptionalDefinitions.Cluster)
            _clusters ??= Follow(OptionalDefinitions.Cluster, cluster => _databases.PlayClusterAsync(cluster, _stop.Token), _databases.StopAsync);
        return Task.CompletedTask;
    }

    private static string Name(JsonObject node) => Text(node, "name");

    private Task Follow(string resource, Func<JsonObject, Task> play, Func<JsonObject, Task>? end = null) => Task.Run(async () =>
    {
        try
        {
            await foreach (var (change, node) in _store.WatchAsync(resource, ct: _stop.Token))
            {
                if (change == ObjectEvent.Deleted && end is not null)
                    await end(node);
                else if (change == ObjectEvent.Deleted)
                    _rucio?.Unregister(Prefix(node));
                else if (HasRoom)
                    await play(node);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            // Workloads that stand still for no visible reason cost a day.
            Environment.FailFast($"the workload player cannot play {resource}", error);
        }
    });

    private async Task PlayJobAsync(JsonObject job)
    {
        if (job["status"]?["conditions"] is not null || Label(job) != "bootstrap")
            return;
        var (ns, name) = (Text(job, "namespace"), Text(job, "name"));
        var pod = new PodSpec(_store, ns, job["spec"]!["template"]!.AsObject());
        string? failure;
        try
        {
            failure = pod.Config() is not { } config ? "a mounted Secret is missing" : BootstrapScriptRun.IsPossible ? await BootstrapScriptRun.RunAsync(pod, _stop.Token) : await StandInAsync(config);
        }
        catch (Npgsql.NpgsqlException error)
        {
            failure = error.Message;
        }
        if (failure is null)
            Bootstraps++;
        // As the Job controller writes it; a real API server refuses an end without its times and criterion.
        var now = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture);
        (string[] ends, string reason) = failure is null ? (["SuccessCriteriaMet", "Complete"], "CompletionsReached") : ((string[])["FailureTarget", "Failed"], "BackoffLimitExceeded");
        var status = new JsonObject
        {
            ["startTime"] = now,
            ["succeeded"] = failure is null ? 1 : 0,
            ["failed"] = failure is null ? 0 : 1,
            ["conditions"] = new JsonArray([.. ends.Select(type => (JsonNode)new JsonObject
            {
                ["type"] = type, ["status"] = "True", ["reason"] = reason, ["message"] = failure ?? "", ["lastTransitionTime"] = now, ["lastProbeTime"] = now,
            })]),
        };
        if (failure is null)
            status["completionTime"] = now;
        _store.PatchStatus("jobs.batch", ns, name, status);

        async Task<string?> StandInAsync(RucioConfig config)
        {
            await StandInCatalogue.BootstrapAsync(_databases.ConnectionString(config), config, _stop.Token);
            return null;
        }
    }

    private Task PlayDeploymentAsync(JsonObject deployment)
    {
        var generation = deployment["metadata"]!["generation"]?.GetValue<long>() ?? 1;
        if (deployment["status"]?["observedGeneration"]?.GetValue<long>() == generation && (_rucio is null || IsServed(deployment)))
            return Task.CompletedTask;
        var (ns, name) = (Text(deployment, "namespace"), Text(deployment, "name"));
        if (_rucio is not null && Label(deployment) is "api" or "admin")
        {
            if (new PodSpec(_store, ns, deployment["spec"]!["template"]!.AsObject()).Config() is not { } config)
                return Task.CompletedTask;
            _rucio!.Register(Prefix(deployment), config, _databases.ConnectionString(config));
        }
        var replicas = deployment["spec"]!["replicas"]?.GetValue<int>() ?? 1;
        _store.PatchStatus("deployments.apps", ns, name, new JsonObject
        {
            ["observedGeneration"] = generation,
            ["replicas"] = replicas,
            ["updatedReplicas"] = replicas,
            ["readyReplicas"] = replicas,
            ["availableReplicas"] = replicas,
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Available", ["status"] = "True", ["reason"] = "MinimumReplicasAvailable" }),
        });
        return Task.CompletedTask;
    }

    private bool IsServed(JsonObject deployment) => Label(deployment) is not ("api" or "admin") || _rucio!.IsRegistered(Prefix(deployment));

    private static string Prefix(JsonObject node) => $"/{Text(node, "namespace")}/{Text(node, "name")}";

    private static string? Label(JsonObject node) => node["metadata"]?["labels"]?[ComponentLabel]?.GetValue<string>();

    private static string Text(JsonObject node, string name) => node["metadata"]![name]!.GetValue<string>();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loops;
        if (_clusters is not null)
            await _clusters;
        await _databases.DisposeAsync();
        _stop.Dispose();
    }
}
