using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Grid;

namespace RucioOperator.Tests.Grid;

public sealed class ProxyCertificateTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly GridTools _tools = new();

    [OneTimeTearDown]
    public void TearDown() => _tools.Dispose();

    private static string Extensions(X509Certificate2 certificate) =>
        string.Join('\n', certificate.Extensions.Where(e => e.Oid!.Value != VomsAttributes.Extension).Select(e => $"{e.Oid!.Value} {e.Critical} {Convert.ToHexString(e.RawData)}"));

    private static ClientCredential ReadProxy(string file) => ClientCredential.FromPem(File.ReadAllText(file));

    [Test]
    public void All_extensions_are_those_of_grid_proxy_init_byte_by_byte()
    {
        _tools.Run("globus-proxy-utils", "grid-proxy-init", "-rfc", "-cert", "usercert.pem", "-key", "userkey.pem", "-out", "theirs", "-bits", "2048");
        var theirs = ReadProxy(_tools.At("theirs"));
        var ours = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(12));
        Assert.That(Extensions(ours.Chain[0]), Is.EqualTo(Extensions(theirs.Chain[0])));
        Assert.That(Form(ours.Chain[0]), Is.EqualTo(Form(theirs.Chain[0])));
    }

    /// <summary>Usages that a proxy must not have are left out, and those that its issuer lacks.</summary>
    [TestCase(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.NonRepudiation | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment, "1.3.6.1.5.5.7.3.2,1.3.6.1.5.5.7.3.4")]
    [TestCase(X509KeyUsageFlags.DigitalSignature, "1.3.6.1.5.5.7.3.1,1.3.6.1.5.5.7.3.2")]
    [TestCase(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyAgreement, "")]
    public void They_follow_the_robots_own_as_with_grid_proxy_init(X509KeyUsageFlags usages, string purposes)
    {
        var extensions = new List<X509Extension> { new X509BasicConstraintsExtension(false, false, 0, true), new X509KeyUsageExtension(usages, true) };
        var oids = new OidCollection();
        foreach (var oid in purposes.Split(',', StringSplitOptions.RemoveEmptyEntries))
            oids.Add(new Oid(oid));
        if (oids.Count > 0)
            extensions.Add(new X509EnhancedKeyUsageExtension(oids, false));
        var robot = _tools.Authority.IssueToRobot("usages", extensions: extensions);
        _tools.Save("usages", robot);
        _tools.Run("globus-proxy-utils", "grid-proxy-init", "-rfc", "-cert", "usagescert.pem", "-key", "usageskey.pem", "-out", "theirs", "-bits", "2048");
        var ours = ProxyCertificate.Of(ClientCredential.FromPem(robot.CertificatePem, robot.KeyPem), Now, TimeSpan.FromHours(12));
        Assert.That(Extensions(ours.Chain[0]), Is.EqualTo(Extensions(ReadProxy(_tools.At("theirs")).Chain[0])));
    }

    [Test]
    public void Critical_extensions_are_those_of_openssl_byte_by_byte()
    {
        _tools.Write("proxy.cnf", "keyUsage=critical,digitalSignature,keyEncipherment\nproxyCertInfo=critical,language:id-ppl-inheritAll\nextendedKeyUsage=clientAuth\n");
        _tools.Run("openssl", "openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "proxykey.pem", "-subj", "/DC=org/DC=example/OU=Robots/CN=Robot: data mover/CN=1", "-out", "proxy.csr");
        _tools.Run("openssl", "openssl", "x509", "-req", "-in", "proxy.csr", "-CA", "usercert.pem", "-CAkey", "userkey.pem", "-set_serial", "1", "-days", "1", "-extfile", "proxy.cnf", "-out", "theirs.pem");
        using var theirs = X509Certificate2.CreateFromPem(File.ReadAllText(_tools.At("theirs.pem")));
        var ours = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(12)).Chain[0];
        foreach (var oid in new[] { ProxyInfo.Extension, "2.5.29.15", "2.5.29.37" })
            Assert.That((ours.Extensions[oid]!.Critical, Convert.ToHexString(ours.Extensions[oid]!.RawData)), Is.EqualTo((theirs.Extensions[oid]!.Critical, Convert.ToHexString(theirs.Extensions[oid]!.RawData))), oid);
    }

    [Test]
    public void Its_name_is_its_issuers_and_its_serial_number_which_is_never_the_same()
    {
        var proxies = Enumerable.Range(0, 5).Select(_ => ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(1)).Chain[0]).ToList();
        foreach (var proxy in proxies)
        {
            var serial = new System.Numerics.BigInteger(proxy.SerialNumberBytes.Span, isBigEndian: true);
            Assert.That(SlashName.Of(proxy.SubjectName), Is.EqualTo($"{_tools.Credential.Dn}/CN={serial}"));
            Assert.That(SlashName.Parts(proxy.SubjectName)[^1], Does.Contain("0603550403" + "13"), "printable, as in every grid tool");
            Assert.That(proxy.NotBefore.ToUniversalTime(), Is.EqualTo(Now.AddMinutes(-5).UtcDateTime).Within(TimeSpan.FromSeconds(1)));
        }
        Assert.That(proxies.Select(p => p.SerialNumber).Distinct().Count(), Is.EqualTo(proxies.Count));
    }

    /// <summary>Besides the extensions.</summary>
    private static string Form(X509Certificate2 certificate) =>
        $"v{certificate.Version} {certificate.SignatureAlgorithm.Value} {certificate.PublicKey.Oid.Value} {Convert.ToHexString(certificate.PublicKey.EncodedParameters!.RawData)} issuer {Convert.ToHexString(certificate.IssuerName.RawData)} bits {certificate.GetRSAPublicKey()!.KeySize}";

    [Test]
    public void Openssl_takes_the_chain_of_a_proxy_of_a_proxy()
    {
        var proxy = ProxyCertificate.Of(ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(12)), Now, TimeSpan.FromHours(6));
        _tools.Write("leaf.pem", proxy.Chain[0].ExportCertificatePem());
        _tools.Write("chain.pem", proxy.ChainPem());
        Assert.That(_tools.Run("openssl", "openssl", "verify", "-purpose", "sslclient", "-allow_proxy_certs", "-CApath", _tools.At("certificates"), "-untrusted", "chain.pem", "leaf.pem"), Does.Contain("leaf.pem: OK"));
    }

    [Test]
    public void Voms_proxy_info_reads_a_proxy_with_attributes_and_finds_them_signed()
    {
        var credential = _tools.Credential;
        var attributes = new AttributeAuthority(GridTools.Vo, GridTools.VomsHost, 15000, _tools.Voms.CertificatePem, _tools.Voms.KeyPem)
            .Issue(credential.EndEntity, ["/escape/data/Role=production", "/escape"], Now.AddMinutes(-5), Now.AddHours(5));
        var proxy = ProxyCertificate.Of(credential, Now, TimeSpan.FromHours(96), attributes);
        var told = _tools.Run("voms-clients", "voms-proxy-info", "-all", "-file", _tools.Write("proxy", proxy.ToPem()));
        Assert.That(told, Does.Contain("type      : RFC compliant proxy").And.Contain("strength  : 2048 bits").And.Contain($"identity  : {credential.Dn}")
            .And.Contain("key usage : Digital Signature, Key Encipherment").And.Contain("VO        : escape").And.Contain($"subject   : {credential.Dn}")
            .And.Contain("issuer    : /DC=org/DC=example/OU=Hosts/CN=voms.example.org")
            .And.Contain("attribute : /escape/data/Role=production/Capability=NULL").And.Contain("attribute : /escape/Role=NULL/Capability=NULL").And.Contain("uri       : voms.example.org:15000"));
        Assert.That(told, Does.Not.Contain("WARNING").And.Not.Contain("rror"));
        Assert.That(proxy.Fqans, Is.EqualTo(["/escape/data/Role=production", "/escape"]));
        Assert.That(proxy.NotAfter, Is.EqualTo(Now.AddHours(5)).Within(TimeSpan.FromSeconds(1)));
    }

    [Test]
    public void A_requested_key_is_signed_and_the_whole_chain_follows_without_a_key()
    {
        using var theirs = RSA.Create(2048);
        var request = new CertificateRequest("O=Dummy", theirs, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
        var issuer = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(12));
        var answer = ProxyCertificate.Sign(issuer, request, Now, TimeSpan.FromHours(96));
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(answer);
        Assert.That(answer, Does.Not.Contain("KEY"));
        Assert.That(chain.Skip(1), Is.EqualTo(issuer.Chain));
        Assert.That(chain[0].GetRSAPublicKey()!.ExportSubjectPublicKeyInfo(), Is.EqualTo(theirs.ExportSubjectPublicKeyInfo()));
        Assert.That(chain[0].NotAfter, Is.EqualTo(issuer.Chain[0].NotAfter));
    }

    [Test]
    public void A_request_that_its_own_key_did_not_sign_is_refused()
    {
        using var theirs = RSA.Create(2048);
        var request = new CertificateRequest("O=Dummy", theirs, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        request[^1] ^= 1;
        Assert.That(() => ProxyCertificate.Sign(_tools.Credential, PemEncoding.WriteString("CERTIFICATE REQUEST", request), Now, TimeSpan.FromHours(1)), Throws.TypeOf<FormatException>());
        using var weak = RSA.Create(1024);
        var small = new CertificateRequest("O=Dummy", weak, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
        Assert.That(() => ProxyCertificate.Sign(_tools.Credential, small, Now, TimeSpan.FromHours(1)), Throws.TypeOf<FormatException>().With.Message.Contains("2048"));
        Assert.That(() => ProxyCertificate.Sign(_tools.Credential, "no request", Now, TimeSpan.FromHours(1)), Throws.TypeOf<FormatException>());
    }
}
