using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace RucioOperator.RucioApi;

/// <summary>One Rucio server the operator speaks to; keeps its connections and its tokens.</summary>
public sealed class RucioServer : IDisposable
{
    private readonly RucioHttp _http;

    /// <param name="baseUrl">With or without a path prefix.</param>
    /// <param name="pinnedCertificate">PEM of the one server certificate that is accepted; null leaves it to the system's trust.</param>
    public RucioServer(Uri baseUrl, string? pinnedCertificate) : this(baseUrl, baseUrl, pinnedCertificate is null ? null : Pinned(pinnedCertificate)) => PinnedCertificate = pinnedCertificate;

    private RucioServer(Uri baseUrl, Uri authUrl, SslClientAuthenticationOptions? tls)
    {
        BaseUrl = Folder(baseUrl);
        AuthUrl = Folder(authUrl);
        var handler = new SocketsHttpHandler
        {
            // Rucio answers a missing slash with a redirect; following it would change the method.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            AutomaticDecompression = DecompressionMethods.All,
            MaxConnectionsPerServer = 4,
            // RucioHttp tells the trace itself.
            ActivityHeadersPropagator = null,
        };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }
        _http = new RucioHttp(new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(120) }, TimeProvider.System);
    }

    /// <param name="authUrl">Where logins go; many sites have a host of its own for them.</param>
    /// <param name="caPem">The only authorities that may vouch for the server; null leaves it to the system's trust.</param>
    /// <exception cref="System.Security.Cryptography.CryptographicException">No certificate in there.</exception>
    public static RucioServer Trusting(Uri baseUrl, Uri authUrl, string? caPem) => new(baseUrl, authUrl, caPem is null ? null : Vouched(caPem));

    /// <summary>For checks: they call themselves by another name, and don't wait long.</summary>
    /// <param name="servedAs">Host in the server's certificate, where the URL has another.</param>
    public static RucioServer ForChecks(Uri baseUrl, string? pinnedCertificate, string? servedAs)
    {
        var tls = pinnedCertificate is not null ? Pinned(pinnedCertificate) : servedAs is not null ? new SslClientAuthenticationOptions { TargetHost = servedAs } : null;
        var server = new RucioServer(baseUrl, baseUrl, tls);
        server._http.Client.Timeout = TimeSpan.FromSeconds(15);
        server._http.Client.DefaultRequestHeaders.UserAgent.ParseAdd(IsolationProbe.UserAgent);
        return server;
    }

    /// <summary>Whose server it is, as namespace/name, for figures; null: calls are not counted.</summary>
    public string? Instance { get => _http.Instance; set => _http.Instance = value; }

    public Uri BaseUrl { get; }

    public Uri AuthUrl { get; }

    public string? PinnedCertificate { get; }

    public RucioSession As(RucioCredential credential, TimeProvider time) => new(_http, BaseUrl, AuthUrl, credential, time);

    /// <summary>The release that runs there; needs no login.</summary>
    /// <exception cref="RucioUnavailableException">Nobody answers, or it isn't a Rucio.</exception>
    public async Task<string> PingAsync(CancellationToken ct)
    {
        const string operation = "GET /ping";
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(BaseUrl, "ping"));
            using var response = (await _http.SendAsync(request, "ping", ct)).EnsureSuccessStatusCode();
            using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(ct));
            return json.RootElement.GetProperty("version").GetString() ?? "";
        }
        catch (HttpRequestException error)
        {
            throw new RucioUnavailableException(operation, error.StatusCode is { } status ? $"status {(int)status}" : error.HttpRequestError.ToString(), error);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RucioUnavailableException(operation, "the answer is not Rucio's", error);
        }
        catch (OperationCanceledException error) when (!ct.IsCancellationRequested)
        {
            throw new RucioUnavailableException(operation, "no answer in time", error);
        }
    }

    private static Uri Folder(Uri url) => new(url.AbsoluteUri.TrimEnd('/') + "/");

    private static SslClientAuthenticationOptions Pinned(string pem)
    {
        var pinned = X509Certificate2.CreateFromPem(pem).GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        return new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                certificate is not null && certificate.GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256).AsSpan().SequenceEqual(pinned),
        };
    }

    private static SslClientAuthenticationOptions Vouched(string pem)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPem(pem);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>Who logs in, as which account of which VO.</summary>
public sealed record RucioCredential(string Username, string Password, string Account, string Vo)
{
    public override string ToString() => $"{Account}@{Vo}";
}
