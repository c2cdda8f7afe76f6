using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using RucioOperator.Desired;

namespace RucioOperator.Grid;

/// <summary>A certificate that one client pins: nobody else needs to trust it.</summary>
public static class SelfSigned
{
    /// <summary>
    /// A certificate for a server and the authority behind it, whose key is forgotten at once: nobody can ever make
    /// another one that its clients would take. Ten years; deleting its Secret makes both anew.
    /// </summary>
    public static (ServerCertificate Server, string AuthorityPem) WithAuthority(string name, IEnumerable<string> hosts, DateTimeOffset now)
    {
        using var authorityKey = RSA.Create(2048);
        var authority = new CertificateRequest($"CN={name} CA", authorityKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, true, 0, true));
        authority.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        authority.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(authority.PublicKey, false));
        using var issuer = authority.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(10));

        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts)
        {
            names.AddDnsName(host);
        }
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using var certificate = request.Create(issuer, issuer.NotBefore, issuer.NotAfter, RandomNumberGenerator.GetBytes(16));
        return (new ServerCertificate(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem()), issuer.ExportCertificatePem());
    }

    /// <summary>Ten years: the pin, not the date, is what protects it; deleting its Secret makes a new one.</summary>
    public static ServerCertificate For(string host, DateTimeOffset now)
    {
        // RSA, since the images' httpd and OpenSSL are asked for nothing unusual.
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=rucio-admin", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, false, 0, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        using var certificate = request.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(10));
        return new ServerCertificate(certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
