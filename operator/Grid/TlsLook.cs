using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using RucioOperator.Observed;

namespace RucioOperator.Grid;

/// <summary>
/// A TLS handshake that is carried on whatever the certificate is, and what there is against it. Nothing is fetched for it: a
/// certificate may name any address as the place of its issuer or of its revocation list.
/// </summary>
internal sealed class TlsLook : IDisposable
{
    private TlsLook(Stream tcp, string host, string trust, DateTimeOffset now)
    {
        Stream = new SslStream(tcp);
        _options = new()
        {
            TargetHost = host,
            CertificateChainPolicy = new() { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            {
                if (certificate is not null)
                {
                    using var leaf = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
                    Expires = new DateTimeOffset(leaf.NotAfter.ToUniversalTime());
                    Fault = Against(leaf, chain, errors, trust, now);
                }
                return true;
            },
            LocalCertificateSelectionCallback = (_, _, _, server, _) =>
            {
                WantsCertificate |= server is not null;
                return null!;
            },
        };
    }

    private readonly SslClientAuthenticationOptions _options;

    public SslStream Stream { get; }

    /// <summary>One of <see cref="EndpointResult"/>; null: nothing against it.</summary>
    public string? Fault { get; private set; } = EndpointResult.TlsFailed;
    public DateTimeOffset? Expires { get; private set; }

    /// <summary>The server asked for a certificate of ours.</summary>
    public bool WantsCertificate { get; private set; }

    /// <summary>One can talk within.</summary>
    public bool IsOpen => Stream.IsAuthenticated;

    public static async Task<TlsLook> AtAsync(Stream tcp, string host, string trust, DateTimeOffset now, CancellationToken ct)
    {
        var look = new TlsLook(tcp, host, trust, now);
        try
        {
            await look.Stream.AuthenticateAsClientAsync(look._options, ct);
        }
        catch (Exception error) when (error is AuthenticationException or IOException && !ct.IsCancellationRequested)
        {
            if (!look.WantsCertificate)
            {
                // Not for want of a certificate of ours: a server that shows its own and hangs up is broken.
                look.Fault = EndpointResult.TlsFailed;
            }
        }
        catch
        {
            look.Dispose();
            throw;
        }
        return look;
    }

    public void Dispose() => Stream.Dispose();

    /// <summary>First rule that fits wins.</summary>
    private static string? Against(X509Certificate2 leaf, X509Chain? chain, SslPolicyErrors errors, string trust, DateTimeOffset now)
    {
        if (leaf.NotAfter.ToUniversalTime() < now)
        {
            return EndpointResult.CertificateExpired;
        }
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            return EndpointResult.CertificateForOtherHost;
        }
        return errors == SslPolicyErrors.None || trust.Length > 0 && TrustedHttp.IsOf(trust, leaf, chain) ? null : EndpointResult.CertificateUntrusted;
    }
}
