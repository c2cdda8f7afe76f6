using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Sandbox.Postgres;

/// <summary>A certificate authority that lives as long as a test run.</summary>
public sealed class ThrowAwayAuthority : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 certificate;

    public ThrowAwayAuthority(string name)
    {
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
    }

    public string CaPem => certificate.ExportCertificatePem();

    public (string CertificatePem, string KeyPem) Issue(string commonName, params string[] hosts) => Issue(commonName, hosts, DateTimeOffset.UtcNow.AddDays(29));

    public (string CertificatePem, string KeyPem) Issue(string commonName, IEnumerable<string> hosts, DateTimeOffset until, params X509Extension[] more)
    {
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={commonName}", serverKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            if (IPAddress.TryParse(host, out var address))
                names.AddIpAddress(address);
            else
                names.AddDnsName(host);
        }
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(certificate, true, false));
        foreach (var extension in more)
            request.CertificateExtensions.Add(extension);
        using var issued = request.Create(certificate, DateTimeOffset.UtcNow.AddHours(-12), until, RandomNumberGenerator.GetBytes(16));
        return (issued.ExportCertificatePem(), serverKey.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A certificate for logins: <c>CN=name,O=test</c>, RSA as grid certificates have it.</summary>
    public (string CertificatePem, string KeyPem) IssueToPerson(string name)
    {
        using var personKey = RSA.Create(2048);
        var subject = new X500DistinguishedNameBuilder();
        // Its last entry is written first.
        subject.AddCommonName(name);
        subject.AddOrganizationName("test");
        var request = new CertificateRequest(subject.Build(), personKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true));
        using var issued = request.Create(certificate.SubjectName, X509SignatureGenerator.CreateForECDsa(key), DateTimeOffset.UtcNow.AddHours(-12), DateTimeOffset.UtcNow.AddDays(29), RandomNumberGenerator.GetBytes(16));
        return (issued.ExportCertificatePem(), personKey.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>PEM of a revocation list.</summary>
    public string RevocationList(params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var one in revoked)
            list.AddEntry(one);
        return PemEncoding.WriteString("X509 CRL", list.Build(certificate, 1, DateTimeOffset.UtcNow.AddDays(1), HashAlgorithmName.SHA256, thisUpdate: DateTimeOffset.UtcNow.AddHours(-1)));
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }
}
