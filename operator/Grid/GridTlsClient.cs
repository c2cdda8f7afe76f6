using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using CertificateRequest = Org.BouncyCastle.Tls.CertificateRequest;

namespace RucioOperator.Grid;

/// <summary>TLS 1.2 or 1.3 with a client certificate that may be a proxy, presented with its whole chain.</summary>
/// <param name="credential">Null: none is presented.</param>
/// <param name="against">What there is against the server's certificates, its own first; null: nothing.</param>
internal sealed class GridTlsClient(string serverName, ClientCredential? credential, Func<IReadOnlyList<X509Certificate2>, string?> against) : DefaultTlsClient(new BcTlsCrypto(new SecureRandom()))
{
    /// <summary>The server asked for a certificate and was given ours.</summary>
    public bool Presented { get; private set; }

    /// <summary>Why the handshake was ended by us.</summary>
    public string? Distrust { get; private set; }

    protected override ProtocolVersion[] GetSupportedVersions() => ProtocolVersion.TLSv13.DownTo(ProtocolVersion.TLSv12);

    protected override IList<ServerName>? GetSniServerNames() =>
        IPAddress.TryParse(serverName, out _) ? null : [new ServerName(NameType.host_name, Encoding.ASCII.GetBytes(serverName))];

    public override TlsAuthentication GetAuthentication() => new Authentication(this);

    private void Check(TlsServerCertificate server)
    {
        var presented = server.Certificate.GetCertificateList().Select(c => X509CertificateLoader.LoadCertificate(c.GetEncoded())).ToList();
        Distrust = presented.Count == 0 ? "is missing" : against(presented);
        presented.ForEach(c => c.Dispose());
        if (Distrust is not null)
        {
            throw new TlsFatalAlert(AlertDescription.bad_certificate);
        }
    }

    private BcDefaultTlsCredentialedSigner? Credentials(CertificateRequest wanted)
    {
        if (credential is null)
        {
            return null;
        }
        Presented = true;
        var crypto = (BcTlsCrypto)Crypto;
        var isTls13 = TlsUtilities.IsTlsV13(m_context);
        var chain = credential.Chain.Select(c => crypto.CreateCertificate(c.RawData)).ToArray();
        var certificate = isTls13
            ? new Certificate(wanted.GetCertificateRequestContext(), [.. chain.Select(c => new CertificateEntry(c, null))])
            : new Certificate(chain);
        var key = PrivateKeyFactory.CreateKey(credential.Key.ExportPkcs8PrivateKey());
        var algorithm = isTls13 ? SignatureAndHashAlgorithm.rsa_pss_rsae_sha256 : SignatureAndHashAlgorithm.GetInstance(HashAlgorithm.sha256, SignatureAlgorithm.rsa);
        return new BcDefaultTlsCredentialedSigner(new TlsCryptoParameters(m_context), crypto, key, certificate, algorithm);
    }

    private sealed class Authentication(GridTlsClient client) : TlsAuthentication
    {
        public void NotifyServerCertificate(TlsServerCertificate serverCertificate) => client.Check(serverCertificate);

        public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest) => client.Credentials(certificateRequest);
    }
}
