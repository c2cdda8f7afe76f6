using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Demo;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Docs;

namespace RucioOperator.Tests.Behaviour;

/// <summary>The samples that tell how an experiment lives: applied as they are, but for names of hosts that exist nowhere, until all is Ready.</summary>
[Parallelizable]
public sealed class SampleStoriesTests
{
    private readonly ThrowAwayAuthority _authority = new("Grid");
    private World _world = null!;
    private StandInHttpd _httpd = null!;

    private string Rucio => _world.Ns("rucio");

    [SetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--no-operator");
        _httpd = new StandInHttpd(_authority, Authorities);
        _world.Bed.Kubernetes.InstallKinds();
    }

    [TearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
        await _httpd.DisposeAsync();
    }

    [OneTimeTearDown]
    public void Forget() => _authority.Dispose();

    [Test]
    public async Task Compass_with_passwords_and_certificates()
    {
        _world.Bed.StartOperator($"--service-override=rucio-auth.{Rucio}={_httpd.Url}");
        var compass = _world.Ns("compass");
        await AllReadyAsync(Apply("sme-compass"));

        var database = _world.DatabaseName(Rucio);
        Assert.That(await _world.SqlAsync(database, "SELECT account, identity FROM account_map WHERE identity_type = 'X509' ORDER BY 1"), Is.EqualTo(new[]
        {
            "marie@cmp|CN=Marie Curie,OU=People,DC=example,DC=org", "production@cmp|CN=Robot: COMPASS production,OU=Robots,DC=example,DC=org",
        }));
        // Quotas on each storage come after the storages.
        await _world.SqlBecomesAsync(database, "SELECT string_agg(r.rse, ' ' ORDER BY r.rse) FROM account_limits l JOIN rses r ON r.id = l.rse_id WHERE l.account = 'marie@cmp'", "SACLAY-DCACHE_DISK TRIESTE-STORM_DISK");

        var files = _world.Store.Get("configmaps", compass, "compass-client")!["data"]!;
        Assert.That(files["rucio.cfg"]!.GetValue<string>(), Does.Contain("rucio_host = https://rucio.example.org\nauth_host = https://rucio-auth.example.org\nca_cert = /opt/rucio/etc/ca.crt\nvo = cmp\nauth_type = userpass\n"));
        Assert.That(files["ca.crt"]!.GetValue<string>().Trim(), Is.EqualTo(_authority.CaPem.Trim()));
        var login = _world.Secret(compass, "compass-production-login")!;
        Assert.That(_world.Secret(compass, "compass-production-client")!["rucio.cfg"], Does.Contain($"account = production\nusername = production@cmp\npassword = {login["password"]}\n"));
        Assert.That(await Logins.StatusAsync(_world, Rucio, "api", login["username"], login["password"], "production", "cmp"), Is.EqualTo(200));
        await TypeAsync(compass);
    }

