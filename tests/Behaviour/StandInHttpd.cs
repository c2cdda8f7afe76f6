using System.Net;
using System.Net.Sockets;
using System.Text;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using Org.BouncyCastle.X509;
using RucioOperator.Sandbox.Postgres;
using BcCertificate = Org.BouncyCastle.X509.X509Certificate;

namespace RucioOperator.Tests.Behaviour;

/// <summary>
/// The httpd in front of an auth server, as far as client certificates go: who gets through, and what is said to whom does
/// not. It can be told to have the image's hole.
/// </summary>
internal sealed class StandInHttpd : IAsyncDisposable
{
    private static readonly DerObjectIdentifier ProxyCertInfo = new("1.3.6.1.5.5.7.1.14");

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly (byte[] Certificate, byte[] Key) _own;
    private readonly Func<IEnumerable<string>> _authorities;
    private readonly Task _loop;

    /// <param name="authorities">PEM texts of those it trusts, asked for at each connection.</param>
    public StandInHttpd(ThrowAwayAuthority issuer, Func<IEnumerable<string>> authorities)
    {
        var (certificate, key) = issuer.IssueToPerson("localhost");
        _own = (Der(certificate), Der(key));
        _authorities = authorities;
        _listener.Start();
        _loop = AcceptAsync();
    }

    public string Url => $"https://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    /// <summary>False: any certificate will do, as in the image.</summary>
    public bool Verifies { get; set; } = true;

    /// <summary>False: as httpd without GridSite.</summary>
    public bool TakesProxies { get; set; } = true;

    /// <summary>Handshakes so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    private int _connections;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = Task.Run(() => Serve(client));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Serve(TcpClient client)
    {
        using var _ = client;
        Interlocked.Increment(ref _connections);
        try
        {
            var server = new Server(this);
            var tls = new TlsServerProtocol(client.GetStream());
            tls.Accept(server);
            var request = new byte[4096];
            var length = tls.Stream.Read(request, 0, request.Length);
            var path = Encoding.ASCII.GetString(request, 0, length).Split(' ')[1];
            tls.Stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {Answer(path, server.HasCertificate)}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
            tls.Close();
        }
        catch (IOException)
        {
            // Refused, or gone.
        }
    }

    private string Answer(string path, bool certificate) => !path.StartsWith("/auth/x509", StringComparison.Ordinal) ? "200 OK"
        : certificate ? "401 Unauthorized\r\nExceptionClass: CannotAuthenticate" : Verifies ? "403 Forbidden" : "401 Unauthorized\r\nExceptionClass: CannotAuthenticate";

    /// <summary>Proxies first, each signed by the next; the last one that is none by an authority.</summary>
    private bool Accepts(IReadOnlyList<BcCertificate> chain)
    {
        if (!Verifies)
            return true;
        var n = 0;
        for (; chain[n].GetExtensionValue(ProxyCertInfo) is not null; n++)
        {
            if (!TakesProxies || n + 1 >= chain.Count || !SignedBy(chain[n], chain[n + 1]))
                return false;
        }
        return _authorities().Select(pem => new BcCertificate(Der(pem))).Any(authority => SignedBy(chain[n], authority));
    }

    private static bool SignedBy(BcCertificate certificate, BcCertificate issuer)
    {
        if (!certificate.IssuerDN.Equivalent(issuer.SubjectDN))
            return false;
        try
        {
            certificate.Verify(issuer.GetPublicKey());
            return true;
        }
        catch (GeneralSecurityException)
        {
            return false;
        }
    }

    private static byte[] Der(string pem)
    {
        var fields = System.Security.Cryptography.PemEncoding.Find(pem);
        return Convert.FromBase64String(pem[fields.Base64Data]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Dispose();
        _stop.Dispose();
    }

    private sealed class Server(StandInHttpd httpd) : DefaultTlsServer(new BcTlsCrypto(new SecureRandom()))
    {
        public bool HasCertificate { get; private set; }

        protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv12.Only();

        protected override TlsCredentialedSigner GetRsaSignerCredentials()
        {
            var crypto = (BcTlsCrypto)Crypto;
            return new BcDefaultTlsCredentialedSigner(new TlsCryptoParameters(m_context), crypto, PrivateKeyFactory.CreateKey(httpd._own.Key),
                new Certificate([crypto.CreateCertificate(httpd._own.Certificate)]), SignatureAndHashAlgorithm.GetInstance(HashAlgorithm.sha256, SignatureAlgorithm.rsa));
        }

        public override CertificateRequest GetCertificateRequest() =>
            new([ClientCertificateType.rsa_sign], [SignatureAndHashAlgorithm.GetInstance(HashAlgorithm.sha256, SignatureAlgorithm.rsa)], null);

        public override void NotifyClientCertificate(Certificate clientCertificate)
        {
            if (clientCertificate.IsEmpty)
                return;
            if (!httpd.Accepts([.. clientCertificate.GetCertificateList().Select(c => new BcCertificate(c.GetEncoded()))]))
                throw new TlsFatalAlert(AlertDescription.unknown_ca);
            HasCertificate = true;
        }
    }
}
