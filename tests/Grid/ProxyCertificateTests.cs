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
        Assert.That(() => ProxyCertificate.Sign(_tools.Credential, "no request", Now, TimeSpan.FromHours(1)), Throws.TypeOf<FormatException>());
    }
}
