using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace RucioOperator.Sandbox.Postgres;

/// <summary>A certificate authority that lives as long as a test run.</summary>
public sealed class ThrowAwayAuthority : IDisposable
{
    private readonly AsymmetricAlgorithm key;
    private readonly X509SignatureGenerator signer;
    private readonly X509Certificate2 certificate;

    /// <param name="rsa">As the grid's authorities are: Globus' tools take no others.</param>
    /// <param name="revocationLists">Address of its list, to be told in its own certificate.</param>
    public ThrowAwayAuthority(string name, bool rsa = false, string? revocationLists = null)
    {
        var ownKey = rsa ? RSA.Create(2048) : null;
        var curve = rsa ? null : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        key = (AsymmetricAlgorithm?)ownKey ?? curve!;
        signer = ownKey is null ? X509SignatureGenerator.CreateForECDsa(curve!) : X509SignatureGenerator.CreateForRSA(ownKey, RSASignaturePadding.Pkcs1);
        var request = ownKey is null
            ? new CertificateRequest($"CN={name}", curve!, HashAlgorithmName.SHA256)
            : new CertificateRequest($"CN={name}", ownKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        if (revocationLists is not null)
            request.CertificateExtensions.Add(CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([revocationLists]));
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
        using var issued = request.Create(certificate.SubjectName, signer, DateTimeOffset.UtcNow.AddHours(-12), until, RandomNumberGenerator.GetBytes(16));
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
        using var issued = request.Create(certificate.SubjectName, signer, DateTimeOffset.UtcNow.AddHours(-12), DateTimeOffset.UtcNow.AddDays(29), RandomNumberGenerator.GetBytes(16));
        return (issued.ExportCertificatePem(), personKey.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A robot's: <c>/DC=org/DC=example/OU=Robots/CN=name</c>, RSA.</summary>
    /// <param name="extensions">Null: those of a client.</param>
    public (string CertificatePem, string KeyPem) IssueToRobot(string name, DateTimeOffset? from = null, DateTimeOffset? until = null, IEnumerable<X509Extension>? extensions = null, int bits = 2048)
    {
        using var robotKey = RSA.Create(bits);
        var subject = new X500DistinguishedNameBuilder();
        // Its last entry is written first.
        subject.AddCommonName(name);
        subject.AddOrganizationalUnitName("Robots");
        subject.AddDomainComponent("example");
        subject.AddDomainComponent("org");
        var issued = Sign(subject.Build(), robotKey, from ?? DateTimeOffset.UtcNow.AddHours(-12), until ?? DateTimeOffset.UtcNow.AddDays(29), extensions ??
        [
            new X509BasicConstraintsExtension(false, false, 0, true),
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true),
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2")], false),
            // voms-proxy-fake takes none without.
            new X509SubjectKeyIdentifierExtension(new PublicKey(robotKey), false),
        ]);
        return (issued, robotKey.ExportPkcs8PrivateKeyPem());
    }

    /// <summary>A grid server's, for both roles, RSA as VOMS servers sign with.</summary>
    public (string CertificatePem, string KeyPem) IssueToGridServer(string host)
    {
        using var hostKey = RSA.Create(2048);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out var address))
            names.AddIpAddress(address);
        else
            names.AddDnsName(host);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(host);
        subject.AddOrganizationalUnitName("Hosts");
        subject.AddDomainComponent("example");
        subject.AddDomainComponent("org");
        var issued = Sign(subject.Build(), hostKey, DateTimeOffset.UtcNow.AddHours(-12), DateTimeOffset.UtcNow.AddDays(29),
        [
            names.Build(),
            new X509BasicConstraintsExtension(false, false, 0, true),
            new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, true),
            new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1"), new Oid("1.3.6.1.5.5.7.3.2")], false),
            new X509SubjectKeyIdentifierExtension(new PublicKey(hostKey), false),
        ]);
        return (issued, hostKey.ExportPkcs8PrivateKeyPem());
    }

    private string Sign(X500DistinguishedName subject, RSA subjectKey, DateTimeOffset from, DateTimeOffset until, IEnumerable<X509Extension> extensions)
    {
        var request = new CertificateRequest(subject, subjectKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(certificate, true, false));
        using var issued = request.Create(certificate.SubjectName, signer, from, until, RandomNumberGenerator.GetBytes(16));
        return issued.ExportCertificatePem();
    }

    /// <summary>PEM of a revocation list.</summary>
    public string RevocationList(params X509Certificate2[] revoked) => RevocationList(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1), revoked);

    public string RevocationList(DateTimeOffset from, DateTimeOffset until, params X509Certificate2[] revoked)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var one in revoked)
            list.AddEntry(one);
        return PemEncoding.WriteString("X509 CRL", list.Build(certificate, 1, until, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, from));
    }

    public void Dispose()
    {
        certificate.Dispose();
        key.Dispose();
    }
}
