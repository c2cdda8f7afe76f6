using System.Collections.Concurrent;
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
        _loops = Task.WhenAll(Follow("jobs.batch", PlayJobAsync), Follow("deployments.apps", PlayDeploymentAsync), Follow("services", PlayServiceAsync, _ => Task.CompletedTask),
            Follow("statefulsets.apps", _databases.PlayStatefulSetAsync, _databases.StopAsync), Follow("persistentvolumeclaims", _ => Task.CompletedTask, _databases.RemoveVolumeAsync),
            Follow("customresourcedefinitions.apiextensions.k8s.io", FollowClustersAsync));
    }

    /// <summary>False: Deployments stay unavailable and Jobs do not start, as in a cluster without room.</summary>
    public bool HasRoom { get; set; } = true;

    /// <summary>Where the server behind a Service of a database listens on loopback, now or as soon as it runs.</summary>
    public int DatabasePort(string ns, string service) => _databases.Port(ns, service);

    /// <summary>How often a bootstrap Job ran to its end.</summary>
    public int Bootstraps { get; private set; }

    /// <summary>Every Job that ended, by component, in order; a failed one with an exclamation mark.</summary>
    public IReadOnlyList<string> Jobs
    {
        get
        {
            lock (_jobs)
                return [.. _jobs];
        }
    }

    /// <summary>Component → what its Jobs say before they fail; null: they stay as they are, neither failed nor complete.</summary>
    public ConcurrentDictionary<string, string?> Failing { get; } = new();

    private readonly List<string> _jobs = [];

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
                    await PlayAsync(node);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (Exception error)
        {
            // Workloads that stand still for no visible reason cost a day.
            Environment.FailFast($"the workload player cannot play {resource}: {error.Message}", error);
        }

        async Task PlayAsync(JsonObject node)
        {
            try
            {
                await play(node);
            }
            catch (Exception) when (_store.Get(resource, Text(node, "namespace"), Name(node)) is not { } now || Text(now, "uid") != Text(node, "uid"))
            {
                // It went while it was played: that it did comes next.
            }
        }
    });

    private async Task PlayJobAsync(JsonObject job)
    {
        if (job["status"]?["conditions"] is not null || Label(job) is not ("bootstrap" or "backup" or "migrate" or "policy-check" or "data-path") || Failing.TryGetValue(Label(job)!, out var words) && words is null)
            return;
        var (ns, name) = (Text(job, "namespace"), Text(job, "name"));
        var pod = new PodSpec(_store, ns, job["spec"]!["template"]!.AsObject());
        string? failure;
        string? success = null;
        try
        {
            if (words is null && Label(job) == "data-path")
            {
                if (!DataPathRun.IsPossible(live: _rucio is null) || pod.Files() is null)
                    return;
                var (passed, said) = await DataPathRun.RunAsync(pod, _rucio is null ? null : (home, service) => _rucio.Url($"/{home}/{service}"), _stop.Token);
                (failure, success) = passed ? ((string?)null, (string?)said) : (said, null);
            }
            else failure = words ?? (Label(job) is "backup" or "policy-check" ? null : pod.Config() is not { } config ? "a mounted Secret is missing"
                : Label(job) == "migrate" ? await MigrateAsync(config, pod.Command[^2], pod.Command[^1])
                : BootstrapScriptRun.IsPossible && !IsOld(pod.Image) ? await BootstrapScriptRun.RunAsync(pod, _stop.Token) : await StandInAsync(config, pod.Image));
        }
        catch (Npgsql.NpgsqlException error)
        {
            failure = error.Message;
        }
        if (failure is null && Label(job) == "bootstrap")
            Bootstraps++;
        lock (_jobs)
            _jobs.Add(Label(job) + (failure is null ? "" : "!"));
        SayLastWords(ns, name, failure, success);
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

        async Task<string?> StandInAsync(RucioConfig config, string image)
        {
            await StandInCatalogue.BootstrapAsync(_databases.ConnectionString(config), config, _stop.Token);
            // Of that release's catalogue only the revision is played: the tables are those of the newest line.
            if (IsOld(image))
                await StandInCatalogue.MoveAsync(_databases.ConnectionString(config), config.Schema, StandInCatalogue.AlembicRevision, StandInCatalogue.OldRevision, _stop.Token);
            return null;
        }

        async Task<string?> MigrateAsync(RucioConfig config, string from, string to) =>
            await StandInCatalogue.MoveAsync(_databases.ConnectionString(config), config.Schema, from, to, _stop.Token) ? null : $"The catalogue is not at revision {from}";
    }

    private static bool IsOld(string image) => image.Contains(":release-38.", StringComparison.Ordinal);

    /// <summary>The pod that stays behind, with the end of its log in the status.</summary>
    private void SayLastWords(string ns, string job, string? failure, string? success)
    {
        var labels = new JsonObject { ["batch.kubernetes.io/job-name"] = job };
        _store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Pod", ["metadata"] = new JsonObject { ["name"] = $"{job}-pod", ["namespace"] = ns, ["labels"] = labels }, ["spec"] = new JsonObject { ["containers"] = new JsonArray(new JsonObject { ["name"] = "job", ["image"] = "job" }) } });
        _store.PatchStatus("pods", ns, $"{job}-pod", new JsonObject
        {
            ["phase"] = failure is null ? "Succeeded" : "Failed",
            ["containerStatuses"] = new JsonArray(new JsonObject
            {
                ["name"] = "job",
                ["image"] = "",
                ["imageID"] = "",
                ["ready"] = false,
                ["restartCount"] = 0,
                ["state"] = new JsonObject { ["terminated"] = new JsonObject { ["exitCode"] = failure is null ? 0 : 1, ["message"] = failure ?? success, ["finishedAt"] = "2026-01-01T00:00:00Z" } },
            }),
        });
    }

    private Task PlayDeploymentAsync(JsonObject deployment)
    {
        var generation = deployment["metadata"]!["generation"]?.GetValue<long>() ?? 1;
        if (deployment["status"]?["observedGeneration"]?.GetValue<long>() == generation && (_rucio is null || IsServed(deployment)))
            return Task.CompletedTask;
        var (ns, name) = (Text(deployment, "namespace"), Text(deployment, "name"));
        if (_rucio is not null && IsServer(deployment) && !Serves(deployment))
            _rucio.Unregister(Prefix(deployment));
        else if (_rucio is not null && IsServer(deployment))
        {
            var pod = new PodSpec(_store, ns, deployment["spec"]!["template"]!.AsObject());
            if (pod.Config() is not { } config)
                return Task.CompletedTask;
            var server = _rucio!.Register(Prefix(deployment), config, _databases.ConnectionString(config), config["oidc", "idpsecrets"] is { } file ? pod.Files()!.GetValueOrDefault(file) : null);
            // Asked anew each time: the kubelet renews files, of folders at least.
            server.RseAccounts = pod.RseAccounts;
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

    /// <summary>A load balancer has an address at once.</summary>
    private Task PlayServiceAsync(JsonObject service)
    {
        if (service["spec"]?["type"]?.GetValue<string>() == "LoadBalancer" && service["status"]?["loadBalancer"]?["ingress"] is null)
            _store.PatchStatus("services", Text(service, "namespace"), Text(service, "name"), new JsonObject { ["loadBalancer"] = new JsonObject { ["ingress"] = new JsonArray(new JsonObject { ["ip"] = "192.0.2.1" }) } });
        return Task.CompletedTask;
    }

    private bool IsServed(JsonObject deployment) => !IsServer(deployment) || _rucio!.IsRegistered(Prefix(deployment)) == Serves(deployment);

    private static bool IsServer(JsonObject deployment) => Label(deployment) is "api" or "admin";

    /// <summary>Not one that is at 0, nor one whose pods only say that they are upgraded.</summary>
    private static bool Serves(JsonObject deployment) =>
        deployment["spec"]!["replicas"]?.GetValue<int>() != 0 && deployment["metadata"]!["labels"]?["rucio.cern.ch/role"]?.GetValue<string>() != "maintenance";

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
