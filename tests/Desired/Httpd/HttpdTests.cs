using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Runtime;

namespace RucioOperator.Tests.Desired;

/// <summary>The rendered httpd configuration in a real httpd: who gets through to Rucio.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class HttpdTests
{
    private readonly ThrowAwayAuthority authority = new("Users");
    private readonly ProbeIdentity probe = ProbeIdentity.Make(DateTimeOffset.UtcNow);
    private readonly ClientCredential alice;
    private readonly AuthorityFiles authorities;

    public HttpdTests()
    {
        alice = Person(authority, "Alice");
        authorities = AuthorityFiles.From([("users", authority.CaPem), ("list", authority.RevocationList()), ("probe", probe.Authority + probe.RevocationList)]);
    }

    [OneTimeTearDown]
    public void Dispose() => authority.Dispose();

    [Test]
    public async Task The_operators_own_probes_are_content()
    {
        await using var apache = await Apache.StartAsync(authority, authorities, Httpd.Verified);
        var verdict = await new X509Probes(apache.Login, TimeProvider.System).RunAsync(probe, default);
        Assert.That(verdict.Verified, Is.True, $"{verdict} {apache.Log()}");
    }

    [Test]
    public async Task A_person_gets_through_with_certificate_and_proxy_and_without_for_a_password()
    {
        await using var apache = await Apache.StartAsync(authority, authorities, Httpd.Verified);
        var now = DateTimeOffset.UtcNow;
        var proxy = ProxyCertificate.Of(alice, now, TimeSpan.FromHours(1));
        foreach (var path in (string[])["/auth/x509", "/auth/x509/webui", "/auth/x509_proxy"])
        {
            Assert.That((await apache.Login.GetAsync(path, alice, default)).RucioError, Is.EqualTo("CannotAuthenticate"), path);
            Assert.That((await apache.Login.GetAsync(path, proxy, default)).RucioError, Is.EqualTo("CannotAuthenticate"), path);
            Assert.That((await apache.Login.GetAsync(path, ProxyCertificate.Of(proxy, now, TimeSpan.FromHours(1)), default)).RucioError, Is.EqualTo("CannotAuthenticate"), $"{path}, a proxy of a proxy");
            Assert.That((await apache.Login.GetAsync(path, null, default)).Status, Is.EqualTo(403), path);
        }
        Assert.That((await apache.Login.GetAsync("/auth/userpass", null, default)).Status, Is.EqualTo(200));
    }

    [Test]
    public async Task Nobody_gets_through_with_what_no_authority_vouches_for()
    {
        await using var apache = await Apache.StartAsync(authority, authorities, Httpd.Verified);
        foreach (var (what, credential) in Forgeries())
        {
            var answer = await apache.Login.GetAsync("/auth/x509", credential, default);
            Assert.That(answer.Status, Is.Null.Or.EqualTo(403), what);
        }
    }

    [TestCase("/auth/x509")]
    [TestCase("/auth//x509")]
    [TestCase("//auth/x509")]
    [TestCase("/%61uth/x509")]
    [TestCase("/auth/./x509")]
    [TestCase("/auth/x509%2f")]
    [TestCase("/auth%2fx509")]
    [TestCase("/auth/x509;a")]
    [TestCase("/identities/root/x509")]
    public async Task However_the_path_is_written_a_forged_certificate_does_not_get_through_even_without_GridSite(string path)
    {
        await using var apache = await Apache.StartAsync(authority, authorities, Httpd.Verified, WithoutGridSite);
        var forged = ProbeIdentity.Forge(alice, DateTimeOffset.UtcNow);
        Assert.That((await apache.Login.GetAsync(path, forged, default)).Status, Is.EqualTo(403));
        Assert.That((await apache.Login.GetAsync(path, alice, default)).Status, Is.Not.EqualTo(403), "a genuine one does");
    }

    [Test]
    public async Task The_image_alone_has_the_hole_and_the_probes_find_it()
    {
        await using var apache = await Apache.StartAsync(authority, authorities, "", WithoutGridSite);
        Assert.That((await apache.Login.GetAsync("/auth/x509", ProbeIdentity.Forge(alice, DateTimeOffset.UtcNow), default)).RucioError, Is.EqualTo("CannotAuthenticate"));
        var verdict = await new X509Probes(apache.Login, TimeProvider.System).RunAsync(probe, default);
        Assert.That(verdict, Has.Property(nameof(X509Verdict.Verified)).False.And.Property(nameof(X509Verdict.Reason)).EqualTo("ForgedAccepted"));
    }

    [Test]
    public async Task Without_GridSite_the_probes_miss_the_proxies()
    {
        await using var apache = await Apache.StartAsync(authority, authorities, Httpd.Verified, WithoutGridSite);
        var verdict = await new X509Probes(apache.Login, TimeProvider.System).RunAsync(probe, default);
        Assert.That(verdict.Reason, Is.EqualTo("ProxyRefused"));
    }

    [Test]
    public async Task Where_logins_are_closed_nobody_gets_through()
    {
        await using var apache = await Apache.StartAsync(authority, authorities, Httpd.Closed);
        foreach (var path in (string[])["/auth/x509", "/auth/x509/webui", "/auth/x509_proxy"])
            Assert.That((await apache.Login.GetAsync(path, alice, default)).Status, Is.EqualTo(403), path);
    }

    [Test]
    public async Task Without_any_list_nothing_is_checked_for_revocation()
    {
        var alone = AuthorityFiles.From([("users", authority.CaPem), ("probe", probe.Authority + probe.RevocationList)]);
        await using var apache = await Apache.StartAsync(authority, alone, Httpd.Verified, image => image.Replace("SSLCARevocationCheck chain", "SSLCARevocationCheck none"));
        Assert.That((await new X509Probes(apache.Login, TimeProvider.System).RunAsync(probe, default)).Verified);
        Assert.That((await apache.Login.GetAsync("/auth/x509", alice, default)).RucioError, Is.Not.Null);
    }

    [Test]
    public async Task An_authority_without_a_list_is_refused_where_others_have_one()
    {
        var partly = AuthorityFiles.From([("users", authority.CaPem), ("probe", probe.Authority + probe.RevocationList)]);
        await using var apache = await Apache.StartAsync(authority, partly, Httpd.Verified);
        Assert.That((await apache.Login.GetAsync("/auth/x509", alice, default)).Status, Is.Null);
    }

    [Test]
    public async Task A_list_that_comes_later_revokes_without_a_restart()
    {
        await using var apache = await Apache.StartAsync(authority, authorities, Httpd.Verified);
        var mallory = Person(authority, "Mallory");
        Assert.That((await apache.Login.GetAsync("/auth/x509", mallory, default)).RucioError, Is.Not.Null);
        Apache.WriteAuthorities(apache.AuthoritiesFolder, AuthorityFiles.From([("users", authority.CaPem), ("list", authority.RevocationList(mallory.Chain[0]))]));
        await Eventually.TrueAsync(async () => (await apache.Login.GetAsync("/auth/x509", mallory, default)).Status is null, "the revoked one is refused");
        // The application restarts, too: for a moment it may answer 503.
        await Eventually.TrueAsync(async () => (await apache.Login.GetAsync("/auth/x509", ProxyCertificate.Of(mallory, DateTimeOffset.UtcNow, TimeSpan.FromHours(1)), default)).Status is null, "a proxy of it is refused");
        await Eventually.TrueAsync(async () => (await apache.Login.GetAsync("/auth/x509", alice, default)).RucioError is not null, "others are not");
        await Eventually.TrueAsync(async () => (await apache.Login.GetAsync("/auth/x509", probe.Credential(), default)).RucioError is not null, "nor those of another authority");
    }

    [Test]
    public async Task A_renewed_certificate_is_served_without_a_restart()
    {
        await using var apache = await Apache.StartAsync(authority, authorities, Httpd.Verified);
        var before = await ServedAsync(apache.Port);
        Apache.WriteCertificate(apache.TlsFolder, authority);
        await Eventually.TrueAsync(async () => await ServedAsync(apache.Port) != before, "the new certificate is served");
    }

    /// <summary>Variable RUCIO_CONTAINERS: a checkout of rucio/containers, and Python with jinja2.</summary>
    [Test]
    public async Task The_recorded_configuration_is_what_the_image_renders()
    {
        if (Environment.GetEnvironmentVariable("RUCIO_CONTAINERS") is not { Length: > 0 } source)
        {
            Assert.Ignore("needs the images' source: set RUCIO_CONTAINERS to a checkout of rucio/containers");
            return;
        }
        Python.Require();
        var environment = AuthEnvironment().Append(("RUCIO_PYTHON_PATH", "/usr/lib/python/rucio")).ToDictionary(e => e.Item1, e => e.Item2);
        var rendered = await Python.JsonAsync(Repository.Path("tests", "Desired", "Httpd", "render.py"), [Path.Combine(source, "server", "rucio.conf.j2")], JsonSerializer.Serialize(environment));
        Assert.That(rendered.EnumerateArray().Select(l => l.GetString()), Is.EqualTo(File.ReadAllLines(Repository.Path("tests", "Desired", "Httpd", "rucio.conf")).Skip(1)));
    }

    private static IEnumerable<(string, string)> AuthEnvironment() =>
        [.. Httpd.TlsEnvironment, .. Httpd.X509Environment(revocation: true), ("RUCIO_HEALTH_CHECK_PORT", "444"), ("RUCIO_LOG_FORMAT", Httpd.LogFormat)];

    private IEnumerable<(string What, ClientCredential Credential)> Forgeries()
    {
        var now = DateTimeOffset.UtcNow;
        using var impostor = new ThrowAwayAuthority("Users");
        var forged = ProbeIdentity.Forge(alice, now);
        yield return ("a self-signed one", forged);
        yield return ("a proxy of a self-signed one", ProxyCertificate.Of(forged, now, TimeSpan.FromHours(1)));
        yield return ("one of an authority that only has the name", Person(impostor, "Alice"));
        yield return ("one signed by a person", ProxyCertificate.Pretend(alice, now));
        yield return ("a proxy that ran out", ProxyCertificate.Of(alice, now.AddHours(-3), TimeSpan.FromHours(1)));
    }

    private static ClientCredential Person(ThrowAwayAuthority authority, string name)
    {
        var (certificate, key) = authority.IssueToPerson(name);
        return ClientCredential.FromPem(certificate, key);
    }

    /// <summary>Nor revocation, which refuses what nobody vouches for as well.</summary>
    private static string WithoutGridSite(string image)
    {
        var start = image.IndexOf(" <LocationMatch /auth/x509_proxy >", StringComparison.Ordinal);
        var end = image.IndexOf("</LocationMatch>", start, StringComparison.Ordinal) + "</LocationMatch>".Length;
        return (image[..start] + image[end..]).Replace("SSLCARevocationCheck chain", "SSLCARevocationCheck none").Replace("LoadModule gridsite_module /usr/lib64/httpd/modules/mod_gridsite.so\n", "");
    }

    private static async Task<string> ServedAsync(int port)
    {
        using var tcp = new TcpClient("localhost", port);
        await using var tls = new SslStream(tcp.GetStream(), false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost");
        return tls.RemoteCertificate!.GetSerialNumberString();
    }
}