    /// <summary>What samples/README.md shows, in its order, but for what needs a running Rucio.</summary>
    private async Task TypeAsync(string compass)
    {
        using var session = new ReadmeSession(_world.Bed.Kubernetes.KubeconfigPath, new Dictionary<string, string> { ["compass"] = compass });
        var untyped = ReadmeCommand.All.Where(command => command.File == "samples/README.md" && KnownCommand.Of(command)?.Suite == typeof(SampleStoriesTests)).DistinctBy(command => command.Text).ToList();
        Task<IReadOnlyList<string>> Show(string words, string input = "")
        {
            var commands = untyped.Where(command => command.Text.Contains(words, StringComparison.Ordinal)).ToList();
            untyped.RemoveAll(commands.Contains);
            return session.RunAsync(commands, input);
        }

        // What an authority sends, and a browser exports.
        await session.RunAsync([
            new("", "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj '/DC=org/DC=example/OU=People/CN=Marie Curie' -keyout key.pem -out usercert.pem", []),
            new("", "openssl pkcs12 -export -in usercert.pem -inkey key.pem -out robot.p12 -passout pass:browser", []),
        ]);
        await Show("openssl x509");
        await Show("-clcerts", "browser\n");
        await Show("-nocerts", "browser\nchosen\nchosen\n");
        await Show("create secret generic");
        Assert.That(_world.Secret(compass, "compass-robot")!.Select(entry => (entry.Key, entry.Value.Length > 10)), Is.EquivalentTo(new[] { ("usercert.pem", true), ("userkey.pem", true), ("passphrase", true) }));

        void Lay(Func<string, string> change)
        {
            foreach (var (file, resource) in ((string, string)[])[("20-compass.yaml", World.Vos), ("30-storages.yaml", World.Storages)])
                File.WriteAllLines(Path.Combine(session.Folder, file), _world.Store.List(resource, compass).SelectMany(node => (string[])["---", change(Manifest(node))]));
        }

        // Nobody's real servers are asked.
        Lay(text => text.Replace(".cern.ch:", ".example.invalid:", StringComparison.Ordinal));
        Assert.That((await Show("rucio doctor")).Single(), Does.Match($"ok +StorageElement {compass}/cern-tape +vo ").And.Match($"error +StorageElement {compass}/cern-disk +endpoints .*the host name leads nowhere").And.Contain("\nNext:\n"));
        Lay(text => text);
        await Show("apply -f");
        await Show("get rucio");
        await Show("describe se");
        _world.PatchSpec(World.Vos, compass, "compass", """{"scopes": [{"name": "raw", "owner": "production"}, {"name": "mc", "owner": "prodution"}]}""");
        await _world.NotReadyAsync(World.Vos, compass, "compass", "OwnerMissing");
        await Show("get vo");
        await Show("rucio status -n");
        await Show("get configmap");
        Assert.That(await File.ReadAllTextAsync(Path.Combine(session.Folder, "rucio.cfg")), Does.Contain("vo = cmp"));
        await Show("get secret");
        await Show("export");
        Assert.That(untyped, Is.Empty);
    }

    private static string Manifest(JsonObject node) => new JsonObject
    {
        ["apiVersion"] = node["apiVersion"]!.DeepClone(),
        ["kind"] = node["kind"]!.DeepClone(),
        ["metadata"] = new JsonObject { ["name"] = node["metadata"]!["name"]!.DeepClone(), ["namespace"] = node["metadata"]!["namespace"]!.DeepClone() },
        ["spec"] = node["spec"]!.DeepClone(),
    }.ToJsonString();

    [Test]
    public async Task Escape_with_tokens()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        var (url, escape) = (issuer.Up("escape"), _world.Ns("escape"));
        _world.Bed.StartOperator(new Dictionary<string, string> { ["SSL_CERT_FILE"] = issuer.CaFile }, $"--service-override=rucio-auth.{Rucio}={_httpd.Url}");
        await AllReadyAsync(Apply("escape-datalake", text => text.Replace("https://iam.example.org/", url, StringComparison.Ordinal)));

