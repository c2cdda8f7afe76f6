using k8s;

namespace RucioOperator.Hosting;

/// <summary>The connection to the API server: KUBECONFIG, ~/.kube/config, or in-cluster.</summary>
public static class KubeConnection
{
    public static Kubernetes Open() => Open(KubernetesClientConfiguration.BuildDefaultConfig());

    public static Kubernetes Open(KubernetesClientConfiguration configuration)
    {
        configuration.UserAgent = "rucio-operator";
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
        };
        return new Kubernetes(configuration);
    }
}
