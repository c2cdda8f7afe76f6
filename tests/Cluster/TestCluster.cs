using System.Text.Json.Nodes;
using k8s;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Cluster;

/// <summary>One real API server for the whole run with our definitions in it: started from KUBEBUILDER_ASSETS, or the one of KUBECONFIG.</summary>
internal sealed class TestCluster
{
    private static readonly Lazy<Task<TestCluster>> Shared = new(StartAsync);

    private TestCluster(string kubeconfig, bool isOwn)
    {
        (Kubeconfig, IsOwn) = (kubeconfig, isOwn);
        var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
        (Api, Store) = (new ClusterClient(client), new RemoteStore(new ClusterClient(client)));
    }

    public string Kubeconfig { get; }

    /// <summary>Started here: no controllers, nobody else.</summary>
    public bool IsOwn { get; }

    /// <summary>The server's roles view, edit and admin take in those that are labelled for them.</summary>
    public bool Aggregates => !IsOwn || KubeControlPlane.Aggregates(Variable("KUBEBUILDER_ASSETS")!);

    public ClusterClient Api { get; }

    public RemoteStore Store { get; }

    public static IEnumerable<JsonObject> Definitions() => Directory.GetFiles(Repository.Path("crds"), "*.yaml").Order(StringComparer.Ordinal).Select(f => Yaml.Parse(File.ReadAllText(f)).Single());

    /// <summary>Skips the test where there is no cluster.</summary>
    /// <param name="own">Where controllers of a cluster would play the workloads themselves.</param>
    public static async Task<TestCluster> GetAsync(bool own = false)
    {
        if (Variable("KUBEBUILDER_ASSETS") is null && (own || Variable("KUBECONFIG") is null))
            Assert.Ignore($"needs a Kubernetes API: KUBEBUILDER_ASSETS (a folder with etcd and kube-apiserver){(own ? "" : " or KUBECONFIG")} is not set");
        return await Shared.Value;
    }

    /// <summary>Definitions of the products whose objects we may make: those in the folder OPTIONAL_DEFINITIONS, else ours, which take any spec.</summary>
    public async Task ServeOptionalKindsAsync()
    {
        var given = Variable("OPTIONAL_DEFINITIONS") is { } folder
            ? Directory.GetFiles(folder, "*.yaml").SelectMany(file => Yaml.Parse(File.ReadAllText(file))).ToDictionary(definition => definition["metadata"]!["name"]!.GetValue<string>())
            : [];
        foreach (var (name, own) in OptionalDefinitions.All)
        {
            // A cluster of somebody's may have the product.
            if (Store.Get("customresourcedefinitions.apiextensions.k8s.io", "", name) is null)
                Store.Upsert(given.GetValueOrDefault(name, own));
            await UntilAsync("customresourcedefinitions.apiextensions.k8s.io", null, name, d => SandboxBed.Condition(d, "Established")?["status"]?.GetValue<string>() == "True");
        }
    }

    private static async Task<TestCluster> StartAsync()
    {
        var cluster = Variable("KUBEBUILDER_ASSETS") is { } assets ? new TestCluster(await KubeControlPlane.StartAsync(assets), true) : new TestCluster(Variable("KUBECONFIG")!, false);
        foreach (var definition in Definitions())
            cluster.Store.Upsert(definition);
        foreach (var definition in Definitions())
        {
            var name = definition["metadata"]!["name"]!.GetValue<string>();
            await cluster.UntilAsync("customresourcedefinitions.apiextensions.k8s.io", null, name, d => SandboxBed.Condition(d, "Established")?["status"]?.GetValue<string>() == "True");
        }
        return cluster;
    }

    /// <summary>A namespace of its own for a suite.</summary>
    public string NewNamespace()
    {
        var name = $"rucio-tests-{Guid.NewGuid():n}"[..24];
        Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } });
        return name;
    }

    public async Task<JsonObject> UntilAsync(string resource, string? ns, string name, Func<JsonObject, bool> holds, Func<string>? log = null)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        try
        {
            await foreach (var (change, node) in Store.WatchAsync(resource, ns, deadline.Token))
            {
                if (node["metadata"]!["name"]!.GetValue<string>() == name && change != ObjectEvent.Deleted && holds(node))
                    return node;
            }
        }
        catch (OperationCanceledException)
        {
        }
        throw new TimeoutException($"{resource} {ns}/{name} did not get there: {Store.Get(resource, ns ?? "", name)?.ToJsonString() ?? "absent"}\n{log?.Invoke()}");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
