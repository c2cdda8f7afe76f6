using System.Diagnostics;
using System.Text;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Demo;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.SandboxTests;
using RucioOperator.Tests.SandboxTests.Rucio;

namespace RucioOperator.Tests.Contract;

/// <summary>
/// What it is all for: manifests, the operator as its own process on a running Rucio, and then Rucio's own client as a plain
/// account, through a server with the public endpoints. RUCIO_CLIENT is the command of that client.
/// </summary>
[Category("Contract"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class UnmodifiedClientTests
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("rucio-client-");
    private readonly string _tag = $"{(char)('a' + Random.Shared.Next(26))}{Random.Shared.Next(16, 256):x2}";
    private SandboxBed _bed = null!;
    private LiveRucio _rucio = null!;
    private ServiceProxy _cluster = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        foreach (var name in (string[])["RUCIO_TEST_URL", "RUCIO_TEST_PUBLIC_URL", "RUCIO_TEST_DB", "RUCIO_CLIENT"])
        {
            if (Environment.GetEnvironmentVariable(name) is not { Length: > 0 })
                Assert.Ignore($"needs a running Rucio 41 and its client: {name} is not set");
        }
        _rucio = LiveRucio.FromEnvironment()!;
        await _rucio.ForgetOwnerAsync();
        _cluster = await ServiceProxy.StartAsync("rucio-api.rucio.svc", _rucio.PublicUrl);
        _bed = await SandboxBed.StartAsync(await SharedPostgres.ServerAsync(), live: true);
        _bed.ServiceOverrides = [$"rucio-admin.rucio={_rucio.Url}"];
        _bed.StartOperator();
        Samples.Apply(_bed, "quickstart", _rucio, file => file.Contains("instance", StringComparison.Ordinal));
        Directory.CreateDirectory(Path.Combine(_directory.FullName, "storage"));
        _bed.Kubernetes.ApplyYaml($$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: VirtualOrganisation
            metadata: {name: {{_tag}}, namespace: rucio}
            spec:
              instanceRef: {name: rucio}
              tag: {{_tag}}
              accounts: [{name: jdoe, identities: [{type: Userpass}], quotas: [{rseExpression: "*", bytes: 1Gi}]}]
              scopes: [{name: user.jdoe, owner: jdoe}]
              clientConfig: {mountPath: "{{_directory.FullName}}", serviceAccount: {name: jdoe} }
            ---
            apiVersion: rucio.cern.ch/v1alpha1
            kind: StorageElement
            metadata: {name: {{_tag}}-disk, namespace: rucio}
            spec: {voRef: {name: {{_tag}}}, rse: DISK, technology: Posix, endpoints: [{url: "file://{{_directory.FullName}}/storage/"}]}
            """);
        await _bed.WaitReadyAsync("storageelements.rucio.cern.ch", "rucio", $"{_tag}-disk");
        await _bed.WaitReadyAsync("virtualorganisations.rucio.cern.ch", "rucio", _tag);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_bed is not null)
            await _bed.DisposeAsync();
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Test]
    public async Task A_plain_account_uploads_lists_adds_a_rule_and_downloads()
    {
        var config = await FileAsync("service.cfg", Secret($"{_tag}-jdoe-client")["rucio.cfg"]);
        Assert.That(await RucioAsync(config, "whoami"), Does.Contain("jdoe"));

        var content = new byte[100_000];
        Random.Shared.NextBytes(content);
        var file = Path.Combine(_directory.FullName, "data.bin");
        await File.WriteAllBytesAsync(file, content);
        await RucioAsync(config, "upload", "--rse", "DISK", "--scope", "user.jdoe", file);
        Assert.That(await RucioAsync(config, "replica", "list", "file", "user.jdoe:data.bin"), Does.Contain("DISK"));

        // An upload makes its own rule for the file, so the new one is for a dataset.
        await RucioAsync(config, "did", "add", "--type", "dataset", "user.jdoe:set");
        await RucioAsync(config, "did", "content", "add", "--to-did", "user.jdoe:set", "user.jdoe:data.bin");
        await RucioAsync(config, "rule", "add", "--copies", "1", "--rses", "DISK", "user.jdoe:set");
        Assert.That(await RucioAsync(config, "rule", "list", "--did", "user.jdoe:set"), Does.Contain("jdoe").And.Contain("DISK"));

        await RucioAsync(config, "download", "--dir", Path.Combine(_directory.FullName, "down"), "user.jdoe:data.bin");
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(_directory.FullName, "down", "user.jdoe", "data.bin")), Is.EqualTo(content));
    }

    [Test]
    public async Task The_ConfigMaps_file_wants_no_more_than_who_somebody_is()
    {
        var (login, files) = (Secret($"{_tag}-jdoe-login"), _bed.Kubernetes.Store.Get("configmaps", "rucio", $"{_tag}-client")!["data"]!);
        var config = await FileAsync("rucio.cfg", files["rucio.cfg"]!.GetValue<string>());
        Assert.That(await RucioAsync(config, "--account", "jdoe", "--user", login["username"], "--password", login["password"], "whoami"), Does.Contain("jdoe"));
    }

    [Test]
    public async Task Jupyters_login_with_a_password_names_no_vo_and_is_refused()
    {
        var login = Secret($"{_tag}-jdoe-login");
        using var http = new HttpClient();
        foreach (var (account, vo, status) in ((string?, string?, int)[])[(null, null, 401), ("jdoe", null, 401), (null, _tag, 200), ("jdoe", _tag, 200)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_rucio.PublicUrl, "/auth/userpass"));
            foreach (var (header, text) in ((string, string?)[])[("Username", login["username"]), ("Password", login["password"]), ("Account", account), ("VO", vo)])
            {
                if (text is not null)
                    request.Headers.Add($"X-Rucio-{header}", text);
            }
            using var response = await http.SendAsync(request);
            Assert.That((int)response.StatusCode, Is.EqualTo(status), $"account {account}, vo {vo}");
        }
    }

    [Test]
    public async Task Writing_global_config_is_refused_to_the_account_and_to_root_of_the_vo()
    {
        foreach (var login in (IReadOnlyDictionary<string, string>[])[Secret($"{_tag}-jdoe-login"), RootLogin()])
        {
            await using var admin = await RucioBed.StartAsync(live: true);
            var caller = await admin.LogInAsync(login["username"], login["password"], login["account"], _tag);
            await caller.PlayAsync($"""
                PUT /config/policy/package-{_tag}/evil → 500 AccessDenied
                PUT /config/a/b/c → 500 AccessDenied
                GET /config → 500 AccessDenied
                GET /heartbeats → 500 AccessDenied
                """);
        }
    }

    [Test]
    public async Task The_public_server_offers_no_global_endpoint()
    {
        using var http = new HttpClient();
        foreach (var path in (string[])["/config", "/vos/", "/import", "/heartbeats", "/identities/jdoe/userpass", "/export"])
            Assert.That((int)(await http.GetAsync(new Uri(_rucio.PublicUrl, path))).StatusCode, Is.EqualTo(404), path);
    }

    private IReadOnlyDictionary<string, string> RootLogin() =>
        new Dictionary<string, string>(Secret($"rucio-vo-{_tag}-root")) { ["account"] = "root" };

    private Dictionary<string, string> Secret(string name) => _bed.Kubernetes.Store.Get("secrets", "rucio", name)!["data"]!.AsObject()
        .ToDictionary(d => d.Key, d => Encoding.UTF8.GetString(Convert.FromBase64String(d.Value!.GetValue<string>())));

    private async Task<string> FileAsync(string name, string text)
    {
        var file = Path.Combine(_directory.FullName, name);
        await File.WriteAllTextAsync(file, text);
        return file;
    }

    private async Task<string> RucioAsync(string config, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("RUCIO_CLIENT")!, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _directory.FullName,
        };
        start.Environment["RUCIO_CONFIG"] = config;
        start.Environment["http_proxy"] = _cluster.Url;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var text = await output + await errors;
        Assert.That(process.ExitCode, Is.Zero, $"rucio {string.Join(' ', arguments)}: {text}\n{_bed.LogTail(10)}");
        return text;
    }
}
