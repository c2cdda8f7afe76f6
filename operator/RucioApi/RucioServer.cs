using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.RucioApi;

/// <summary>One Rucio server the operator speaks to; keeps its connections and its tokens.</summary>
public sealed class RucioServer : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="baseUrl">With or without a path prefix.</param>
    /// <param name="pinnedCertificate">PEM of the one server certificate that is accepted; null leaves it to the system's trust.</param>
    public RucioServer(Uri baseUrl, string? pinnedCertificate)
    {
        BaseUrl = new Uri(baseUrl.AbsoluteUri.TrimEnd('/') + "/");
        PinnedCertificate = pinnedCertificate;
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
        };
        if (pinnedCertificate is not null)
        {
            var pinned = X509Certificate2.CreateFromPem(pinnedCertificate).GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                    certificate is not null && certificate.GetCertHash(System.Security.Cryptography.HashAlgorithmName.SHA256).AsSpan().SequenceEqual(pinned),
            };
        }
        _http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(120) };
    }

    public Uri BaseUrl { get; }

    public string? PinnedCertificate { get; }

    public RucioSession As(RucioCredential credential, TimeProvider time) => new(_http, BaseUrl, credential, time);

    public void Dispose() => _http.Dispose();
}

/// <summary>Who logs in, as which account of which VO.</summary>
public sealed record RucioCredential(string Username, string Password, string Account, string Vo)
{
    public override string ToString() => $"{Account}@{Vo}";
}
