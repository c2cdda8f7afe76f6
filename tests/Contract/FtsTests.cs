using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Contract;

/// <summary>
/// Delegation on the stand-in, and on the FTS REST server of FTS_TEST_URL with the credential (certificate and key, PEM file)
/// of FTS_TEST_CREDENTIAL and the authorities (PEM file) of FTS_TEST_CA. FTS_TEST_VOMS: a VOMS server's certificate and key,
/// which that FTS trusts for VO escape at voms.example.org.
/// </summary>
[TestFixture(false, Description = "stand-in"), TestFixture(true, Description = "running FTS")]
[FixtureLifeCycle(LifeCycle.SingleInstance), Category("Contract")]
public sealed class FtsTests(bool live)
{
    private const string NeedsLive = "needs a running FTS: FTS_TEST_URL, FTS_TEST_CREDENTIAL, FTS_TEST_CA";

    private ThrowAwayAuthority? authority;
    private StandInFts? standIn;
    private Uri url = null!;
    private ClientCredential robot = null!;
    private string trust = "";
    private (string CertificatePem, string KeyPem)? voms;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (!live)
        {
            authority = new ThrowAwayAuthority("Grid CA", rsa: true);
            standIn = await StandInFts.StartAsync(authority);
            var pair = authority.IssueToRobot("Robot: mover");
            (url, robot, trust, voms) = (standIn.Url, ClientCredential.FromPem(pair.CertificatePem, pair.KeyPem), authority.CaPem, authority.IssueToGridServer("voms.example.org"));
            return;
        }
        if (Environment.GetEnvironmentVariable("FTS_TEST_URL") is not { Length: > 0 } address)
        {
            Assert.Ignore(NeedsLive);
            return;
        }
        url = new Uri(address);
        robot = ClientCredential.FromPem(await TextAsync("FTS_TEST_CREDENTIAL"));
        trust = await TextAsync("FTS_TEST_CA");
        if (Environment.GetEnvironmentVariable("FTS_TEST_VOMS") is { Length: > 0 })
        {
            var pem = await TextAsync("FTS_TEST_VOMS");
            voms = (pem, pem);
        }

