using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Sandbox.Postgres;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Tests.Grid;

public sealed class EndpointProbeTests
{
    private static readonly ThrowAwayAuthority Authority = new("Grid CA");
    private static readonly DateTimeOffset Later = new(DateTime.UtcNow.Date.AddDays(20), TimeSpan.Zero);

    [OneTimeTearDown]
    public void End() => Authority.Dispose();

    [TestCase(200)]
    [TestCase(207)]
    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(405)]
    [TestCase(501)]
    public async Task A_door_that_knows_nobody_answers_all_the_same(int status)
    {
        using var server = new StorageServer { Certificate = Certificate("localhost"), Answer = StorageServer.Http(status) };
        var result = await LookAsync($"davs://localhost:{server.Port}/sky/");
        Assert.That((result.Result, result.Expires), Is.EqualTo((EndpointResult.Answers, (DateTimeOffset?)Later)));
        Assert.That(server.Requests.Select(r => r.Split("\r\n")[0]), Is.EqualTo(new[] { "OPTIONS /sky/ HTTP/1.1", "PROPFIND /sky/ HTTP/1.1" }));
        Assert.That(string.Concat(server.Requests), Does.Contain("Depth: 0").And.Not.Contain("Authorization").And.Not.Contain("Cookie"));
    }

    [Test]
    public async Task A_redirect_is_an_answer_and_not_followed()
    {
        using var elsewhere = new StorageServer();
        using var server = new StorageServer { Certificate = Certificate("localhost"), Answer = StorageServer.Http(307, $"Location: http://127.0.0.1:{elsewhere.Port}/\r\n") };
        Assert.That((await LookAsync($"https://localhost:{server.Port}/sky/")).Result, Is.EqualTo(EndpointResult.Answers));
        Assert.That(elsewhere.Connections, Is.Zero);
    }

    [Test]
    public async Task Errors_of_the_server_and_other_protocols_are_told_apart()
    {
        using var broken = new StorageServer { Certificate = Certificate("localhost"), Answer = StorageServer.Http(503) };
        using var mail = new StorageServer { Certificate = Certificate("localhost"), Answer = "220 mail.example.org ESMTP\r\n"u8.ToArray() };
        using var plain = new StorageServer { Answer = StorageServer.Http(200) };
        Assert.Multiple(async () =>
        {
            Assert.That((await LookAsync($"davs://localhost:{broken.Port}/x/")).Result, Is.EqualTo(EndpointResult.ServerError));
            Assert.That((await LookAsync($"davs://localhost:{mail.Port}/x/")).Result, Is.EqualTo(EndpointResult.OtherProtocol));
            Assert.That((await LookAsync($"davs://localhost:{plain.Port}/x/")).Result, Is.EqualTo(EndpointResult.TlsFailed));
            Assert.That((await LookAsync($"http://localhost:{plain.Port}/x/")).Result, Is.EqualTo(EndpointResult.Answers));
            Assert.That((await LookAsync($"root://localhost:{plain.Port}//x/")).Result, Is.EqualTo(EndpointResult.OtherProtocol));
        });
    }

    [Test]
    public async Task Certificates_are_judged_with_the_instances_authorities()
    {
        using var good = new StorageServer { Certificate = Certificate("localhost") };
        using var other = new StorageServer { Certificate = Certificate("elsewhere.example.org") };
        using var old = new StorageServer { Certificate = Certificate("localhost", DateTimeOffset.UtcNow.AddHours(-1)) };
        Assert.Multiple(async () =>
        {
            Assert.That((await LookAsync($"davs://localhost:{good.Port}/x/", trust: "")).Result, Is.EqualTo(EndpointResult.CertificateUntrusted));
            Assert.That((await LookAsync($"davs://localhost:{other.Port}/x/")).Result, Is.EqualTo(EndpointResult.CertificateForOtherHost));
            Assert.That((await LookAsync($"davs://localhost:{old.Port}/x/")).Result, Is.EqualTo(EndpointResult.CertificateExpired));
            Assert.That((await LookAsync($"srm+https://localhost:{good.Port}/x/")).Result, Is.EqualTo(EndpointResult.Answers));
            Assert.That(other.Requests, Is.Empty, "nothing is said to a server that is not the one");
        });
    }

    [Test]
    public async Task A_certificate_makes_the_operator_fetch_nothing()
    {
        using var bait = new StorageServer();
        var where = $"http://127.0.0.1:{bait.Port}/ca.crt";
        var authorities = new X509AuthorityInformationAccessExtension([$"http://127.0.0.1:{bait.Port}/ocsp"], [where]);
        var lists = CertificateRevocationListBuilder.BuildCrlDistributionPointExtension([where]);
        using var unknown = new ThrowAwayAuthority("Nobody knows it");
        using var server = new StorageServer { Certificate = Load(unknown.Issue("localhost", ["localhost"], Later, authorities, lists)) };
        Assert.That((await LookAsync($"davs://localhost:{server.Port}/x/")).Result, Is.EqualTo(EndpointResult.CertificateUntrusted));
        Assert.That(bait.Connections, Is.Zero);
    }

    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13)]
    public async Task A_server_that_talks_to_nobody_without_a_certificate_is_there(SslProtocols version)
    {
        using var server = new StorageServer { Certificate = Certificate("localhost"), WantsCertificate = true, Tls = version };
        Assert.That(await LookAsync($"davs://localhost:{server.Port}/x/"), Is.EqualTo(new EndpointResult($"davs://localhost:{server.Port}/x/", EndpointResult.Answers, Later)));
    }

    [TestCase(0, EndpointResult.Answers)]
    [TestCase(1, EndpointResult.Answers)]
    [TestCase(7, EndpointResult.OtherProtocol)]
    public async Task An_xrootd_server_returns_the_handshake(int kind, string result)
    {
        using var server = new StorageServer { Answer = [0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 5, 0x20, 0, 0, 0, (byte)kind] };
        Assert.That((await LookAsync($"root://localhost:{server.Port}//eos/x/")).Result, Is.EqualTo(result));
        Assert.That(server.Requests.Single().Select(c => (int)c), Is.EqualTo(new[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 7, 0xdc }));
    }

    [Test]
    public async Task Silence_and_a_closed_port_look_alike()
    {
        using var silent = new StorageServer { Answer = null };
        var gone = new StorageServer();
        var port = gone.Port;
        gone.Dispose();
        Assert.Multiple(async () =>
        {
            Assert.That((await LookAsync($"root://localhost:{silent.Port}//x/", patience: TimeSpan.FromMilliseconds(300))).Result, Is.EqualTo(EndpointResult.NoAnswer));
            Assert.That((await LookAsync($"root://localhost:{port}//x/")).Result, Is.EqualTo(EndpointResult.NoAnswer));
        });
    }

    [Test]
    public async Task An_endless_answer_is_not_read_to_its_end()
    {
        using var server = new StorageServer { Answer = [.. Enumerable.Repeat((byte)'x', 1 << 20)] };
        Assert.That((await LookAsync($"http://localhost:{server.Port}/x/")).Result, Is.EqualTo(EndpointResult.OtherProtocol));
    }

    [Test]
    public async Task It_connects_to_the_addresses_it_is_given_whatever_the_name_is()
    {
        using var server = new StorageServer { Certificate = Certificate("storage.example.org") };
        var result = await LookAsync($"davs://storage.example.org:{server.Port}/x/", addresses: [IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]);
        Assert.That(result.Result, Is.EqualTo(EndpointResult.Answers), "the second address, since nobody listens at the first");
        Assert.That(server.Requests.First(), Does.Contain($"Host: storage.example.org:{server.Port}"));
    }

    private static Task<EndpointResult> LookAsync(string url, string? trust = null, TimeSpan? patience = null, IReadOnlyList<IPAddress>? addresses = null) =>
        new EndpointProbe(TimeProvider.System, patience ?? TimeSpan.FromSeconds(20)).LookAsync(url, Endpoint.Parse(url), addresses ?? [IPAddress.Loopback], trust ?? Authority.CaPem, default);

    private static X509Certificate2 Certificate(string host, DateTimeOffset? until = null) => Load(Authority.Issue(host, [host], until ?? Later));

    private static X509Certificate2 Load((string Certificate, string Key) pem) => X509Certificate2.CreateFromPem(pem.Certificate, pem.Key);
}
