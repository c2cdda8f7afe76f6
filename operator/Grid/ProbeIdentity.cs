using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Grid;

/// <summary>
/// A certificate that proves an auth server's verification and opens nothing: its authority may sign below one random
/// organisation only (name constraints, RFC 5280 4.2.1.10), its key is forgotten when the certificate is made, and no
/// account of any Rucio is mapped to it. Its empty revocation list is for servers that want one of each authority. PEM texts.
/// </summary>
public sealed record ProbeIdentity(string Authority, string RevocationList, string Certificate, string Key)
{
    public const string AuthorityEntry = "ca.crt";
    public const string RevocationListEntry = "ca.crl";
    public const string CertificateEntry = "tls.crt";
    public const string KeyEntry = "tls.key";

    public static ProbeIdentity Make(DateTimeOffset now)
    {
        var organisation = $"rucio-operator-probe-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        var (from, to) = (now.AddMinutes(-5), now.AddYears(10));
        using var authorityKey = RSA.Create(2048);
        var authority = new CertificateRequest(Name(organisation, "authority"), authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        authority.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authority.PublicKey, false));
        authority.CertificateExtensions.Add(new X509Extension("2.5.29.30", OnlyBelow(organisation), critical: true));
        using var signer = authority.CreateSelfSigned(from, to);

        using var key = RSA.Create(2048);
        var client = new CertificateRequest(Name(organisation, "probe"), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        client.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        client.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
        client.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], critical: false));
        client.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(signer, true, false));
        using var certificate = client.Create(signer, from, to, RandomNumberGenerator.GetBytes(16));
        var list = PemEncoding.WriteString("X509 CRL", new CertificateRevocationListBuilder().Build(signer, 1, to, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, from));
        return new ProbeIdentity(signer.ExportCertificatePem(), list, certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public ClientCredential Credential() => ClientCredential.FromPem(Certificate, Key);

    /// <summary>The same name, vouched for by nobody.</summary>
    public static ClientCredential Forge(ClientCredential genuine, DateTimeOffset now)
    {
        var key = RSA.Create(2048);
        var request = new CertificateRequest(genuine.Chain[0].SubjectName, key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddHours(1));
        return new ClientCredential([X509CertificateLoader.LoadCertificate(certificate.RawData)], key);
    }

    public override string ToString() => "(probe certificate and key)";

    private static X500DistinguishedName Name(string organisation, string commonName)
    {
        var name = new X500DistinguishedNameBuilder();
        // The builder writes its last entry first, and the constraint is on the beginning.
        name.AddCommonName(commonName);
        name.AddOrganizationName(organisation);
        return name.Build();
    }

    /// <summary>NameConstraints { permittedSubtrees [0] { { base directoryName [4] O=organisation } } }.</summary>
    private static byte[] OnlyBelow(string organisation)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddOrganizationName(organisation);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
        using (writer.PushSequence())
        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 4)))
        {
            writer.WriteEncodedValue(name.Build().RawData);
        }
        return writer.Encode();
    }
}
