using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Observed;

/// <summary>Clients for servers that the platform engineer names: the system's authorities are trusted, and those of a bundle.</summary>
/// <param name="redirects">None where a call carries a credential: it must not travel on.</param>
public sealed class TrustedHttp(int redirects)
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    private readonly ConcurrentDictionary<string, HttpClient> clients = [];

    /// <param name="bundle">PEM texts of authorities; empty: the system's alone.</param>
    public HttpClient For(string bundle) => clients.GetOrAdd(bundle, Client);

    private HttpClient Client(string bundle)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            AllowAutoRedirect = redirects > 0,
            MaxAutomaticRedirections = Math.Max(redirects, 1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
            // Our trace is nobody else's business.
            ActivityHeadersPropagator = null,
        };
        if (bundle.Length > 0)
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPem(bundle);
            handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, chain, errors) => errors switch
            {
                SslPolicyErrors.None => true,
                // Anything else, a wrong name above all, no authority can put right.
                SslPolicyErrors.RemoteCertificateChainErrors => certificate is not null && IsOf(authorities, certificate, chain),
                _ => false,
            };
        }
        return new HttpClient(handler) { MaxResponseContentBufferSize = 16 * 1024 * 1024, Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Vouched for by an authority of the bundle with what the server sent along; nothing is fetched.</summary>
    public static bool IsOf(string bundle, X509Certificate certificate, X509Chain? sent)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(bundle);
        return IsOf(authorities, certificate, sent, fetch: false);
    }

    private static bool IsOf(X509Certificate2Collection authorities, X509Certificate certificate, X509Chain? sent, bool fetch = true)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.DisableCertificateDownloads = !fetch;
        using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        foreach (var element in sent?.ChainElements ?? Enumerable.Empty<X509ChainElement>())
        {
            chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        }
        chain.ChainPolicy.ExtraStore.AddRange(sent?.ChainPolicy.ExtraStore ?? []);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(ServerAuthentication);
        return chain.Build(leaf);
    }
}
