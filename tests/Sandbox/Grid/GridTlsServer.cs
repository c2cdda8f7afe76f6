using System.Security.Cryptography.X509Certificates;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;
using CertificateRequest = Org.BouncyCastle.Tls.CertificateRequest;
using PemEncoding = System.Security.Cryptography.PemEncoding;

namespace RucioOperator.Sandbox.Grid;

/// <summary>Asks each client for a certificate, which it may leave out (Apache's <c>SSLVerifyClient optional</c>), and judges what it shows.</summary>
internal sealed class GridTlsServer(X509Certificate2 certificate, string keyPem, ProtocolVersion newest, Func<IReadOnlyList<X509Certificate2>, GridClient> judge) : DefaultTlsServer(new BcTlsCrypto(new SecureRandom()))
{
    /// <summary>Null: it showed none.</summary>
    public GridClient? Client { get; private set; }

    public string Version => m_context.SecurityParameters.NegotiatedVersion.ToString();

    protected override ProtocolVersion[] GetSupportedVersions() => newest.DownTo(ProtocolVersion.TLSv12);

    public override TlsCredentials GetCredentials()
    {
        var crypto = (BcTlsCrypto)Crypto;
        var isTls13 = TlsUtilities.IsTlsV13(m_context);
        var own = crypto.CreateCertificate(certificate.RawData);
        var shown = isTls13 ? new Certificate([], [new CertificateEntry(own, null)]) : new Certificate([own]);
        var fields = PemEncoding.Find(keyPem);
        var key = PrivateKeyFactory.CreateKey(Convert.FromBase64String(keyPem[fields.Base64Data]));
        var algorithm = isTls13 ? SignatureAndHashAlgorithm.rsa_pss_rsae_sha256 : SignatureAndHashAlgorithm.GetInstance(HashAlgorithm.sha256, SignatureAlgorithm.rsa);
        return new BcDefaultTlsCredentialedSigner(new TlsCryptoParameters(m_context), crypto, key, shown, algorithm);
    }

    public override CertificateRequest GetCertificateRequest()
    {
        var algorithms = TlsUtilities.GetDefaultSupportedSignatureAlgorithms(m_context);
        return TlsUtilities.IsTlsV13(m_context)
            ? new CertificateRequest([], algorithms, null, null)
            : new CertificateRequest([ClientCertificateType.rsa_sign, ClientCertificateType.ecdsa_sign], algorithms, null);
    }

    public override void NotifyClientCertificate(Certificate clientCertificate)
    {
        var chain = clientCertificate.GetCertificateList().Select(c => X509CertificateLoader.LoadCertificate(c.GetEncoded())).ToList();
        if (chain.Count > 0)
            Client = judge(chain);
    }
}
