using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Grid;

/// <summary>RFC 3820's rules one by one: what breaks one of them is refused, and openssl, which knows them too, says so as well.</summary>
public sealed class ProxyChainTests
{
    private const string InheritAll = "300C300A06082B06010505071501";

    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly ThrowAwayAuthority _authority = new("Grid CA", rsa: true);
    private ClientCredential _robot = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        var (certificate, key) = _authority.IssueToRobot("Robot");
        _robot = ClientCredential.FromPem(certificate, key);
    }

    [OneTimeTearDown]
    public void TearDown() => _authority.Dispose();

    private static X509Extension Info(string hex) => new(ProxyInfo.Extension, Convert.FromHexString(hex), true);

    private static readonly X509KeyUsageExtension Usage = new(X509KeyUsageFlags.DigitalSignature, true);

    /// <param name="names">Added to the issuer's subject.</param>
    private static ClientCredential Below(ClientCredential issuer, string names, params X509Extension[] extensions) => Below(issuer, issuer.Key, names, extensions);

    private static ClientCredential Below(ClientCredential issuer, RSA signer, string names, params X509Extension[] extensions)
    {
        var key = RSA.Create(2048);
        var own = new X500DistinguishedName(names, X500DistinguishedNameFlags.None).RawData;
        var subject = new System.Formats.Asn1.AsnWriter(System.Formats.Asn1.AsnEncodingRules.DER);
        using (subject.PushSequence())
        {
            foreach (var name in SlashName.Parts(issuer.Chain[0].SubjectName).Concat(SlashName.Parts(new X500DistinguishedName(own))))
                subject.WriteEncodedValue(Convert.FromHexString(name));
        }
        var request = new CertificateRequest(new X500DistinguishedName(subject.Encode()), key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        foreach (var extension in extensions)
            request.CertificateExtensions.Add(extension);
        var made = request.Create(issuer.Chain[0].SubjectName, X509SignatureGenerator.CreateForRSA(signer, RSASignaturePadding.Pkcs1), Now.AddMinutes(-5), Now.AddHours(12), RandomNumberGenerator.GetBytes(8));
        return new([made, .. issuer.Chain], key);
    }

    private void Refused(ClientCredential credential, string words)
    {
        var fault = TransferCredential.Check(credential, _authority.CaPem, Now);
        Assert.That(fault?.Reason, Is.EqualTo(TransferCredential.CredentialInvalid), fault?.Fault);
        Assert.That(fault?.Fault, Does.Contain(words));
    }

    [Test]
    public void A_proxy_with_no_more_than_the_RFC_asks_for_is_taken() =>
        Assert.That(TransferCredential.Check(Below(_robot, "CN=1", Info(InheritAll)), _authority.CaPem, Now), Is.Null);

    [Test]
    public void Its_subject_is_its_issuers_and_one_common_name()
    {
        Refused(Below(_robot, "CN=1, CN=2", Info(InheritAll)), "one CN");
        Refused(Below(_robot, "OU=1", Info(InheritAll)), "one CN");
        var stranger = ClientCredential.FromPem(_authority.IssueToRobot("Stranger").CertificatePem, _authority.IssueToRobot("Stranger").KeyPem);
        var theirs = Below(stranger, "CN=1", Info(InheritAll));
        Refused(new([theirs.Chain[0], .. _robot.Chain], theirs.Key), "one CN");
    }

    [Test]
    public void Its_issuer_signed_it_and_is_there()
    {
        using var other = RSA.Create(2048);
        Refused(Below(_robot, other, "CN=1", Info(InheritAll)), "did not sign");
        Refused(new([Below(_robot, "CN=1", Info(InheritAll)).Chain[0]], other), "missing behind it");
    }

    [Test]
    public void It_is_no_authority_and_none_signed_it()
    {
        Refused(Below(_robot, "CN=1", Info(InheritAll), new X509BasicConstraintsExtension(true, false, 0, true)), "says it is an authority");
        Refused(Below(_robot, "CN=1", Info(InheritAll), new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign, true)), "says it is an authority");
        var (certificate, key) = _authority.IssueToRobot("below", extensions: [new X509BasicConstraintsExtension(true, false, 0, true)]);
        Refused(Below(ClientCredential.FromPem(certificate, key), "CN=1", Info(InheritAll)), "signed by an authority");
    }

    [Test]
    public void Neither_key_usage_forbids_signatures()
    {
        Refused(Below(_robot, "CN=1", Info(InheritAll), new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, true)), "key usage without digital signature");
        var (certificate, key) = _authority.IssueToRobot("quiet", extensions: [new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, true)]);
        Refused(Below(ClientCredential.FromPem(certificate, key), "CN=1", Info(InheritAll), Usage), "key usage without digital signature");
    }

    [Test]
    public void It_has_no_alternative_names()
    {
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("fts.example.org");
        Refused(Below(_robot, "CN=1", Info(InheritAll), names.Build()), "alternative names");
    }

    /// <summary>Lengths 1 and 2 with inheritAll; ours and the one in FTS come below.</summary>
    [Test]
    public void Its_path_length_leaves_room_for_ours_and_for_the_one_in_FTS()
    {
        var one = Below(_robot, "CN=1", Info("300F020101300A06082B06010505071501"));
        var two = Below(_robot, "CN=1", Info("300F020102300A06082B06010505071501"));
        Refused(one, "allows 1 further proxies below it, and 2 are needed");
        Assert.That(TransferCredential.Check(two, _authority.CaPem, Now), Is.Null);
        Refused(Below(two, "CN=2", Info(InheritAll)), "allows 2 further proxies below it, and 3 are needed");
    }

    [TestCase("300C300A06082B06010505071502", "all rights", TestName = "Independent")]
    [TestCase("300F300D060B2B060104019B5001010109", "limited", TestName = "Limited")]
    [TestCase("3003020101", "can't be read", TestName = "Without a policy")]
    [TestCase("300F0201FF300A06082B06010505071501", "can't be read", TestName = "With a negative length")]
    [TestCase("0500", "can't be read", TestName = "Something else")]
    public void Only_a_proxy_with_all_rights_of_its_issuer_is_taken(string hex, string words) => Refused(Below(_robot, "CN=1", Info(hex), Usage), words);

    [TestCase("CN=proxy")]
    [TestCase("CN=limited proxy")]
    public void A_legacy_proxy_is_told_as_one(string name) => Refused(Below(_robot, name, Usage), "old kind");

    [Test]
    public void A_certificate_below_an_ordinary_one_that_is_no_proxy_is_trusted_by_nobody()
    {
        var fault = TransferCredential.Check(ProxyCertificate.Pretend(_robot, Now), _authority.CaPem, Now);
        Assert.That(fault?.Reason, Is.EqualTo(TransferCredential.NotTrusted), fault?.Fault);
    }
}
