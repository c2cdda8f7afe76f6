using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using NUnit.Framework;

namespace RucioOperator.Tests.Cluster;

/// <summary>A real kube-apiserver and etcd of its own, from the programs in KUBEBUILDER_ASSETS; all state goes with it.</summary>
internal sealed class RealKubernetes : IAsyncDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("rucio-operator-cluster-").FullName;
    private readonly List<Process> processes = [];

    private RealKubernetes(int port, string token)
    {
        Client = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } }) { BaseAddress = new Uri($"https://127.0.0.1:{port}") };
        Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public HttpClient Client { get; }

    /// <summary>Skips the test where the programs are missing.</summary>
    public static async Task<RealKubernetes> StartAsync(CancellationToken ct)
    {
        if (Environment.GetEnvironmentVariable("KUBEBUILDER_ASSETS") is not { Length: > 0 } assets)
        {
            Assert.Ignore("needs a real Kubernetes API: set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver");
            throw new InvalidOperationException();
        }

        var (port, token) = (FreePort(), Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));
        var kubernetes = new RealKubernetes(port, token);
        try
        {
            await kubernetes.RunAsync(assets, port, token, ct);
            return kubernetes;
        }
        catch
        {
            await kubernetes.DisposeAsync();
            throw;
        }
    }

    public async Task<(HttpStatusCode Status, JsonObject Body)> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken ct, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue(contentType));
        using var response = await Client.SendAsync(request, ct);
        return (response.StatusCode, JsonNode.Parse(await response.Content.ReadAsStringAsync(ct))!.AsObject());
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        foreach (var process in Enumerable.Reverse(processes))
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
        Directory.Delete(directory, recursive: true);
    }

    private async Task RunAsync(string assets, int port, string token, CancellationToken ct)
    {
        var (clients, peers) = ($"http://127.0.0.1:{FreePort()}", $"http://127.0.0.1:{FreePort()}");
        string File(string name) => Path.Combine(directory, name);
        await System.IO.File.WriteAllTextAsync(File("tokens.csv"), $"{token},admin,admin,system:masters\n", ct);
        using (var key = RSA.Create(2048))
        {
            await System.IO.File.WriteAllTextAsync(File("sa.key"), key.ExportRSAPrivateKeyPem(), ct);
            await System.IO.File.WriteAllTextAsync(File("sa.pub"), key.ExportSubjectPublicKeyInfoPem(), ct);
        }

        Start(assets, "etcd", "--data-dir", File("etcd"), "--unsafe-no-fsync", "--listen-client-urls", clients, "--advertise-client-urls", clients,
            "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", $"default={peers}");
        Start(assets, "kube-apiserver", $"--etcd-servers={clients}", "--bind-address=127.0.0.1", $"--secure-port={port}", $"--cert-dir={File("certs")}",
            "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none", $"--token-auth-file={File("tokens.csv")}", "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc", $"--service-account-signing-key-file={File("sa.key")}", $"--service-account-key-file={File("sa.pub")}",
            "--service-cluster-ip-range=10.0.0.0/24", "--disable-admission-plugins=ServiceAccount");
        await UntilAsync(async () =>
        {
            if (processes.FirstOrDefault(p => p.HasExited) is { } dead)
                throw new InvalidOperationException($"{dead.StartInfo.FileName} ended with {dead.ExitCode}");
            try
            {
                return (await Client.GetAsync("/readyz", ct)).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "ready", ct);
    }

    /// <summary>Asks again every 100 ms until it holds; fails after two minutes.</summary>
    public static async Task UntilAsync(Func<Task<bool>> holds, string what, CancellationToken ct)
    {
        var deadline = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (!await holds())
        {
            if (deadline.Elapsed > TimeSpan.FromMinutes(2))
                throw new TimeoutException($"Kubernetes API: not {what} within two minutes");
            await timer.WaitForNextTickAsync(ct);
        }
    }

    private void Start(string assets, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(assets, program), arguments) { RedirectStandardError = true, RedirectStandardOutput = true, WorkingDirectory = directory };
        var process = Process.Start(start)!;
        // Nobody reads it, but a full pipe would stop the server.
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        processes.Add(process);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
