using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using k8s;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Cluster;

/// <summary>
/// etcd and kube-apiserver of KUBEBUILDER_ASSETS on loopback, as envtest runs them: no nodes, and of controllers, where kube-controller-manager
/// is there, too, only the one that puts aggregated roles together. Gone with this
/// process, even when that is killed: a shell watches our end of its standard input.
/// </summary>
internal static class KubeControlPlane
{
    private const string Watch = """
        trap : INT HUP TERM
        log=$1; shift
        "$@" > "$log" 2>&1 &
        server=$!
        cat > /dev/null
        kill -KILL $server 2> /dev/null
        wait $server
        """;

    /// <summary>A shell of the run keeps the directory until the servers are down, then removes it.</summary>
    private const string Sweep = "trap : INT HUP TERM; cat > /dev/null; sleep 1; rm -rf \"$1\"";

    /// <returns>Path of an administrator's kubeconfig.</returns>
    public static async Task<string> StartAsync(string assets)
    {
        var directory = Directory.CreateTempSubdirectory("rucio-cluster-").FullName;
        string In(string name) => Path.Combine(directory, name);
        var (port, etcd, peers) = (FreePort(), FreePort(), FreePort());
        using var authority = new ThrowAwayAuthority("test cluster CA");
        var (certificate, key) = authority.Issue("kube-apiserver", "localhost", "kubernetes.default.svc", "127.0.0.1", "10.0.0.1");
        using var accounts = RSA.Create(2048);
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        await File.WriteAllTextAsync(In("ca.crt"), authority.CaPem);
        await File.WriteAllTextAsync(In("server.crt"), certificate);
        await File.WriteAllTextAsync(In("server.key"), key);
        await File.WriteAllTextAsync(In("accounts.key"), accounts.ExportRSAPrivateKeyPem());
        await File.WriteAllTextAsync(In("tokens.csv"), $"{token},admin,admin,system:masters\n");
        await File.WriteAllTextAsync(In("kubeconfig"), $$$"""
            apiVersion: v1
            kind: Config
            current-context: test
            clusters: [{name: test, cluster: {server: "https://127.0.0.1:{{{port}}}", certificate-authority-data: "{{{Convert.ToBase64String(Encoding.ASCII.GetBytes(authority.CaPem))}}}"}}]
            users: [{name: test, user: {token: "{{{token}}}"}}]
            contexts: [{name: test, context: {cluster: test, user: test, namespace: default}}]

            """);

        StartWatched(Watch, In("etcd.log"), Path.Combine(assets, "etcd"), "--data-dir", In("etcd"), "--unsafe-no-fsync", "--log-level", "warn",
            "--listen-client-urls", $"http://127.0.0.1:{etcd}", "--advertise-client-urls", $"http://127.0.0.1:{etcd}",
            "--listen-peer-urls", $"http://127.0.0.1:{peers}", "--initial-advertise-peer-urls", $"http://127.0.0.1:{peers}", "--initial-cluster", $"default=http://127.0.0.1:{peers}");
        StartWatched(Watch, In("kube-apiserver.log"), Path.Combine(assets, "kube-apiserver"), $"--etcd-servers=http://127.0.0.1:{etcd}",
            "--bind-address=127.0.0.1", $"--secure-port={port}", "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
            $"--tls-cert-file={In("server.crt")}", $"--tls-private-key-file={In("server.key")}", $"--client-ca-file={In("ca.crt")}",
            $"--token-auth-file={In("tokens.csv")}", "--authorization-mode=RBAC", "--service-account-issuer=https://kubernetes.default.svc",
            $"--service-account-signing-key-file={In("accounts.key")}", $"--service-account-key-file={In("accounts.key")}",
            "--service-cluster-ip-range=10.0.0.0/24", "--profiling=false", "--disable-admission-plugins=ServiceAccount",
            // As on OpenShift: who may not touch an owner's finalizers may not make it wait.
            "--enable-admission-plugins=OwnerReferencesPermissionEnforcement");
        StartWatched(Sweep, directory);
        await ReadyAsync(In("kubeconfig"), In("kube-apiserver.log"));
        if (Aggregates(assets))
            StartWatched(Watch, In("kube-controller-manager.log"), Path.Combine(assets, "kube-controller-manager"), $"--kubeconfig={In("kubeconfig")}", $"--authentication-kubeconfig={In("kubeconfig")}",
                $"--authorization-kubeconfig={In("kubeconfig")}", "--controllers=clusterrole-aggregation-controller", "--leader-elect=false", "--secure-port=0");
        return In("kubeconfig");
    }

    public static bool Aggregates(string assets) => File.Exists(Path.Combine(assets, "kube-controller-manager"));

    private static async Task ReadyAsync(string kubeconfig, string log)
    {
        using var client = new Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
        var began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                if ((await new ClusterClient(client).SendAsync("GET", "readyz")).Status == 200)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(90))
                throw new TimeoutException($"kube-apiserver is not ready: {string.Join('\n', (await File.ReadAllLinesAsync(log)).TakeLast(10))}");
            await Task.Delay(100);
        }
    }

    private static void StartWatched(string script, params string[] command)
    {
        var start = new ProcessStartInfo("sh") { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var argument in (string[])["-c", script, "watcher", .. command])
            start.ArgumentList.Add(argument);
        Kept.Add(Process.Start(start)!);
    }

    /// <summary>Their standard input must stay open as long as this process lives.</summary>
    private static readonly List<Process> Kept = [];

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
