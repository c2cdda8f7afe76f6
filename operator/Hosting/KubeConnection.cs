using k8s;

namespace RucioOperator.Hosting;

/// <summary>The connection to the API server: KUBECONFIG, ~/.kube/config, or in-cluster.</summary>
public static class KubeConnection
{
    /// <param name="identity">Of this process, so that the API's log tells one replica's requests from another's.</param>
    public static Kubernetes Open(string? identity = null) => Open(KubernetesClientConfiguration.BuildDefaultConfig(), identity);

    public static Kubernetes Open(KubernetesClientConfiguration configuration, string? identity = null)
    {
        configuration.UserAgent = $"rucio-operator/{typeof(KubeConnection).Assembly.GetName().Version?.ToString(3)}{(identity is null ? "" : $" ({identity})")}";
        // Calls have their own limit; a watch has none.
        configuration.HttpClientTimeout = Timeout.InfiniteTimeSpan;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            if (handler is not SocketsHttpHandler sockets)
                return;
            // A node that vanished without a word is noticed in half a minute, not in three and a half.
            sockets.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            sockets.KeepAlivePingDelay = TimeSpan.FromSeconds(20);
            sockets.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
            sockets.EnableMultipleHttp2Connections = true;
            sockets.ConnectTimeout = TimeSpan.FromSeconds(10);
            // KubeApi tells the trace itself; left to the handler it would hang below a span that nobody exports.
            sockets.ActivityHeadersPropagator = null;
        };
        return new Kubernetes(configuration);
    }
}
