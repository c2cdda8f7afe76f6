using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Runtime;

/// <summary>An API server in the process and our client on it; informers run until disposed.</summary>
internal sealed class KubeBed : IAsyncDisposable
{
    public const string Ns = "default";

    private readonly CancellationTokenSource stop = new();
    private readonly List<Task> running = [];
    private readonly Kubernetes client;

    private KubeBed(KubeApiServer server)
    {
        Server = server;
        client = new Kubernetes(new KubernetesClientConfiguration { Host = server.Url.ToString() });
        Api = new KubeApi(client, TimeProvider.System);
    }

    public KubeApiServer Server { get; }
    public KubeApi Api { get; }

    public static async Task<KubeBed> StartAsync() => new(await KubeApiServer.StartAsync());

    public async Task<Informer<T>> FollowAsync<T>(string? labelSelector = null, Action<Informer<T>>? before = null, ResourceKind? kind = null) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var informer = new Informer<T>(Api, new InformerOptions<T> { LabelSelector = labelSelector, Kind = kind }, TimeProvider.System, new Random(1), NullLogger.Instance);
        before?.Invoke(informer);
        running.Add(informer.RunAsync(stop.Token));
        await informer.Synced;
        return informer;
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(running);
        await Server.DisposeAsync();
        client.Dispose();
        stop.Dispose();
    }
}
