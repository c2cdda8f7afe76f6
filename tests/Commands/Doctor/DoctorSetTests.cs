using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Commands;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Grid;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Behaviour;
using RucioOperator.Tests.Grid;

namespace RucioOperator.Tests.Commands.Doctor;

/// <summary>A manifest set before it is applied, with servers that answer: a PostgreSQL, FTS, VOMS, a token issuer, storages.</summary>
public sealed class DoctorSetTests
{
    private World _world = null!;
    private ThrowAwayAuthority _authority = null!;
    private StandInFts _fts = null!;
    private StandInVoms _voms = null!;
    private StorageServer _storage = null!;
    private string _ns = "", _tenant = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _authority = new ThrowAwayAuthority("Grid CA", rsa: true);
        _world = await World.StartAsync("--no-operator");
        (_fts, _voms) = (await StandInFts.StartAsync(_authority), await StandInVoms.StartAsync(_authority, "sky"));
        _voms.Members[TransferBed.DnOf("robot")] = ["/sky", "/sky/Role=production"];
        var (certificate, key) = _authority.Issue("localhost", "localhost");
        using var pair = X509Certificate2.CreateFromPem(certificate, key);
        _storage = new StorageServer { Certificate = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), null) };
        (_ns, _tenant) = (_world.Ns("ward"), _world.Ns("patient"));
        _world.Namespace(_ns);
        _world.Namespace(_tenant, "{tenant: \"yes\"}");
        _world.Bed.CreateAdminSecret(_ns);
    }

    [OneTimeTearDown]
    public async Task EndAsync()
    {
        _storage.Dispose();
        await _voms.DisposeAsync();
        await _fts.DisposeAsync();
        await _world.DisposeAsync();
        _authority.Dispose();
    }

    [Test]
    public async Task A_set_that_will_work_is_found_in_order_by_asking_everybody_and_changing_nothing()
    {
        var mark = _world.Bed.Kubernetes.Requests.Mark();
        var run = await RunAsync(Instance() + Vo("sky", "robot") + Storage("disk", "sky") + Robot("robot", "robot") + Robot("default", "default", _ns));
        Assert.That(run.Complaints, Is.EqualTo((string[])[$"{About("RucioInstance", "rucio", _ns)} database WithoutTls"]), run.All);
        Assert.That(run.Code, Is.Zero);
        Assert.That(Message(run, About("RucioInstance", "rucio", _ns), "database"), Does.Match("rucio_admin logs in to PostgreSQL .* may create roles and databases"));
        Assert.That(Message(run, About("VirtualOrganisation", "sky"), "voms"), Does.Contain("gives /sky"));
        Assert.That(Message(run, About("VirtualOrganisation", "sky"), "fts"), Does.EndWith($"knows us as {TransferBed.DnOf("robot")} with /sky/Role=production, /sky").Or.Contain("with /sky"));
        Assert.That(Message(run, About("StorageElement", "disk"), "endpoints"), Does.StartWith("All 1 endpoints answer"));
        Assert.That(_world.Bed.Kubernetes.Requests.Since(mark).Select(r => r.Verb).Distinct(), Is.SubsetOf((string[])["get", "list", ""]), "nothing is written to the cluster");
        Assert.That(_fts.Requests.Select(r => r.Method).Distinct(), Is.EqualTo((string[])["GET"]), "nothing is delegated");
        Assert.That(await _world.DatabaseLoginAsync("postgres", _world.DatabaseName(_ns), "x"), Is.Not.EqualTo("ok"));
    }

    [Test]
    public async Task Each_thing_that_is_wrong_is_told_with_its_field_and_a_next_step()
    {
        var (other, _) = (_authority.IssueToRobot("other"), 0);
        using var stranger = new ThrowAwayAuthority("Nobody's CA", rsa: true);
        var broken = new (string Vo, string Manifest, string Check, string Reason)[]
        {
            ("non", Vo("non", "nowhere"), "credential", "SecretNotFound"),
            ("mix", Vo("mix", "mixed") + Secret("mixed", (_authority.IssueToRobot("mixed").CertificatePem, other.KeyPem)), "credential", "KeyMismatch"),
            ("old", Vo("old", "over") + Secret("over", _authority.IssueToRobot("over", DateTimeOffset.UtcNow.AddDays(-20), DateTimeOffset.UtcNow.AddDays(-1))), "credential", "CredentialExpired"),
            ("str", Vo("str", "stranger") + Secret("stranger", stranger.IssueToRobot("stranger")), "credential", "NotTrusted"),
            ("nob", Vo("nob", "nobody") + Robot("nobody", "nobody"), "voms", "VomsRefused"),
            ("far", Vo("far", "robot", fts: "https://fts.elsewhere.example.org:8446"), "instance", "FtsNotOffered"),
            ("lst", Vo("lst", "robot", instance: "nothing-there"), "instance", "InstanceNotFound"),
        };
        var soon = Vo("bit", "soon") + Secret("soon", _authority.IssueToRobot("robot", until: DateTimeOffset.UtcNow.AddDays(3)));
        int shut;
        using (var closed = new StorageServer())
            shut = closed.Port;
        var storages = Storage("shut", "sky", $"davs://localhost:{shut}/sky/") + Storage("inside", "sky", "davs://10.0.0.1.nip.svc/sky/") + Storage("lone", "nobody-there");
        var run = await RunAsync(Instance() + Robot("default", "default", _ns) + Vo("sky", "robot") + Robot("robot", "robot") + soon + string.Concat(broken.Select(b => b.Manifest)) + storages);
        Assert.That(run.Code, Is.EqualTo((int)ExitCode.Found));
        Assert.Multiple(() =>
        {
            foreach (var (vo, _, check, reason) in broken)
                AssertError(run, About("VirtualOrganisation", vo), check, reason);
            AssertError(run, About("StorageElement", "shut"), "endpoints", "NoAnswer");
            AssertError(run, About("StorageElement", "inside"), "endpoints", "HostNotAllowed");
            AssertError(run, About("StorageElement", "lone"), "vo", "VirtualOrganisationNotFound");
            Assert.That(DoctorRun.Text(run.Find(About("VirtualOrganisation", "bit"), "credential", "CertificateExpiring"), "result"), Is.EqualTo("warning"));
            Assert.That(run.Of("error").Where(e => e.StartsWith(About("VirtualOrganisation", "sky"), StringComparison.Ordinal)), Is.Empty, "one that is wrong does not touch the others");
        });
    }

    [Test]
    public async Task A_namespace_that_is_not_let_in_hears_so()
    {
        var run = await RunAsync(Instance(tenancy: "{allowedNamespaces: {from: Selector, matchLabels: {tenant: \"no\"}}}") + Robot("default", "default", _ns) + Vo("sky", null));
        AssertError(run, About("VirtualOrganisation", "sky"), "instance", "NamespaceNotAllowed");
    }

    [Test]
    public async Task What_a_cluster_lacks_is_named_with_the_product_that_brings_it()
    {
        var run = await RunAsync(Instance(more: "  api: {host: rucio.example.invalid, exposure: {type: Ingress, className: mine}, tls: {issuerRef: {name: letsencrypt}}}\n  images: {pullSecrets: [{name: registry}]}\n  messaging: {hermes: {hosts: [localhost], port: 1, destination: /topic/x, credentialsSecretRef: {name: broker}}}\n  oidc: {issuers: [{name: iam, url: \"https://localhost:1/\", clientSecretRef: {name: iam}}]}\n")
            + Robot("default", "default", _ns));
        var about = About("RucioInstance", "rucio", _ns);
        Assert.That(run.Find(about, "kinds", "KindMissing").ToJsonString(), Does.Contain("install cert-manager"));
        Assert.That(run.Of("error"), Is.SupersetOf((string[])[$"{about} classes ClassNotFound", $"{about} secrets SecretNotFound", $"{about} connections HostUnreachable", $"{about} issuers SecretNotFound", $"{about} issuers IssuerUnreachable"]));
        Assert.That(run.Of("warning"), Does.Contain($"{about} hosts HostNotInDns"));
        Assert.That(run.Of("notChecked"), Does.Contain($"{about} tls CertificatePending"));
    }

    [Test]
    public async Task A_servers_certificate_is_held_against_its_key_its_host_and_the_clock()
    {
        const string host = "rucio.example.invalid";
        var about = About("RucioInstance", "rucio", _ns);
        Task<DoctorRun> WithAsync((string, string) pair) => RunAsync(Instance(more: $"  api: {{host: {host}, exposure: {{type: LoadBalancer}}, tls: {{secretRef: {Named("api-tls")} }} }}") + Robot("default", "default", _ns) + Secret("api-tls", pair, _ns));
        var sound = _authority.Issue(host, host);

        Assert.That(Message(await WithAsync(sound), about, "tls"), Does.StartWith($"spec.api.tls: Secret {_ns}/api-tls has the certificate of {host} until "));
        AssertError(await WithAsync((sound.CertificatePem, _authority.Issue(host, host).KeyPem)), about, "tls", "KeyMismatch");
        AssertError(await WithAsync((sound.CertificatePem, "none")), about, "tls", "KeyMismatch");
        AssertError(await WithAsync(("none", sound.KeyPem)), about, "tls", "InvalidCertificate");
        AssertError(await WithAsync(_authority.Issue("other.example.invalid", "other.example.invalid")), about, "tls", "CertificateForOtherHost");
        AssertError(await WithAsync(_authority.Issue(host, [host], DateTimeOffset.UtcNow.AddMinutes(-1))), about, "tls", "CertificateExpired");
        Assert.That(DoctorRun.Text((await WithAsync(_authority.Issue(host, [host], DateTimeOffset.UtcNow.AddDays(3)))).Find(about, "tls", "CertificateExpiring"), "result"), Is.EqualTo("warning"));
    }

    [Test]
    public async Task An_admin_without_its_rights_a_wrong_password_and_a_missing_database_are_told_apart()
    {
        var weak = $"weak_{_ns.Replace('-', '_')}";
        await _world.SqlAsync("postgres", $"CREATE ROLE {weak} LOGIN PASSWORD 'weak'");
        Login("weak", weak, "weak");
        Login("wrong", PostgresServer.AdminName, "not-this-one");
        var about = About("RucioInstance", "rucio", _ns);

        var admin = await RunAsync(Instance(admin: "weak"));
        Assert.That(Message(admin, about, "database"), Does.EndWith("lacks CREATEROLE and CREATEDB"));
        Assert.That(DoctorRun.Text(admin.Find(about, "database"), "next"), Is.EqualTo($"as a superuser of the server: ALTER ROLE \"{weak}\" CREATEROLE CREATEDB"));
        AssertError(await RunAsync(Instance(admin: "wrong")), about, "database", "DatabaseCredentialsRejected");
        AssertError(await RunAsync(Instance(database: Existing("nothing_like_it", "weak"))), about, "database", "DatabaseNotFound");

        await _world.SqlAsync("postgres", $"CREATE DATABASE {weak}_db");
        var owner = await RunAsync(Instance(database: Existing($"{weak}_db", "weak")));
        Assert.That(DoctorRun.Text(owner.Find(about, "database", "DatabasePermissionDenied"), "next"), Does.Contain($"GRANT CREATE ON DATABASE \"{weak}_db\" TO \"{weak}\""));
        await _world.SqlAsync("postgres", $"GRANT CREATE ON DATABASE {weak}_db TO {weak}");
        var granted = await RunAsync(Instance(database: Existing($"{weak}_db", "weak")));
        Assert.That(granted.Of("error").Where(e => e.Contains("database", StringComparison.Ordinal)), Is.Empty, granted.All);
        Assert.That(await _world.ValueAsync($"{weak}_db", "SELECT count(*) FROM pg_namespace WHERE nspname = 'rucio'"), Is.EqualTo("0"), "looking makes nothing");
    }

    [Test]
    public async Task It_is_a_command_of_the_very_binary()
    {
        var (code, text, error) = await OperatorProcess.CommandAsync(_world.Bed.Kubernetes.KubeconfigPath, ["doctor", "-f", "-", "-n", _ns], Instance() + Robot("default", "default", _ns));
        Assert.That((code, error), Is.EqualTo((0, "")), text);
        Assert.That(text, Does.Match(@"ok +RucioInstance \S+ +database +rucio_admin logs in").And.Contain("fts"));
    }

    /// <summary>Whatever is found: no value of a Secret is told.</summary>
    private async Task<DoctorRun> RunAsync(string manifests)
    {
        var run = await DoctorRun.OfAsync(_world.Bed.Kubernetes.KubeconfigPath, manifests);
        var given = Yaml.Parse(manifests).Where(node => node.Text("kind") == "Secret").SelectMany(node => node["stringData"]!.AsObject()).Select(entry => (entry.Key, Text: entry.Value!.GetValue<string>()));
        var stored = _world.Store.List("secrets").SelectMany(node => node["data"] as JsonObject ?? []).Select(entry => (entry.Key, Text: Encoding.UTF8.GetString(Convert.FromBase64String(entry.Value!.GetValue<string>()))));
        // Of a private key each line, however it is cut.
        var values = given.Concat(stored).Where(entry => entry.Key is not ("username" or "tls.crt" or "ca.crt")).SelectMany(entry => entry.Text.Split('\n')).Select(line => line.Trim()).Where(line => line.Length > 4 && !line.StartsWith("-----", StringComparison.Ordinal)).ToList();
        Assert.That(values, Is.Not.Empty);
        Assert.That(values.Where(value => run.All.Contains(value, StringComparison.Ordinal)), Is.Empty);
        Assert.That(run.All, Does.Not.Contain("PRIVATE KEY"));
        return run;
    }

    private string About(string kind, string name, string? ns = null) => $"{kind} {ns ?? _tenant}/{name}";

    private static string Message(DoctorRun run, string about, string check) => DoctorRun.Text(run.Find(about, check), "message");

    private static void AssertError(DoctorRun run, string about, string check, string reason)
    {
        var finding = run.Find(about, check, reason);
        Assert.That(DoctorRun.Text(finding, "result"), Is.EqualTo("error"), about);
        Assert.That(DoctorRun.Text(finding, "next"), Is.Not.Empty, $"{about} {reason}");
    }

    private void Login(string secret, string user, string password) =>
        _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: {secret}, namespace: {_ns}}}, stringData: {{username: {user}, password: {password}}}}}");

    private string Existing(string name, string secret) => $"existing: {{host: 127.0.0.1, port: {_world.Bed.Postgres.Port}, name: {name}, sslMode: Disable, credentialsSecretRef: {Named(secret)} }}";

    private string Instance(string tenancy = "{allowedNamespaces: {from: All}, allowedHosts: [localhost]}", string more = "", string admin = "postgres-admin", string? database = null) => $$"""
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: ca, namespace: {{_ns}} }
        data:
          ca.crt: {{JsonSerializer.Serialize(_authority.CaPem)}}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: {{_ns}} }
        spec:
          version: 41.0.0
          database:
            {{database ?? Provision(admin)}}
          trust: {caBundles: [{name: ca}]}
          tenancy: {{tenancy}}
          transfers:
            ftsServers: ["{{TransferBed.Text(_fts)}}"]
            credentialSecretRef: {name: default}
        {{more}}
        ---

        """;

    private string Vo(string tag, string? secret, string? fts = null, string instance = "rucio") => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        metadata: {name: {{tag}}, namespace: {{_tenant}} }
        spec:
          instanceRef: {name: {{instance}}, namespace: {{_ns}} }
          tag: {{tag}}
        {{(secret is null ? "" : Transfers(secret, fts))}}
        ---

        """;

    private string Transfers(string secret, string? fts) => $"""
          transfers:
            credentialSecretRef: {Named(secret)}
            voms:
              vo: sky
              host: localhost
              port: {_voms.Port}
        {(fts is null ? "" : $"    fts: {fts}")}
        """;

    private string Provision(string admin) => $"provision: {{host: 127.0.0.1, port: {_world.Bed.Postgres.Port}, sslMode: Disable, adminSecretRef: {Named(admin)} }}";

    private static string Named(string name) => $"{{name: {name}}}";

    private string Storage(string name, string vo, string? url = null) => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        metadata: {name: {{name}}, namespace: {{_tenant}} }
        spec:
          voRef: {name: {{vo}} }
          rse: {{name.ToUpperInvariant()}}_DISK
          endpoints: [{url: "{{url ?? $"davs://localhost:{_storage.Port}/sky/"}}"}]
        ---

        """;

    private string Robot(string secret, string name, string? ns = null) => Secret(secret, _authority.IssueToRobot(name), ns);

    private string Secret(string secret, (string CertificatePem, string KeyPem) pair, string? ns = null) => $$"""
        apiVersion: v1
        kind: Secret
        metadata: {name: {{secret}}, namespace: {{ns ?? _tenant}} }
        stringData:
          tls.crt: {{JsonSerializer.Serialize(pair.CertificatePem)}}
          tls.key: {{JsonSerializer.Serialize(pair.KeyPem)}}
        ---

        """;
}
