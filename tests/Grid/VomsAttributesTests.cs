using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Grid;

namespace RucioOperator.Tests.Grid;

public sealed class VomsAttributesTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly GridTools _tools = new();

    [OneTimeTearDown]
    public void TearDown() => _tools.Dispose();

    /// <summary>By voms-proxy-fake, with attributes signed by the stand-in's own certificate.</summary>
    private ClientCredential Theirs(params string[] more)
    {
        _tools.Run("voms-clients", "voms-proxy-fake",
            ["-rfc", "-cert", "usercert.pem", "-key", "userkey.pem", "-certdir", "certificates", "-hostcert", "hostcert.pem", "-hostkey", "hostkey.pem", "-voms", GridTools.Vo, "-uri", "voms.example.org:15000",
                "-fqan", "/escape/data/Role=production/Capability=NULL", "-fqan", "/escape/Role=NULL/Capability=NULL", "-hours", "10", "-vomslife", "5", "-out", "theirs", .. more]);
        return ClientCredential.FromPem(File.ReadAllText(_tools.At("theirs")));
    }

    private byte[] Issued(ClientCredential holder, TimeSpan lifetime, params string[] fqans) =>
        new AttributeAuthority(GridTools.Vo, GridTools.VomsHost, 15000, _tools.Voms.CertificatePem, _tools.Voms.KeyPem).Issue(holder.EndEntity, fqans, Now.AddMinutes(-5), Now + lifetime);

    private static string Extension(X509Certificate2 certificate, string oid) => certificate.Extensions[oid] is { } e ? $"{e.Critical} {Convert.ToHexString(e.RawData)}" : "none";

    /// <summary>The older form has the holder's own name where the RFC wants its issuer's.</summary>
    [TestCase("-newformat")]
    [TestCase("-quiet")]
    public void Attributes_of_voms_proxy_fake_are_read(string form)
    {
        var theirs = Theirs(form);
        var read = theirs.Attributes;
        Assert.That(read, Is.Not.Null);
        Assert.That((read!.Vo, read.Server, read.Issuer), Is.EqualTo(("escape", "voms.example.org:15000", "/DC=org/DC=example/OU=Hosts/CN=voms.example.org")));
        Assert.That(read.Fqans, Is.EqualTo(["/escape/data/Role=production", "/escape"]));
        Assert.That(read.NotAfter - read.NotBefore, Is.EqualTo(TimeSpan.FromHours(5)));
        Assert.That(read.AreFor(_tools.Credential.EndEntity));
        Assert.That(read.AreFor(ClientCredential.FromPem(_tools.Authority.IssueToRobot("other").CertificatePem, _tools.Robot.KeyPem).EndEntity), Is.False);
        Assert.That((theirs.NotAfter, theirs.CertificateNotAfter > theirs.NotAfter), Is.EqualTo((read.NotAfter, true)));
    }

    [Test]
    public void Embedded_by_us_they_are_the_same_bytes_as_embedded_by_voms_proxy_fake()
    {
        var theirs = Theirs("-newformat");
        // SEQUENCE OF SEQUENCE OF AttributeCertificate: unpacked, and packed again by us.
        var attributes = new System.Formats.Asn1.AsnReader(theirs.Chain[0].Extensions[VomsAttributes.Extension]!.RawData, System.Formats.Asn1.AsnEncodingRules.DER).ReadSequence().ReadSequence().ReadEncodedValue().ToArray();
        var ours = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(10), attributes);
        Assert.That(Extension(ours.Chain[0], VomsAttributes.Extension), Is.EqualTo(Extension(theirs.Chain[0], VomsAttributes.Extension)));
        Assert.That(Extension(ours.Chain[0], "2.5.29.15"), Is.EqualTo(Extension(theirs.Chain[0], "2.5.29.15")));
        Assert.That(ours.Chain[0].NotAfter.ToUniversalTime(), Is.EqualTo(theirs.Attributes!.NotAfter.UtcDateTime));
    }

    [Test]
    public void The_stand_ins_attributes_have_the_shape_of_voms_proxy_fakes()
    {
        string Shape(ClientCredential proxy)
        {
            _tools.Write("shape.der.pem", proxy.Chain[0].ExportCertificatePem());
            File.WriteAllBytes(_tools.At("extension.der"), proxy.Chain[0].Extensions[VomsAttributes.Extension]!.RawData);
            var lines = _tools.Run("openssl", "openssl", "asn1parse", "-inform", "DER", "-in", "extension.der", "-i").Split('\n');
            // Kinds and depths; lengths and serials differ.
            return string.Join('\n', lines.Select(l => System.Text.RegularExpressions.Regex.Replace(l, @"^ *\d+:(d=\d+) +hl=\d+ l= *\d+ (prim|cons): +([^:]*?) *(:.*)?$", "$1 $2 $3")));
        }
        var theirs = Theirs("-newformat");
        Assert.That(Shape(ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(10), Issued(_tools.Credential, TimeSpan.FromHours(5), "/escape/data/Role=production", "/escape"))), Is.EqualTo(Shape(theirs)));
    }

    [Test]
    public void Attributes_of_somebody_else_or_of_yesterday_are_not_embedded()
    {
        var stranger = ClientCredential.FromPem(_tools.Authority.IssueToRobot("stranger").CertificatePem, _tools.Robot.KeyPem);
        Assert.That(() => ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(1), Issued(stranger, TimeSpan.FromHours(5), "/escape")), Throws.TypeOf<FormatException>().With.Message.Contains("another certificate"));
        Assert.That(() => ProxyCertificate.Of(_tools.Credential, Now.AddDays(1), TimeSpan.FromHours(1), Issued(_tools.Credential, TimeSpan.FromHours(5), "/escape")), Throws.TypeOf<FormatException>().With.Message.Contains("ran out"));
        foreach (var wrong in new byte[][] { [1, 2, 3], [0x30, 0x80], [0x30, 0], _tools.Credential.EndEntity.RawData, [.. Issued(_tools.Credential, TimeSpan.FromHours(5), "/escape"), 7] })
            Assert.That(() => ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(1), wrong), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void A_proxy_lives_no_longer_than_what_it_is_made_from()
    {
        var attributes = Issued(_tools.Credential, TimeSpan.FromHours(5), "/escape");
        var proxy = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromDays(4), attributes);
        Assert.That(proxy.NotAfter, Is.EqualTo(Now.AddHours(5)).Within(TimeSpan.FromSeconds(1)));
        // Live attributes are kept alive by what is made below; dead ones bind nobody.
        Assert.That(ProxyCertificate.Of(proxy, Now, TimeSpan.FromDays(4)).NotAfter, Is.EqualTo(proxy.NotAfter));
        Assert.That(ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromDays(400)).NotAfter, Is.EqualTo(_tools.Credential.NotAfter));
        Assert.That(() => ProxyCertificate.Of(_tools.Credential, Now.AddDays(40), TimeSpan.FromDays(4)), Throws.TypeOf<FormatException>().With.Message.Contains("nothing is left"));

        var longLived = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromDays(20));
        var dead = new ClientCredential([With(longLived, attributes), .. longLived.Chain.Skip(1)], longLived.Key);
        var later = ProxyCertificate.Of(dead, Now.AddDays(2), TimeSpan.FromDays(4));
        Assert.That(later.NotAfter, Is.EqualTo(Now.AddDays(6)).Within(TimeSpan.FromSeconds(1)));
    }

    /// <summary>The proxy's own certificate once more, with attributes that end before it.</summary>
    private X509Certificate2 With(ClientCredential proxy, byte[] attributes)
    {
        var extension = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(1), attributes).Chain[0].Extensions[VomsAttributes.Extension]!;
        var of = proxy.Chain[0];
        var request = new CertificateRequest(of.SubjectName, proxy.Key, System.Security.Cryptography.HashAlgorithmName.SHA256, System.Security.Cryptography.RSASignaturePadding.Pkcs1);
        foreach (var one in of.Extensions.Append(extension))
            request.CertificateExtensions.Add(one);
        return request.Create(of.IssuerName, X509SignatureGenerator.CreateForRSA(_tools.Credential.Key, System.Security.Cryptography.RSASignaturePadding.Pkcs1), of.NotBefore, of.NotAfter, of.SerialNumberBytes.Span);
    }

    [TestCase("/escape/Role=NULL/Capability=NULL", ExpectedResult = "/escape")]
    [TestCase("/escape/data/Role=production/Capability=NULL", ExpectedResult = "/escape/data/Role=production")]
    [TestCase("/escape/Role=NULL", ExpectedResult = "/escape")]
    [TestCase("/escape/Role=NULLS", ExpectedResult = "/escape/Role=NULLS")]
    [TestCase("/escape", ExpectedResult = "/escape")]
    public string An_fqan_is_told_without_its_empty_parts(string fqan) => VomsAttributes.Short(fqan);

    [Test]
    public void Private_keys_are_told_by_nothing_but_the_pem()
    {
        var proxy = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(4), Issued(_tools.Credential, TimeSpan.FromHours(5), "/escape"));
        Assert.That($"{proxy}", Is.EqualTo($"proxy of {proxy.Dn} until {proxy.NotAfter:yyyy-MM-ddTHH:mm:ssZ}"));
        Assert.That(proxy.ChainPem(), Does.Not.Contain("KEY"));
        var again = ClientCredential.FromPem(proxy.ToPem());
        Assert.That((again.Chain, again.Fqans, again.NotAfter), Is.EqualTo((proxy.Chain, proxy.Fqans, proxy.NotAfter)).Using<IReadOnlyList<X509Certificate2>>((a, b) => a.SequenceEqual(b)).Using<IReadOnlyList<string>>((a, b) => a.SequenceEqual(b)));
    }
}
