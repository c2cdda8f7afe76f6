using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;
using RucioOperator.Grid;

namespace RucioOperator.Tests.Grid;

public sealed class SubjectHashTests
{
    /// <summary>Expected: <c>openssl x509 -noout -hash</c>, OpenSSL 3.0.</summary>
    [TestCase("O=test, CN=CA", "72c434d2")]
    public void The_hash_is_OpenSSLs(string name, string hash) =>
        Assert.That(SubjectHash.Of(new X500DistinguishedName(name, X500DistinguishedNameFlags.None).RawData), Is.EqualTo(hash));

    [Test]
    public void The_distributions_authorities_have_the_names_OpenSSL_gave_them()
    {
        var links = Directory.Exists("/etc/ssl/certs") ? Directory.GetFiles("/etc/ssl/certs", "*.0") : [];
        if (links.Length == 0)
            Assert.Ignore("needs a hashed directory of authorities in /etc/ssl/certs");
        var wrong = links.Where(link => SubjectHash.Of(X509CertificateLoader.LoadCertificateFromFile(link).SubjectName.RawData) != Path.GetFileNameWithoutExtension(link));
        Assert.That(wrong, Is.Empty);
    }
}
