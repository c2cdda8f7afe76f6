using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Sandbox.Grid;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Grid;

public sealed class GridServersTests
{
    private static readonly ThrowAwayAuthority Authority = new("Grid CA", rsa: true);
    private static readonly ClientCredential Robot = Credential(Authority.IssueToRobot("Robot: mover"));
    private static readonly IReadOnlyList<IPAddress> Loopback = [IPAddress.Loopback];

    [OneTimeTearDown]
    public void End() => Authority.Dispose();

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_server_sees_the_whole_chain_of_a_proxy(bool onlyTls12)
    {
        await using var fts = await StandInFts.StartAsync(Authority);
        fts.OnlyTls12 = onlyTls12;
        var proxy = Proxy(Proxy(Robot));
        using var server = Fts(fts.Url, proxy);
        var who = await server.WhoAmIAsync(default);
        Assert.That((who.Dn, who.DelegationId), Is.EqualTo(("/DC=org/DC=example/OU=Robots/CN=Robot: mover", StandInFtsId(Robot.Dn))));
        Assert.That(fts.Requests.Single().Chain, Is.EqualTo(3));
    }

    [Test]
    public async Task OpenSSL_sees_the_whole_chain_of_a_proxy()
    {
        var (certificate, key) = Authority.IssueToGridServer("localhost");
        var folder = Directory.CreateTempSubdirectory("openssl-server-");
        try
        {
            foreach (var (name, text) in new[] { ("ca.pem", Authority.CaPem), ("server.pem", certificate), ("server.key", key) })
                await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), text);
            using var openssl = Process.Start(new ProcessStartInfo("openssl", "s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -CAfile ca.pem -Verify 10 -allow_proxy_certs -verify_return_error -www -naccept 1")
            { WorkingDirectory = folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
            var told = openssl.StandardError.ReadToEndAsync();
            string line;
            while (!(line = await openssl.StandardOutput.ReadLineAsync() ?? throw new IOException(await told)).StartsWith("ACCEPT", StringComparison.Ordinal))
            {
            }
            using var server = Fts(new Uri($"https://localhost:{line[(line.LastIndexOf(':') + 1)..]}"), Proxy(Proxy(Robot)));
            // It answers with a page that is no FTS's.
            await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsUnreachable, "JSON");
            await openssl.WaitForExitAsync();
            Assert.That((await told).Split('\n').Where(l => l.StartsWith("depth=", StringComparison.Ordinal)).Select(l => l[6]).Distinct(), Is.SupersetOf("0123"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task A_server_whose_certificate_nobody_trusted_signed_gets_no_request()
    {
        using var other = new ThrowAwayAuthority("Other CA", rsa: true);
        await using var fts = await StandInFts.StartAsync(Authority, own: other);
        using var server = Fts(fts.Url, Robot);
        await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsNotTrusted, "its certificate is signed by an authority that is not trusted (spec.trust.caBundles)");
        Assert.That(fts.Requests, Is.Empty);
    }

    [Test]
    public async Task A_certificate_of_another_host_is_not_taken()
    {
        await using var fts = await StandInFts.StartAsync(Authority);
        using var server = Fts(new Uri($"https://127.0.0.1:{fts.Port}"), Robot);
        await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsNotTrusted, "its certificate is for another host");
    }

    [Test]
    public async Task A_certificate_that_ran_out_is_not_taken()
    {
        await using var fts = await StandInFts.StartAsync(Authority);
        using var server = new GridServers(new Later(TimeSpan.FromDays(60)), TimeSpan.FromSeconds(60)).Fts(fts.Url, Robot, Authority.CaPem);
        await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsNotTrusted, "its certificate ran out on");
    }