        static Task<string> TextAsync(string variable) => File.ReadAllTextAsync(Environment.GetEnvironmentVariable(variable) ?? throw new InvalidOperationException(NeedsLive));
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (standIn is not null)
            await standIn.DisposeAsync();
        authority?.Dispose();
    }

    [SetUp]
    public async Task BeginAsync()
    {
        using var fts = Fts(robot);
        await fts.DeleteAsync((await fts.WhoAmIAsync(default)).DelegationId, default);
    }

    [Test]
    public async Task A_certificate_and_each_proxy_of_it_are_one_identity()
    {
        List<string> seen = [];
        foreach (var credential in new[] { robot, Proxy(robot), Proxy(Proxy(robot)) })
        {
            using var fts = Fts(credential);
            var who = await fts.WhoAmIAsync(default);
            Assert.That(who.Dn, Is.EqualTo(robot.Dn));
            Assert.That(who.Fqans, Is.Empty);
            Assert.That(who.Vos, Is.EqualTo(new[] { who.DelegationId }));
            Assert.That(who.ClockOff!.Value.TotalSeconds, Is.EqualTo(0).Within(120));
            seen.Add(who.DelegationId);
        }
        Assert.That(seen.Distinct(), Is.EqualTo(new[] { Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(robot.Dn)))[..16] }));
    }

    [Test]
    public async Task A_delegation_is_taken_listed_renewed_and_revoked()
    {
        using var fts = Fts(Proxy(robot));
        var id = (await fts.WhoAmIAsync(default)).DelegationId;
        Assert.That(await fts.EndsAsync(id, default), Is.Null);
        var first = await DelegateAsync(fts, id, Proxy(robot), TimeSpan.FromHours(4));
        Assert.That(await fts.EndsAsync(id, default), Is.EqualTo(first));
        var second = await DelegateAsync(fts, id, Proxy(robot), TimeSpan.FromHours(8));
        Assert.That(second, Is.GreaterThan(first));
        Assert.That(await fts.EndsAsync(id, default), Is.EqualTo(second));
        Assert.That(await fts.DeleteAsync(id, default), Is.True);
        Assert.That(await fts.EndsAsync(id, default), Is.Null);
        Assert.That(await fts.DeleteAsync(id, default), Is.False);
    }

    [Test]
    public async Task Without_an_hour_left_nothing_is_submitted_and_a_renewal_mends_it()
    {
        var proxy = Proxy(robot);
        using var fts = Fts(proxy);
        var id = (await fts.WhoAmIAsync(default)).DelegationId;
        Assert.That(await SubmitAsync(proxy), Does.StartWith("419 ").And.Contain("No delegation found"));
        await DelegateAsync(fts, id, proxy, TimeSpan.FromMinutes(30));
        Assert.That(await SubmitAsync(proxy), Does.StartWith("419 ").And.Contain("less than one hour left"));
        await DelegateAsync(fts, id, proxy, TimeSpan.FromHours(2));
        Assert.That(await SubmitAsync(proxy), Does.StartWith("200 ").And.Contain("job_id"));
    }

    [Test]
    public async Task A_shorter_proxy_takes_the_place_of_a_longer_one()
    {
        using var fts = Fts(robot);
        var id = (await fts.WhoAmIAsync(default)).DelegationId;
        await DelegateAsync(fts, id, robot, TimeSpan.FromHours(8));
        var shorter = await DelegateAsync(fts, id, robot, TimeSpan.FromHours(2));
        Assert.That(await fts.EndsAsync(id, default), Is.EqualTo(shorter));
    }

    [Test]
    public async Task The_same_request_is_handed_out_again_and_both_answers_to_it_are_taken()
    {
        using var one = Fts(Proxy(robot));
        using var other = Fts(Proxy(robot));
        var id = (await one.WhoAmIAsync(default)).DelegationId;
        var (request, again) = (await one.RequestAsync(id, default), await other.RequestAsync(id, default));
        Assert.That(again, Is.EqualTo(request));
        await one.PutAsync(id, ProxyCertificate.Sign(robot, request, DateTimeOffset.UtcNow, TimeSpan.FromHours(4)), default);
        await other.PutAsync(id, ProxyCertificate.Sign(robot, again, DateTimeOffset.UtcNow, TimeSpan.FromHours(5)), default);
        Assert.That(await one.RequestAsync(id, default), Is.EqualTo(request), "a request that was used is handed out again");
    }

    [Test]
    public async Task What_is_no_proxy_for_the_request_is_rejected_with_words()
    {
        using var fts = Fts(robot);
        var id = (await fts.WhoAmIAsync(default)).DelegationId;
        var signed = ProxyCertificate.Sign(robot, await fts.RequestAsync(id, default), DateTimeOffset.UtcNow, TimeSpan.FromHours(4));
        await RefusedAsync(() => fts.PutAsync(id, signed[..(signed.IndexOf("END CERTIFICATE-----", StringComparison.Ordinal) + 20)], default), GridRefusedException.DelegationRejected, "Malformed proxy");
        using var key = RSA.Create(2048);
        var foreign = new System.Security.Cryptography.X509Certificates.CertificateRequest("O=Dummy", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequestPem();
        await RefusedAsync(() => fts.PutAsync(id, ProxyCertificate.Sign(robot, foreign, DateTimeOffset.UtcNow, TimeSpan.FromHours(4)), default), GridRefusedException.DelegationRejected, "does not match the stored associated private key");
        Assert.That(await fts.EndsAsync(id, default), Is.Null);
    }

    [Test]
    public async Task The_delegation_of_others_is_not_shown()
    {
        using var fts = Fts(robot);
        await RefusedAsync(() => fts.EndsAsync("0123456789abcdef", default), GridRefusedException.FtsRefused, "The requested ID and the credentials ID do not match");
        await RefusedAsync(() => fts.RequestAsync("0123456789abcdef", default), GridRefusedException.FtsRefused, "do not match");
        await RefusedAsync(() => fts.DeleteAsync("0123456789abcdef", default), GridRefusedException.FtsRefused, "do not match");
    }

    [Test]
    public async Task Attributes_make_another_identity_which_only_a_proxy_with_the_same_ones_shares()
    {
        if (voms is not { } server)
        {
            Assert.Ignore("needs FTS_TEST_VOMS");
            return;
        }
        var attributes = new AttributeAuthority("escape", "voms.example.org", 15000, server.CertificatePem, server.KeyPem);
        var now = DateTimeOffset.UtcNow;
        var member = ProxyCertificate.Of(robot, now, TimeSpan.FromHours(12), attributes.Issue(robot.EndEntity, ["/escape/Role=production", "/escape"], now, now.AddHours(12)));
        using var fts = Fts(member);
        var who = await fts.WhoAmIAsync(default);
        Assert.That(who.Fqans, Is.EqualTo(member.Fqans));
        Assert.That(who.Fqans, Is.EqualTo(new[] { "/escape/Role=production", "/escape" }));
        Assert.That(who.Vos, Is.EqualTo(new[] { "escape" }));
        Assert.That(who.DelegationId, Is.EqualTo(Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes($"{robot.Dn}/escape/Role=production/Capability=NULL/escape/Role=NULL/Capability=NULL")))[..16]));
        var ends = await DelegateAsync(fts, who.DelegationId, member, TimeSpan.FromHours(4));
        using var bare = Fts(robot);
        Assert.That(await bare.EndsAsync((await bare.WhoAmIAsync(default)).DelegationId, default), Is.Null);
        using var renewed = Fts(ProxyCertificate.Of(robot, now, TimeSpan.FromHours(12), attributes.Issue(robot.EndEntity, ["/escape/Role=production", "/escape"], now, now.AddHours(6))));
        Assert.That(await renewed.EndsAsync(who.DelegationId, default), Is.EqualTo(ends));
        Assert.That(await renewed.DeleteAsync(who.DelegationId, default), Is.True);
    }

    private IFtsServer Fts(ClientCredential credential) => new GridServers(TimeProvider.System, TimeSpan.FromSeconds(60)).Fts(url, credential, trust);

    private static ClientCredential Proxy(ClientCredential of) => ProxyCertificate.Of(of, DateTimeOffset.UtcNow, TimeSpan.FromHours(12));

    private static async Task<DateTimeOffset> DelegateAsync(IFtsServer fts, string id, ClientCredential signer, TimeSpan lifetime)
    {
        var signed = ProxyCertificate.Sign(signer, await fts.RequestAsync(id, default), DateTimeOffset.UtcNow, lifetime);
        await fts.PutAsync(id, signed, default);
        using var proxy = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(signed);
        return new DateTimeOffset(proxy.NotAfter.ToUniversalTime());
    }

    private async Task<string> SubmitAsync(ClientCredential credential)
    {
        const string Job = """{"files": [{"sources": ["https://a.example.org/f"], "destinations": ["https://b.example.org/f"]}]}""";
        var server = new GridServer(url.Host, url.Port, async ct => await System.Net.Dns.GetHostAddressesAsync(url.Host, ct), null, trust);
        using var http = new GridHttp(server, GridReasons.Fts, credential, TimeProvider.System, TimeSpan.FromSeconds(60));
        var answer = await http.SendAsync(HttpMethod.Put, "/jobs", Job, default);
        return string.Create(CultureInfo.InvariantCulture, $"{answer.Status} {answer.Body}");
    }

    private static async Task RefusedAsync(Func<Task> call, string reason, string words)
    {
        var refused = (await Assert.ThrowsAsync<GridRefusedException>(call))!;
        Assert.That(refused.Reason, Is.EqualTo(reason), refused.Message);
        Assert.That(refused.Message, Does.Contain(words));
    }
}
