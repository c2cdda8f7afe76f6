using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Grid;

public sealed class TransferCredentialTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly GridTools _tools = new();

    [OneTimeTearDown]
    public void TearDown() => _tools.Dispose();

    private static Dictionary<string, byte[]> Secret(params (string Entry, string Text)[] entries) => entries.ToDictionary(e => e.Entry, e => Encoding.UTF8.GetBytes(e.Text));

    private static void Refused(Dictionary<string, byte[]> secret, string reason, string words)
    {
        var (credential, because, fault) = TransferCredential.Read(secret);
        Assert.That((credential, because), Is.EqualTo((default(ClientCredential), reason)), fault);
        Assert.That(fault, Does.Contain(words));
    }

    private static ClientCredential Taken(Dictionary<string, byte[]> secret)
    {
        var (credential, reason, fault) = TransferCredential.Read(secret);
        Assert.That(credential, Is.Not.Null, $"{reason}: {fault}");
        return credential!;
    }

    [TestCase("tls.crt", "tls.key")]
    [TestCase("usercert.pem", "userkey.pem")]
    [TestCase("usercert", "userkey")]
    public void A_certificate_and_its_key_are_found_under_their_usual_names(string certificate, string key)
    {
        var credential = Taken(Secret((certificate, _tools.Robot.CertificatePem), (key, _tools.Robot.KeyPem), ("ca.crt", "anything")));
        Assert.That(credential.Dn, Is.EqualTo("/DC=org/DC=example/OU=Robots/CN=Robot: data mover"));
        Assert.That(credential.Issuer, Is.EqualTo("/CN=Grid CA"));
        Assert.That(credential.IsProxy, Is.False);
        Assert.That(TransferCredential.Check(credential, _tools.Authority.CaPem, Now), Is.Null);
    }

    [Test]
    public void A_proxy_comes_with_its_key_and_chain_in_one_entry()
    {
        var proxy = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromDays(20));
        var credential = Taken(Secret(("x509up", proxy.ToPem())));
        Assert.That(credential.Chain, Is.EqualTo(proxy.Chain));
        Assert.That(credential.IsProxy);
        Assert.That(credential.Dn, Is.EqualTo(_tools.Credential.Dn));
        Assert.That(TransferCredential.Check(credential, _tools.Authority.CaPem, Now), Is.Null);
    }

    [Test]
    public void A_proxy_of_the_grids_own_tools_is_taken()
    {
        _tools.Run("globus-proxy-utils", "grid-proxy-init", "-rfc", "-cert", "usercert.pem", "-key", "userkey.pem", "-out", "theirs", "-bits", "2048");
        var credential = Taken(Secret(("x509up", File.ReadAllText(_tools.At("theirs")))));
        Assert.That(TransferCredential.Check(credential, _tools.Authority.CaPem, DateTimeOffset.UtcNow), Is.Null);
    }

    [TestCase("-limited", "limited proxy")]
    [TestCase("-draft", "old kind")]
    public void One_that_is_of_no_use_is_refused(string kind, string words)
    {
        string[] kinds = kind == "-draft" ? ["-draft"] : ["-rfc", kind];
        _tools.Run("globus-proxy-utils", "grid-proxy-init", [.. kinds, "-cert", "usercert.pem", "-key", "userkey.pem", "-out", "theirs", "-bits", "2048"]);
        var fault = TransferCredential.Check(Taken(Secret(("x509up", File.ReadAllText(_tools.At("theirs"))))), _tools.Authority.CaPem, DateTimeOffset.UtcNow);
        Assert.That(fault?.Reason, Is.EqualTo(TransferCredential.CredentialInvalid));
        Assert.That(fault?.Fault, Does.Contain(words));
    }

    [TestCase("pkcs8", "-topk8", "-v2", "aes-256-cbc")]
    [TestCase("pkcs8", "-topk8", "-v2", "des3")]
    [TestCase("pkcs8", "-topk8", "-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA512")]
    [TestCase("pkcs8", "-topk8", "-v2", "aes-128-cbc", "-iter", "100000")]
    [TestCase("rsa", "-traditional", "-aes128")]
    [TestCase("rsa", "-traditional", "-aes192")]
    [TestCase("rsa", "-traditional", "-aes256")]
    [TestCase("rsa", "-traditional", "-des3")]
    [TestCase("rsa", "-aes256")]
    public void An_encrypted_key_is_opened_by_its_passphrase_and_by_no_other(params string[] openssl)
    {
        var key = Converted([.. openssl, "-passout", "pass:correct horse ü"]);
        Assert.That(key, Does.Contain("ENCRYPTED"));
        var certificate = ("tls.crt", _tools.Robot.CertificatePem);
        Taken(Secret(certificate, ("tls.key", key), ("passphrase", "correct horse ü")));
        Taken(Secret(certificate, ("tls.key", key), ("passphrase", "correct horse ü\n")));
        Refused(Secret(certificate, ("tls.key", key), ("passphrase", "wrong")), TransferCredential.WrongPassphrase, "does not open the private key in tls.key");
        Refused(Secret(certificate, ("tls.key", key), ("passphrase", "")), TransferCredential.WrongPassphrase, "passphrase");
        Refused(Secret(certificate, ("tls.key", key)), TransferCredential.SecretKeyMissing, "no entry passphrase");
        Refused(Secret(certificate, ("tls.key", key.Replace("ENCRYPTED PRIVATE KEY-----\nM", "ENCRYPTED PRIVATE KEY-----\nX", StringComparison.Ordinal).Replace("DEK-Info: ", "DEK-Info: X", StringComparison.Ordinal)), ("passphrase", "wrong")),
            TransferCredential.CredentialInvalid, "private key");
    }

    [TestCase("rsa", "-traditional")]
    [TestCase("pkcs8", "-topk8", "-nocrypt")]
    public void A_plain_key_is_read_in_both_forms_and_a_passphrase_beside_it_does_not_matter(params string[] openssl) =>
        Taken(Secret(("tls.crt", _tools.Robot.CertificatePem), ("tls.key", "# robot\r\n" + Converted(openssl).ReplaceLineEndings("\r\n")), ("passphrase", "unused")));

    [TestCase("too many rounds", "-v2", "aes-128-cbc", "-iter", "2000001")]
    [TestCase("scrypt", "-scrypt")]
    public void A_key_that_would_cost_everybodys_time_is_not_opened(string _, params string[] openssl) =>
        Refused(Secret(("tls.crt", _tools.Robot.CertificatePem), ("tls.key", Converted(["pkcs8", "-topk8", .. openssl, "-passout", "pass:x"])), ("passphrase", "x")),
            TransferCredential.CredentialInvalid, "openssl pkcs8 -topk8");

    /// <summary>The robot's key, as openssl writes it anew.</summary>
    private string Converted(string[] openssl)
    {
        var written = _tools.At("converted.pem");
        _tools.Run("openssl", "openssl", [openssl[0], "-in", "userkey.pem", "-out", written, .. openssl[1..]]);
        return File.ReadAllText(written);
    }

    [Test]
    public void An_elliptic_curve_key_is_told_as_one_encrypted_or_not()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var sealed_ = key.ExportEncryptedPkcs8PrivateKeyPem("x", new PbeParameters(PbeEncryptionAlgorithm.Aes128Cbc, HashAlgorithmName.SHA256, 1000));
        foreach (var pem in new[] { key.ExportECPrivateKeyPem(), key.ExportPkcs8PrivateKeyPem(), sealed_ })
            Refused(Secret(("tls.crt", _tools.Robot.CertificatePem), ("tls.key", pem), ("passphrase", "x")), TransferCredential.CredentialInvalid, "elliptic curve");
    }

    [Test]
    public void What_is_missing_or_unreadable_is_named()
    {
        var (certificate, key) = _tools.Robot;
        var other = _tools.Authority.IssueToRobot("other");
        Refused(Secret(("password", "x")), TransferCredential.SecretKeyMissing, "tls.crt with tls.key");
        Refused(Secret(("tls.crt", certificate)), TransferCredential.SecretKeyMissing, "no entry tls.key");
        Refused(Secret(("tls.crt", ""), ("tls.key", key)), TransferCredential.SecretKeyMissing, "no entry tls.crt");
        Refused(Secret(("tls.crt", certificate), ("tls.key", key), ("x509up", certificate + key)), TransferCredential.CredentialInvalid, "both tls.crt and x509up");
        Refused(Secret(("tls.crt", certificate), ("tls.key", other.KeyPem)), TransferCredential.KeyMismatch, "/DC=org/DC=example/OU=Robots/CN=Robot: data mover");
        Refused(Secret(("tls.crt", "nothing"), ("tls.key", key)), TransferCredential.CredentialInvalid, "tls.crt holds no certificate");
        Refused(Secret(("tls.crt", key), ("tls.key", key)), TransferCredential.CredentialInvalid, "tls.crt holds no certificate");
        Refused(Secret(("tls.crt", certificate), ("tls.key", certificate)), TransferCredential.CredentialInvalid, "tls.key holds no private key");
        Refused(Secret(("x509up", certificate)), TransferCredential.CredentialInvalid, "x509up holds no private key");
        Refused(Secret(("tls.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), ("tls.key", key)), TransferCredential.CredentialInvalid, "can't be read");
        Refused(Secret(("tls.crt", certificate), ("tls.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")), TransferCredential.CredentialInvalid, "can't be read");
        Refused(Secret(("tls.crt", certificate), ("tls.key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----")), TransferCredential.CredentialInvalid, "OPENSSH");
        Refused(Secret(("tls.crt", string.Concat(Enumerable.Repeat(certificate + "\n", 20))), ("tls.key", key)), TransferCredential.CredentialInvalid, "more than 16");
        Refused(Secret(("tls.crt", certificate + new string(' ', 200_000)), ("tls.key", key)), TransferCredential.CredentialInvalid, "longer than");
        var beginnings = string.Concat(Enumerable.Repeat("-----BEGIN PRIVATE KEY-----\n", 4000));
        Refused(Secret(("tls.crt", certificate), ("tls.key", beginnings)), TransferCredential.CredentialInvalid, "holds no private key");
        Assert.That(Taken(Secret(("tls.crt", certificate), ("tls.key", beginnings + key))).Chain, Has.Count.EqualTo(1));
    }

    [Test]
    public void A_chain_is_brought_into_order_and_what_does_not_belong_to_it_is_left_out()
    {
        var proxy = ProxyCertificate.Of(ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromDays(9)), Now, TimeSpan.FromDays(8));
        var text = _tools.Authority.CaPem + "\n" + string.Concat(proxy.Chain.Reverse().Select(c => c.ExportCertificatePem() + "\n")) + _tools.Authority.IssueToRobot("other").CertificatePem + "\n" + proxy.Key.ExportPkcs8PrivateKeyPem();
        Assert.That(Taken(Secret(("x509up", text))).Chain, Is.EqualTo(proxy.Chain));
    }

    private void Faulty(ClientCredential credential, string reason, string words, DateTimeOffset? now = null, string? authorities = null)
    {
        var fault = TransferCredential.Check(credential, authorities ?? _tools.Authority.CaPem, now ?? Now);
        Assert.That(fault?.Reason, Is.EqualTo(reason), fault?.Fault);
        Assert.That(fault?.Fault, Does.Contain(words));
    }

    private static ClientCredential Credential((string CertificatePem, string KeyPem) pair) => ClientCredential.FromPem(pair.CertificatePem, pair.KeyPem);

    [Test]
    public void Time_is_told_with_both_clocks()
    {
        var robot = Credential(_tools.Authority.IssueToRobot("times", Now.AddHours(1), Now.AddDays(3)));
        Faulty(robot, TransferCredential.CredentialNotYetValid, $"valid from {TransferCredential.Text(robot.Chain[0].NotBefore)} on, and here it is {TransferCredential.Text(Now)}");
        Faulty(robot, TransferCredential.CredentialExpired, $"CN=times ran out at {TransferCredential.Text(robot.Chain[0].NotAfter)}", Now.AddDays(4));
        var proxy = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromHours(2));
        Faulty(proxy, TransferCredential.CredentialExpired, "ran out", Now.AddHours(3));
        Assert.That(TransferCredential.Check(robot, _tools.Authority.CaPem, Now.AddDays(2)), Is.Null);
        using var nobody = new ThrowAwayAuthority("nobody", rsa: true);
        Faulty(Credential(nobody.IssueToRobot("times", Now, Now.AddDays(3))), TransferCredential.NotTrusted, "spec.trust.caBundles", Now.AddDays(4));
    }

    private static readonly X509KeyUsageExtension Usage = new(X509KeyUsageFlags.DigitalSignature, true);

    private static X509EnhancedKeyUsageExtension Purposes(params string[] oids)
    {
        var purposes = new OidCollection();
        foreach (var oid in oids)
            purposes.Add(new Oid(oid));
        return new(purposes, false);
    }

    [Test]
    public void A_certificate_that_servers_refuse_from_clients_is_told()
    {
        ClientCredential With(params X509Extension[] extensions) => Credential(_tools.Authority.IssueToRobot("x", extensions: extensions));
        Faulty(With(Usage, Purposes("1.3.6.1.5.5.7.3.1")), TransferCredential.HostCertificate, "is a server's");
        Faulty(With(new X509KeyUsageExtension(X509KeyUsageFlags.KeyEncipherment, true)), TransferCredential.CredentialInvalid, "digital signature");
        Faulty(With(new X509BasicConstraintsExtension(true, false, 0, true), Usage), TransferCredential.CredentialInvalid, "certificate of an authority");
        Faulty(Credential(_tools.Authority.IssueToRobot("weak", bits: 1024)), TransferCredential.CredentialInvalid, "and has 1024");
        foreach (var fine in new[] { With(), With(Usage), With(Purposes("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2")), With(Purposes("2.5.29.37.0")) })
            Assert.That(TransferCredential.Check(fine, _tools.Authority.CaPem, Now), Is.Null);
    }

    [Test]
    public void Trust_ends_at_the_authorities_that_are_given()
    {
        using var other = new ThrowAwayAuthority("Grid CA");
        Faulty(_tools.Credential, TransferCredential.NotTrusted, "spec.trust.caBundles", authorities: "");
        Faulty(_tools.Credential, TransferCredential.NotTrusted, "is signed by /CN=Grid CA", authorities: other.CaPem);
        Faulty(_tools.Credential, TransferCredential.NotTrusted, "can't be read", authorities: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----");
        Faulty(ProbeIdentity.Forge(_tools.Credential, Now), TransferCredential.NotTrusted, "spec.trust.caBundles");
        Assert.That(TransferCredential.Check(_tools.Credential, other.CaPem + "\n" + _tools.Authority.CaPem, Now), Is.Null);
    }

    /// <summary>Whatever tenants put there: a reason and words, never an exception.</summary>
    [Test]
    public void Broken_credentials_are_refused_with_a_reason()
    {
        var attributes = new Sandbox.Grid.AttributeAuthority(GridTools.Vo, GridTools.VomsHost, 15000, _tools.Voms.CertificatePem, _tools.Voms.KeyPem).Issue(_tools.Credential.EndEntity, ["/escape"], Now.AddMinutes(-5), Now.AddDays(1));
        var proxy = ProxyCertificate.Of(_tools.Credential, Now, TimeSpan.FromDays(1), attributes);
        var (leaf, rest, key) = (proxy.Chain[0].RawData, _tools.Robot.CertificatePem, proxy.Key.ExportPkcs8PrivateKey());
        CsCheck.Check.Sample(
            CsCheck.Gen.Select(CsCheck.Gen.Bool, CsCheck.Gen.Int[0, 100_000], CsCheck.Gen.Byte),
            ((bool InKey, int At, byte Value) change) =>
            {
                byte[] certificate = [.. leaf], private_ = [.. key];
                var changed = change.InKey ? private_ : certificate;
                changed[change.At % changed.Length] = change.Value;
                var (credential, reason, fault) = TransferCredential.Read(Secret(("x509up", $"{PemEncoding.WriteString("CERTIFICATE", certificate)}\n{PemEncoding.WriteString("PRIVATE KEY", private_)}\n{rest}")));
                if (credential is null)
                    Assert.That((reason, fault), Is.Not.EqualTo((default(string), default(string))));
                else
                    _ = TransferCredential.Check(credential, _tools.Authority.CaPem, Now);
            },
            iter: 100, threads: 1);
    }
}
