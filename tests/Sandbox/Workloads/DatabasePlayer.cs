using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Sandbox.Workloads;

/// <summary>
/// Database servers inside the cluster: a StatefulSet's pod runs as a real PostgreSQL with the files, arguments and volume
/// of its template; a Cluster gets a PostgreSQL, Secrets and a status as CloudNativePG makes them.
/// </summary>
internal sealed class DatabasePlayer(IKubeStore store) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Ns, string Service), int> _ports = new();
    private readonly ConcurrentDictionary<(string Ns, string Claim), string> _volumes = new();
    private readonly Dictionary<string, (long Generation, IAsyncDisposable Server)> _running = [];

    public int Port(string ns, string service) => _ports.GetOrAdd((ns, service), _ => PostgresServer.FreePort());

    /// <summary>Names of Services mean nothing outside a cluster.</summary>
    public string ConnectionString(RucioConfig config) =>
        new NpgsqlConnectionStringBuilder(config.ConnectionString()).Host!.Split('.') is [var service, var ns, "svc"] ? config.ConnectionString("127.0.0.1", Port(ns, service)) : config.ConnectionString();

    public async Task PlayStatefulSetAsync(JsonObject set)
    {
        var (ns, name, generation) = (Text(set, "namespace"), Text(set, "name"), set["metadata"]!["generation"]?.GetValue<long>() ?? 1);
        if (_running.TryGetValue($"{ns}/{name}", out var before) && before.Generation == generation)
            return;
        var pod = new PodSpec(store, ns, set["spec"]!["template"]!.AsObject());
        if (pod.Files() is not { } files || pod.Claim is not { } claim || store.Get("persistentvolumeclaims", ns, claim) is null)
            return;
        await StopAsync(set);
        var volume = _volumes.GetOrAdd((ns, claim), _ => Directory.CreateTempSubdirectory("rucio-sandbox-volume-").FullName);
        _running[$"{ns}/{name}"] = (generation, await PodPostgres.StartAsync(pod, files, volume, Port(ns, set["spec"]!["serviceName"]!.GetValue<string>())));
        store.PatchStatus("statefulsets.apps", ns, name, new JsonObject { ["observedGeneration"] = generation, ["replicas"] = 1, ["readyReplicas"] = 1, ["availableReplicas"] = 1, ["currentReplicas"] = 1 });
    }

    public async Task StopAsync(JsonObject workload)
    {
        if (_running.Remove($"{Text(workload, "namespace")}/{Text(workload, "name")}", out var server))
            await server.Server.DisposeAsync();
    }

    public Task RemoveVolumeAsync(JsonObject claim)
    {
        if (_volumes.TryRemove((Text(claim, "namespace"), Text(claim, "name")), out var directory))
            Directory.Delete(directory, recursive: true);
        return Task.CompletedTask;
    }

    public async Task PlayClusterAsync(JsonObject cluster, CancellationToken ct)
    {
        var (ns, name) = (Text(cluster, "namespace"), Text(cluster, "name"));
        if (_running.ContainsKey($"{ns}/{name}"))
            return;
        store.PatchStatus(OptionalDefinitions.Cluster, ns, name, new JsonObject { ["phase"] = "Setting up primary", ["instances"] = 1, ["readyInstances"] = 0 });
        var service = $"{name}-rw";
        var server = await PostgresServer.StartAsync([$"{service}.{ns}.svc", service], Port(ns, service), ct);
        _running[$"{ns}/{name}"] = (0, server);
        var how = (cluster["spec"]!["bootstrap"]!["initdb"] ?? cluster["spec"]!["bootstrap"]!["recovery"])!;
        var (owner, database, password) = (how["owner"]!.GetValue<string>(), how["database"]!.GetValue<string>(), Guid.NewGuid().ToString("n"));
        await using (var admin = NpgsqlDataSource.Create(server.SuperuserConnectionString))
        {
            List<string> statements = [$"CREATE ROLE {owner} LOGIN PASSWORD '{password}'", $"CREATE DATABASE {database} OWNER {owner}"];
            foreach (var role in cluster["spec"]!["managed"]?["roles"] as JsonArray ?? [])
            {
                var secret = store.Get("secrets", ns, role!["passwordSecret"]!["name"]!.GetValue<string>())!;
                if (secret["type"]!.GetValue<string>() != "kubernetes.io/basic-auth" || Data(secret, "username") != role["name"]!.GetValue<string>())
                    throw new InvalidOperationException("CloudNativePG takes Secrets of type kubernetes.io/basic-auth whose username is the role's");
                statements.Add($"CREATE ROLE {Data(secret, "username")} LOGIN PASSWORD '{Data(secret, "password")}'");
            }
            foreach (var sql in statements)
            {
                await using var command = admin.CreateCommand(sql);
                await command.ExecuteNonQueryAsync(ct);
            }
        }
        AddSecret(cluster, $"{name}-ca", ("ca.crt", server.CaPem), ("ca.key", "CloudNativePG's own"));
        AddSecret(cluster, $"{name}-app", ("username", owner), ("password", password), ("dbname", database), ("host", service), ("port", "5432"));
        store.PatchStatus(OptionalDefinitions.Cluster, ns, name, new JsonObject
        {
            ["phase"] = "Cluster in healthy state",
            ["instances"] = 1,
            ["readyInstances"] = 1,
            ["currentPrimary"] = $"{name}-1",
            ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True", ["reason"] = "ClusterIsReady", ["message"] = "Cluster is Ready" }),
        });
    }

    private void AddSecret(JsonObject cluster, string name, params (string Key, string Value)[] data) => store.Upsert(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject
        {
            ["name"] = name,
            ["namespace"] = Text(cluster, "namespace"),
            ["ownerReferences"] = new JsonArray(new JsonObject { ["apiVersion"] = cluster["apiVersion"]!.DeepClone(), ["kind"] = "Cluster", ["name"] = Text(cluster, "name"), ["uid"] = Text(cluster, "uid"), ["controller"] = true }),
        },
        ["stringData"] = new JsonObject(data.Select(d => KeyValuePair.Create(d.Key, (JsonNode?)d.Value))),
    });

    private static string Data(JsonObject secret, string key) => Encoding.UTF8.GetString(Convert.FromBase64String(secret["data"]![key]!.GetValue<string>()));

    private static string Text(JsonObject node, string name) => node["metadata"]![name]!.GetValue<string>();

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, server) in _running.Values)
            await server.DisposeAsync();
        foreach (var directory in _volumes.Values)
            Directory.Delete(directory, recursive: true);
    }
}
