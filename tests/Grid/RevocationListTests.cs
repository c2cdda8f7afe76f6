using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Grid;

public sealed class RevocationListTests
{
    private readonly ThrowAwayAuthority _grid = new("Grid CA", revocationLists: "http://crl.example.org/grid.crl"), _other = new("Other CA");

    [OneTimeTearDown]
    public void Dispose()
    {
        _grid.Dispose();
        _other.Dispose();
    }

    private IReadOnlyList<X509Certificate2> Both => AuthorityFiles.From([("both", _grid.CaPem + _other.CaPem)]).Certificates;

    [Test]
    public void A_list_is_taken_in_DER_and_in_PEM_and_belongs_to_who_signed_it()
    {
        var until = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.UtcNow.AddDays(3).ToUnixTimeSeconds());
        var pem = _grid.RevocationList(DateTimeOffset.UtcNow.AddHours(-1), until);
        foreach (var bytes in (byte[][])[Encoding.ASCII.GetBytes($"a word before it\n{pem}\n"), Der(pem)])
        {
            var (authority, list) = RevocationList.Read(bytes, Both);
            Assert.That(authority.Subject, Is.EqualTo("CN=Grid CA"));
            Assert.That(list.NextUpdate, Is.EqualTo(until));
            Assert.That(Der(list.Pem), Is.EqualTo(Der(pem)));
        }
    }

    [Test]
    public void A_list_that_nobody_trusted_signed_is_refused_also_under_the_name_of_somebody()
    {
        using var impostor = new ThrowAwayAuthority("Grid CA");
        foreach (var list in (string[])[impostor.RevocationList(), _other.RevocationList()])
            Assert.That(() => RevocationList.Read(Der(list), AuthorityFiles.From([("grid", _grid.CaPem)]).Certificates), Throws.InstanceOf<FormatException>().With.Message.Contains("signed by none"));
        var changed = Der(_grid.RevocationList());
        changed[^1] ^= 1;
        Assert.That(() => RevocationList.Read(changed, Both), Throws.InstanceOf<FormatException>());
    }

    [TestCase("")]
    [TestCase("<html>404</html>")]
    [TestCase("0")]
    [TestCase("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----")]
    [TestCase("-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----")]
    public void What_is_no_list_is_refused_in_words(string text) =>
        Assert.That(() => RevocationList.Read(Encoding.ASCII.GetBytes(text), Both), Throws.InstanceOf<FormatException>().With.Message.Contains("no revocation list"));

    [Test]
    public void Addresses_come_from_files_of_IGTF_and_from_certificates_and_are_plain_http()
    {
        var urls = RevocationSources.Of(
        [
            ("ConfigMap a/igtf, other.crl_url", "# comment http://no.example.org/\nhttp://other.example.org/a.crl http://mirror.example.org/a.crl;http://third.example.org/\r\nhttps://tls.example.org/\nftp://a/\nldap://b/\nfile:///etc/passwd\nhttp://user:word@c.example.org/\n"),
            ("ConfigMap a/igtf, other.info", "crl_url = http://info.example.org/"),
        ], Both);
        Assert.That(urls, Is.EqualTo(new[] { "http://crl.example.org/grid.crl", "http://mirror.example.org/a.crl", "http://other.example.org/a.crl", "http://third.example.org/" }));
    }

    [Test]
    public void The_newest_list_of_an_issuer_counts_wherever_it_comes_from()
    {
        var (old, young) = (_grid.RevocationList(DateTimeOffset.UtcNow.AddDays(-9), DateTimeOffset.UtcNow.AddDays(-2)), _grid.RevocationList());
        var bundle = AuthorityFiles.From([("bundle", _grid.CaPem + _other.CaPem + old + _other.RevocationList())]);
        Assert.That(bundle.NextUpdate, Is.LessThan(DateTimeOffset.UtcNow));
        var fetched = bundle.With([RevocationList.Read(Der(young), bundle.Certificates).List]);
        Assert.That(fetched.NextUpdate, Is.GreaterThan(DateTimeOffset.UtcNow));
        Assert.That(fetched.RevocationLists, Is.EqualTo(2));
        Assert.That(fetched.Fetched.Keys, Is.EqualTo(bundle.Files.Keys.Where(k => bundle.Files[k] == PemEncoding.WriteString("X509 CRL", Der(old)) + "\n")), "in the same file");
        Assert.That(fetched.Files.Keys.Concat(fetched.Fetched.Keys), Is.EquivalentTo(bundle.Files.Keys));
        var older = bundle.With([RevocationList.Read(Der(young), bundle.Certificates).List, RevocationList.Read(Der(old), bundle.Certificates).List]);
        Assert.That(older.Fetched, Is.EqualTo(fetched.Fetched));
    }

    private static byte[] Der(string pem) => Convert.FromBase64String(pem[PemEncoding.Find(pem).Base64Data]);
}