    [Test]
    public async Task What_a_server_refuses_in_the_handshake_is_a_refusal_with_its_word()
    {
        await using var fts = await StandInFts.StartAsync(Authority);
        foreach (var only12 in new[] { false, true })
        {
            fts.OnlyTls12 = only12;
            using var stranger = new ThrowAwayAuthority("Other CA", rsa: true);
            await RefusedByFtsAsync(Credential(stranger.IssueToRobot("stranger")), "unknown_ca");
            await RefusedByFtsAsync(Credential(Authority.IssueToRobot("old", DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(-1))), "certificate_expired");
            await RefusedByFtsAsync(Credential(Authority.IssueToRobot("host", extensions: [new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)])), "unsupported_certificate");
            await RefusedByFtsAsync(ProxyCertificate.Pretend(Robot, DateTimeOffset.UtcNow), "unknown_ca");
        }
        Assert.That(fts.Requests, Is.Empty);

        async Task RefusedByFtsAsync(ClientCredential credential, string alert)
        {
            using var server = Fts(fts.Url, credential);
            await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsRefused, $"it refuses the certificate in the TLS handshake: {alert}");
        }
    }

    [Test]
    public async Task A_server_that_is_not_there_is_told_in_words()
    {
        await using var fts = await StandInFts.StartAsync(Authority);
        var url = fts.Url;
        fts.IsDown = true;
        using (var server = Fts(url, Robot))
            await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsUnreachable, "it hung up without an answer");
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            var port = ((IPEndPoint)free.LocalEndpoint).Port;
            free.Stop();
            using var server = Fts(new Uri($"https://localhost:{port}"), Robot);
            await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsUnreachable, "nothing answers there");
        }
        using (var server = Fts(new Uri("https://fts.invalid:8446"), Robot))
            await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsUnreachable, "");
        // It is back, and the same client gets through.
        fts.IsDown = false;
        using var again = Fts(url, Robot);
        Assert.That((await again.WhoAmIAsync(default)).Dn, Is.EqualTo(Robot.Dn));
    }

    [Test]
    public async Task A_server_that_says_nothing_is_not_waited_for_for_ever()
    {
        await using var fts = await StandInFts.StartAsync(Authority);
        var silent = new TaskCompletionSource();
        fts.Hold = silent.Task;
        using var server = new GridServers(TimeProvider.System, TimeSpan.FromSeconds(2)).Fts(fts.Url, Robot, Authority.CaPem);
        await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsUnreachable, "no answer within 2 s");
        using var ended = new CancellationTokenSource();
        var asking = server.WhoAmIAsync(ended.Token);
        await ended.CancelAsync();
        Assert.That(async () => await asking, Throws.InstanceOf<OperationCanceledException>());
        silent.SetResult();
    }

    [TestCase(302)]
    [TestCase(500)]
    [TestCase(503)]
    public async Task Errors_of_a_server_are_told_with_its_words_and_redirects_not_followed(int status)
    {
        await using var fts = await StandInFts.StartAsync(Authority);
        fts.FailWith = status;
        using var server = Fts(fts.Url, Robot);
        await RefusedAsync(() => server.WhoAmIAsync(default), GridRefusedException.FtsUnreachable, $"it answers {status}: The server is temporarily unable");
        Assert.That(fts.Requests, Has.Count.EqualTo(1));
    }

    [TestCase("\u001b[31mred\u0000\r\nblue", ExpectedResult = "it answers 400: [31mred blue")]
    [TestCase("{\"status\":\"400 Bad Request\",\"message\":\"two  lines\\nhere\"}", ExpectedResult = "it answers 400: two lines here")]
    [TestCase("<html><h1>Bad</h1><p>It&#39;s <b>bad</b></p></html>", ExpectedResult = "it answers 400: It's bad")]
    [TestCase("", ExpectedResult = "it answers 400")]
    [TestCase("[1]", ExpectedResult = "it answers 400")]
    public string Words_of_a_server_are_one_line_of_plain_text(string body) => ServerWords.Of(new GridAnswer(400, body, null));

    [Test]
    public void Words_of_a_server_are_few() => Assert.That(ServerWords.Of(new GridAnswer(400, new string('x', 5000), null)), Has.Length.EqualTo(ServerWords.Longest));

    [Test]
    public async Task The_clock_of_a_server_is_compared()
    {
        await using var fts = await StandInFts.StartAsync(Authority);
        fts.ClockOff = TimeSpan.FromMinutes(20);
        using var server = Fts(fts.Url, Robot);
        Assert.That((await server.WhoAmIAsync(default)).ClockOff!.Value.TotalMinutes, Is.EqualTo(20).Within(2));
    }

    [Test]
    public async Task Attributes_of_a_member_go_into_his_proxy_and_show_at_fts([Values] VomsKind kind)
    {
        await using var voms = await StandInVoms.StartAsync(Authority, "escape");
        await using var fts = await StandInFts.StartAsync(Authority);
        voms.Kind = kind;
        voms.Members[Robot.Dn] = ["/escape", "/escape/Role=production"];
        var attributes = await AttributesAsync(voms, ["/escape/Role=production"]);
        Assert.That(voms.Requests.Single().Path, Is.EqualTo("/generate-ac?fqans=/escape/Role=production&lifetime=86400"));
        var proxy = ProxyCertificate.Of(Robot, DateTimeOffset.UtcNow, TimeSpan.FromDays(1), attributes);
        Assert.That(proxy.NotAfter, Is.EqualTo(DateTimeOffset.UtcNow.AddHours(12)).Within(TimeSpan.FromMinutes(5)), "the server gives twelve hours");
        using var server = Fts(fts.Url, proxy);
        var who = await server.WhoAmIAsync(default);
        Assert.That(who.Fqans, Is.EqualTo(new[] { "/escape/Role=production", "/escape" }));
        Assert.That(who.Vos, Is.EqualTo(new[] { "escape" }));
        Assert.That(who.DelegationId, Is.EqualTo(StandInFtsId($"{Robot.Dn}/escape/Role=production/Capability=NULL/escape/Role=NULL/Capability=NULL")));
        Assert.That(proxy.Fqans, Is.EqualTo(who.Fqans));
    }

    [Test]
    public async Task Without_names_the_group_of_the_vo_is_asked_for()
    {
        await using var voms = await StandInVoms.StartAsync(Authority, "escape");
        voms.Members[Robot.Dn] = ["/escape"];
        await AttributesAsync(voms, []);
        Assert.That(voms.Requests.Single().Path, Does.StartWith("/generate-ac?fqans=/escape&"));
    }

    [Test]
    public async Task What_voms_refuses_is_told_in_its_words([Values] VomsKind kind)
    {
        await using var voms = await StandInVoms.StartAsync(Authority, "escape");
        voms.Kind = kind;
        await RefusedAsync(() => AttributesAsync(voms, []), GridRefusedException.VomsRefused, "User unknown to this VO");
        voms.Members[Robot.Dn] = ["/escape"];
        await RefusedAsync(() => AttributesAsync(voms, ["/escape/Role=admin"]), GridRefusedException.VomsRefused, "/escape/Role=admin");
        voms.Suspended[Robot.Dn] = true;
        await RefusedAsync(() => AttributesAsync(voms, []), GridRefusedException.VomsRefused, "is not active");
        await RefusedAsync(() => AttributesAsync(voms, ["/escape?x=1&y"]), GridRefusedException.VomsRefused, "is no FQAN");
    }

    [TestCase("<!DOCTYPE voms [<!ENTITY a \"b\">]><voms><ac>&a;</ac></voms>")]
    [TestCase("<voms><ac>not base64!</ac></voms>")]
    [TestCase("<voms></voms>")]
    [TestCase("hello")]
    public async Task What_is_no_voms_answer_is_no_attribute(string answer)
    {
        await using var voms = await StandInVoms.StartAsync(Authority, "escape");
        voms.Garbage = answer;
        await RefusedAsync(() => AttributesAsync(voms, []), GridRefusedException.VomsUnreachable, "it is no VOMS server");
    }

    [Test]
    public async Task An_outage_of_voms_is_no_refusal()
    {
        await using var voms = await StandInVoms.StartAsync(Authority, "escape");
        voms.FailWith = 500;
        await RefusedAsync(() => AttributesAsync(voms, []), GridRefusedException.VomsUnreachable, "Internal server error");
        voms.FailWith = null;
        voms.Garbage = new string('x', GridHttp.LongestAnswer + 1);
        await RefusedAsync(() => AttributesAsync(voms, []), GridRefusedException.VomsUnreachable, "the answer is too long");
        voms.IsDown = true;
        await RefusedAsync(() => AttributesAsync(voms, []), GridRefusedException.VomsUnreachable, "it hung up");
    }

    [Test]
    public async Task A_voms_server_must_be_who_its_line_says_and_where_we_were_told()
    {
        await using var voms = await StandInVoms.StartAsync(Authority, "escape");
        voms.Members[Robot.Dn] = ["/escape"];
        await RefusedAsync(() => Servers.AttributesAsync(new VomsServerAddress("escape", "localhost", voms.Port, "/DC=org/CN=other"), Loopback, Robot, Authority.CaPem, [], TimeSpan.FromHours(1), default), GridRefusedException.VomsNotTrusted, $"its certificate is of {voms.Dn}");
        await RefusedAsync(() => Servers.AttributesAsync(new VomsServerAddress("escape", "localhost", voms.Port, null), [], Robot, Authority.CaPem, [], TimeSpan.FromHours(1), default), GridRefusedException.VomsUnreachable, "");
        await RefusedAsync(() => Servers.AttributesAsync(new VomsServerAddress("escape", "localhost", voms.Port, null), [IPAddress.Parse("127.0.0.2")], Robot, Authority.CaPem, [], TimeSpan.FromHours(1), default), GridRefusedException.VomsUnreachable, "nothing answers there");
        Assert.That(voms.Requests, Is.Empty);
        // An address that doesn't answer is no reason to leave the next one out.
        await Servers.AttributesAsync(new VomsServerAddress("escape", "localhost", voms.Port, voms.Dn), [IPAddress.Parse("127.0.0.2"), IPAddress.Loopback], Robot, Authority.CaPem, [], TimeSpan.FromHours(1), default);
    }

    private static GridServers Servers => new(TimeProvider.System, TimeSpan.FromSeconds(60));

    private static IFtsServer Fts(Uri url, ClientCredential credential) => Servers.Fts(url, credential, Authority.CaPem);

    private static Task<byte[]> AttributesAsync(StandInVoms voms, string[] fqans) =>
        Servers.AttributesAsync(new VomsServerAddress(voms.Vo, "localhost", voms.Port, voms.Dn), Loopback, Proxy(Robot), Authority.CaPem, fqans, TimeSpan.FromDays(1), default);

    private static ClientCredential Credential((string CertificatePem, string KeyPem) pair) => ClientCredential.FromPem(pair.CertificatePem, pair.KeyPem);

    private static ClientCredential Proxy(ClientCredential of) => ProxyCertificate.Of(of, DateTimeOffset.UtcNow, TimeSpan.FromHours(12));

    private static string StandInFtsId(string text) => Convert.ToHexStringLower(SHA1.HashData(System.Text.Encoding.UTF8.GetBytes(text)))[..16];

    private static async Task RefusedAsync(Func<Task> call, string reason, string words)
    {
        var refused = (await Assert.ThrowsAsync<GridRefusedException>(call))!;
        Assert.That(refused.Reason, Is.EqualTo(reason), refused.Message);
        Assert.That(refused.Message, Does.Contain(words).And.Length.LessThanOrEqualTo(ServerWords.Longest));
    }

    private sealed class Later(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }
}