        Assert.That(await _world.SqlAsync(_world.DatabaseName(Rucio), "SELECT account, identity FROM account_map WHERE identity_type = 'OIDC' ORDER BY 1"), Is.EqualTo(new[]
        {
            $"jocelyn@esc|SUB=0b9d8c7a-1122-4334-8556-778899aabbcc, ISS={url}", $"vera@esc|SUB=6f1c2d3e-0a1b-4c5d-8e9f-001122334455, ISS={url}",
        }));
        var files = _world.Store.Get("configmaps", escape, "escape-client")!["data"]!;
        Assert.That(files["rucio.cfg"]!.GetValue<string>(), Does.Contain("auth_type = oidc\n").And.Contain("oidc_issuer = escape\noidc_audience = rucio\n"));
        Assert.That(JsonNode.Parse(files["jupyter-instance.json"]!.GetValue<string>())!["destination_rse"]!.GetValue<string>(), Is.EqualTo("CNAF-CACHE"));
    }

    [Test]
    public async Task Production_with_an_experiment_on_it()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        var url = issuer.Up("iam");
        _world.Bed.StartOperator(new Dictionary<string, string> { ["SSL_CERT_FILE"] = issuer.CaFile }, $"--service-override=rucio-auth.{Rucio}={_httpd.Url}");
        var objects = Apply("production", text => text.Replace("https://iam.example.org/", url, StringComparison.Ordinal));
        await AllReadyAsync([.. objects, .. Apply("two-experiments", only: file => file.Contains("polarimeter", StringComparison.Ordinal))]);
    }

    [Test]
    public async Task Intertwin_with_a_storage_of_every_kind()
    {
        _world.Bed.StartOperator();
        await AllReadyAsync([.. Apply("two-experiments", only: file => file.StartsWith("10-", StringComparison.Ordinal)), .. Apply("intertwin")]);

        var database = _world.DatabaseName(Rucio);
        Assert.That(await _world.SqlAsync(database, "SELECT scheme || ' ' || third_party_copy_write FROM rse_protocols p JOIN rses r ON r.id = p.rse_id WHERE rse = 'TALLINN-XROOTD_DISK' ORDER BY 1"), Is.EqualTo(new[] { "davs 1", "root 2" }));
        Assert.That(await _world.SqlAsync(database, "SELECT extended_attributes FROM rse_protocols WHERE scheme = 'srm+https'"), Is.EqualTo(new[] { """{"web_service_path":"/srm/managerv2?SFN="}""" }));
        Assert.That(await _world.SqlAsync(database, "SELECT key FROM rse_attr_map m JOIN rses r ON r.id = m.rse_id WHERE rse = 'VIENNA-S3_BUCKET' AND key IN ('sign_url', 'verify_checksum') ORDER BY 1"), Is.EqualTo(new[] { "sign_url", "verify_checksum" }));
    }

    private async Task AllReadyAsync(IReadOnlyList<(string Resource, string Ns, string Name)> objects)
    {
        Assert.That(objects, Has.Count.GreaterThanOrEqualTo(4));
        await _world.ReadyAsync([.. objects]);
    }

    /// <returns>The custom resources of it.</returns>
    private List<(string Resource, string Ns, string Name)> Apply(string sample, Func<string, string>? change = null, Func<string, bool>? only = null)
    {
        var objects = new List<(string, string, string)>();
        foreach (var node in Directory.GetFiles(Repository.Path("samples", sample), "*.yaml").Where(file => only?.Invoke(Path.GetFileName(file)) != false).Order(StringComparer.Ordinal).SelectMany(file => Yaml.Parse((change ?? (text => text))(File.ReadAllText(file)))))
        {
            var (kind, metadata) = (node["kind"]!.GetValue<string>(), node["metadata"]!);
            Mine(metadata, kind == "Namespace" ? "name" : "namespace");
            if (node["spec"]?["instanceRef"] is { } instance)
                Mine(instance, "namespace");
            if (kind == "RucioInstance")
                Surroundings(node["spec"]!["database"]!["provision"]!.AsObject());
            if (kind is "RucioInstance" or "VirtualOrganisation" or "StorageElement")
                objects.Add(($"{kind.ToLowerInvariant()}s.rucio.cern.ch", metadata["namespace"]!.GetValue<string>(), metadata["name"]!.GetValue<string>()));
            if (metadata["name"]!.GetValue<string>() == "postgres-admin")
                _world.Bed.CreateAdminSecret(Rucio);
            else
                _world.Store.Upsert(Samples.WithoutGrid(node));
        }
        return objects;

        void Mine(JsonNode at, string field) => at[field] = _world.Ns(at[field]!.GetValue<string>());
    }

    /// <summary>A database, and what cert-manager and the platform engineer would have brought.</summary>
    private void Surroundings(JsonObject provision)
    {
        (provision["host"], provision["port"], provision["sslMode"]) = (_world.Proxy.Host, _world.Proxy.Port, "Disable");
        provision.Remove("caSecretRef");
        foreach (var (server, host) in ((string, string)[])[("api", "rucio.example.org"), ("auth", "rucio-auth.example.org"), ("webui", "rucio-ui.example.org")])
        {
            var (certificate, key) = _authority.Issue(host, host);
            Put("Secret", $"rucio-{server}-tls", "stringData", new JsonObject { ["tls.crt"] = certificate, ["tls.key"] = key });
        }
        Put("ConfigMap", "grid-authorities", "data", new JsonObject { ["ca.pem"] = _authority.CaPem });

        void Put(string kind, string name, string field, JsonObject data) =>
            _world.Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = Rucio }, [field] = data });
    }

    /// <summary>What the pods of the auth server would find mounted.</summary>
    private IEnumerable<string> Authorities() => ((string[])["rucio-trust", "rucio-x509-probe-ca"])
        .SelectMany(map => _world.Store.Get("configmaps", Rucio, map)?["data"] as JsonObject ?? [])
        .Where(file => file.Key.EndsWith(".0", StringComparison.Ordinal) && !file.Key.Contains(".r", StringComparison.Ordinal)).Select(file => file.Value!.GetValue<string>());
}
