using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What a VO's users get to reach Rucio: made, kept, followed, and taken away.</summary>
[Parallelizable]
public sealed class ClientConfigTests
{
    private const string Accounts = """
          accounts: [{name: alice, identities: [{type: Userpass}]}, {name: robot, type: Service, identities: [{type: Userpass, secretRef: {name: robot}}]}]
        """;

    private World _world = null!;
    private int _number;

    private string Rucio => _world.Ns("rucio");

    /// <summary>Of each test alone, with a VO sky in it.</summary>
    private string Sky => _world.Ns($"sky{_number}");

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=2s");
        _world.Namespace(Rucio);
        _world.ApplyInstance(Rucio, spec: "  tenancy: {allowedNamespaces: {from: All}}");
        await _world.ReadyAsync((World.Instances, Rucio, "rucio"));
    }

    [SetUp]
    public async Task ExperimentAsync()
    {
        _number++;
        _world.Namespace(Sky);
        Password("robots-have-long-passwords%");
        _world.ApplyVo(Sky, "sky", $"sk{_number}", $"{Rucio}/rucio", Accounts + "\n  clientConfig: {serviceAccount: {name: robot}}");
        await _world.Bed.WaitReadyAsync(World.Vos, Sky, "sky");
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task A_service_account_logs_in_with_what_its_Secret_says()
    {
        var ready = await _world.Bed.WaitReadyAsync(World.Vos, Sky, "sky");

        Assert.That(World.Message(ready, "ClientConfigReady"), Is.EqualTo($"Clients log in at http://rucio-api.{Rucio}.svc by userpass: ConfigMap sky-client, Secret sky-robot-client"));
        Assert.That(Files().Keys, Is.EquivalentTo(new[] { "rucio.cfg", "jupyter-instance.json", "jupyter_server_config.json" }));
        Assert.That(await LogInAsync(), Is.EqualTo(200));
    }

    [Test]
    public async Task A_changed_password_is_written_down_and_the_old_one_is_dead()
    {
        var before = Options();
        Password("another-one-for-the-robot");
        await _world.UntilAsync(() => Options()["password"] == "another-one-for-the-robot", () => "the Secret has the old password");
        await _world.Bed.WaitReadyAsync(World.Vos, Sky, "sky");
        Assert.That(await LogInAsync(), Is.EqualTo(200));
        Assert.That(await LogInAsync(before), Is.EqualTo(401));
    }

    [Test]
    public async Task What_somebody_changes_or_deletes_is_put_back_and_told()
    {
        var files = Files();
        _world.Store.Patch("configmaps", Sky, "sky-client", World.Parse("""{"data": {"rucio.cfg": "[client]\nrucio_host = https://evil.example.org\n"}}"""));
        await _world.UntilAsync(() => Files()["rucio.cfg"] == files["rucio.cfg"], () => Files()["rucio.cfg"]);
        await _world.EventAsync(Sky, "sky", "DriftDetected", "sky-client");
        _world.Store.Delete("configmaps", Sky, "sky-client");
        await _world.UntilAsync(() => _world.Store.Get("configmaps", Sky, "sky-client") is not null, () => "the ConfigMap is gone");
        _world.Store.Delete("secrets", Sky, "sky-robot-client");
        await _world.UntilAsync(() => _world.Store.Get("secrets", Sky, "sky-robot-client") is not null, () => "the Secret is gone");
    }

    [Test]
    public async Task Nothing_is_written_when_nothing_changed_not_even_after_a_restart()
    {
        await _world.Bed.WaitReadyAsync(World.Vos, Sky, "sky");
        await _world.LooksAsync(3);
        var (calls, rucio) = (_world.Bed.Kubernetes.Requests.Mark(), _world.Bed.Rucio.Log.Count);
        await _world.LooksAsync(3);
        Assert.That(_world.Bed.Kubernetes.Requests.Since(calls, r => IsMine(r) && r.Verb != "watch"), Is.Empty);
        Assert.That(_world.Bed.Rucio.Log.Requests.Skip(rucio).Where(r => r.Prefix.StartsWith($"/{Rucio}/", StringComparison.Ordinal)), Is.Empty);

        _world.Bed.KillOperator();
        await _world.Bed.Operator!.DisposeAsync();
        calls = _world.Bed.Kubernetes.Requests.Mark();
        _world.Bed.StartOperator("--drift-interval=2s");
        await _world.LooksAsync(3);
        Assert.That(_world.Bed.Kubernetes.Requests.Since(calls, r => IsMine(r) && r.Verb is not ("watch" or "list" or "get")), Is.Empty);

        // Other tests have instances of their own in this world, which need not be at rest.
        bool IsMine(ApiRequest request) => request.Namespace == Sky || request.Namespace == Rucio;
    }

    [Test]
    public async Task A_ConfigMap_of_somebody_else_is_left_alone_and_named()
    {
        _world.Apply($"{{apiVersion: v1, kind: ConfigMap, metadata: {{name: mine, namespace: {Sky}}}, data: {{rucio.cfg: mine}}}}");
        _world.PatchSpec(World.Vos, Sky, "sky", """{"clientConfig": {"configMapName": "mine"}}""");
        var taken = await _world.NotReadyAsync(World.Vos, Sky, "sky", "NameTaken");
        Assert.That(World.Message(taken, "ClientConfigReady"), Does.StartWith("spec.clientConfig.configMapName: ConfigMap").And.Contain($"{Sky}/mine"));
        Assert.That(_world.Store.Get("configmaps", Sky, "mine")!["data"]!["rucio.cfg"]!.GetValue<string>(), Is.EqualTo("mine"));

        _world.PatchSpec(World.Vos, Sky, "sky", """{"clientConfig": {"configMapName": "other"}}""");
        await _world.Bed.WaitReadyAsync(World.Vos, Sky, "sky");
        await _world.GoneAsync("configmaps", Sky, "sky-client");
        Assert.That(_world.Store.Get("configmaps", Sky, "other"), Is.Not.Null);
    }

    [Test]
    public async Task What_nobody_could_log_in_by_is_said_and_a_look_alone_makes_nothing()
    {
        _world.PatchSpec(World.Vos, Sky, "sky", """{"clientConfig": {"authType": "Oidc"}}""");
        var blocked = await _world.NotReadyAsync(World.Vos, Sky, "sky", "IssuerNotOffered");
        Assert.That(World.Reason(blocked, "AccountsReady"), Is.EqualTo("AsDesired"), "the rest stands as it is");

        _world.Annotate(World.Vos, Sky, "sky", "rucio.cern.ch/dry-run", "true");
        _world.PatchSpec(World.Vos, Sky, "sky", """{"clientConfig": {"authType": "Userpass", "configMapName": "planned"}}""");
        var planned = await _world.Bed.WaitConditionAsync(World.Vos, Sky, "sky", "ClientConfigReady", "False", "PlanOnly");
        Assert.That(planned["status"]!["plan"]!["entries"]!.AsArray().Select(e => e!.GetValue<string>()), Has.Some.Contains("planned"));
        Assert.That(_world.Store.Get("configmaps", Sky, "planned"), Is.Null);
        _world.Annotate(World.Vos, Sky, "sky", "rucio.cern.ch/dry-run", null);
        await _world.Bed.WaitReadyAsync(World.Vos, Sky, "sky");
    }

    [Test]
    public async Task It_follows_the_instances_public_host_and_the_authority_of_its_certificate()
    {
        const string host = "client.example.org";
        using var authority = new ThrowAwayAuthority("Private");
        var (certificate, key) = authority.Issue("rucio", host);
        var rucio = _world.Ns("outside");
        _world.Namespace(rucio);
        _world.ApplyInstance(rucio);
        _world.ApplyVo(rucio, "sky", "sky", "rucio", "  clientConfig: {}");
        await _world.Bed.WaitReadyAsync(World.Vos, rucio, "sky");
        Assert.That(Files("sky-client", rucio)["rucio.cfg"], Does.Contain($"rucio_host = http://rucio-api.{rucio}.svc\n").And.Not.Contain("ca_cert"));
        _world.Store.Upsert(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = "api-tls", ["namespace"] = rucio },
            ["stringData"] = new JsonObject { ["tls.crt"] = certificate, ["tls.key"] = key, ["ca.crt"] = authority.CaPem },
        });
        _world.PatchSpec(World.Instances, rucio, "rucio", """{"api": {"host": "client.example.org", "exposure": {"type": "Ingress"}, "tls": {"secretRef": {"name": "api-tls"}}}}""");
        await _world.UntilAsync(() => Files("sky-client", rucio)["rucio.cfg"].Contains("ca_cert", StringComparison.Ordinal), () => Files("sky-client", rucio)["rucio.cfg"]);
        Assert.That(Files("sky-client", rucio)["rucio.cfg"], Does.Contain($"rucio_host = https://{host}\n").And.Contain("ca_cert = /opt/rucio/etc/ca.crt\n"));
        Assert.That(Files("sky-client", rucio)["ca.crt"].Trim(), Is.EqualTo(authority.CaPem.Trim()));
    }

    [Test]
    public async Task On_somebody_elses_rucio_it_has_the_user_name_of_the_day()
    {
        var (ns, rucio) = (_world.Ns("foreign"), await ForeignRucio.StartAsync(_world, "client"));
        rucio.ApplyInstance(ns, $"[{{tag: ext, namespace: {ns}}}]");
        _world.ApplyVo(ns, "vo", "ext", "there", "  accounts: [{name: alice, identities: [{type: Userpass}]}]\n  clientConfig: {serviceAccount: {name: alice}}");
        await _world.ReadyAsync((World.Vos, ns, "vo"));
        var first = Options("vo-alice-client", ns);
        Assert.That(first["rucio_host"], Is.EqualTo(rucio.Url));
        Assert.That(await rucio.LogInAsync(first["username"], first["password"], "alice", "ext"), Is.EqualTo(200));

        _world.Store.Delete("secrets", ns, "vo-alice-login");
        await _world.UntilAsync(() => Options("vo-alice-client", ns)["username"] != first["username"], () => "the Secret has the old user name");
        var next = Options("vo-alice-client", ns);
        await _world.UntilAsync(async () => await rucio.LogInAsync(next["username"], next["password"], "alice", "ext") == 200, () => "the new login does not work");
        await _world.UntilAsync(async () => await rucio.LogInAsync(first["username"], first["password"], "alice", "ext") == 401, () => "the old login still works");
    }

    [Test]
    public async Task Switched_off_it_is_gone()
    {
        _world.PatchSpec(World.Vos, Sky, "sky", """{"clientConfig": null}""");
        await _world.GoneAsync("configmaps", Sky, "sky-client");
        var ready = await _world.Bed.WaitReadyAsync(World.Vos, Sky, "sky");
        Assert.That(ready["status"]!["conditions"]!.AsArray().Select(c => c!["type"]!.GetValue<string>()), Has.None.EqualTo("ClientConfigReady"));
        Assert.That(_world.Store.Get("secrets", Sky, "sky-robot-client"), Is.Null);
    }

    private void Password(string text) => _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: robot, namespace: {Sky}}}, stringData: {{password: \"{text}\"}}}}");

    private Dictionary<string, string> Files(string name = "sky-client", string? ns = null) =>
        (_world.Store.Get("configmaps", ns ?? Sky, name)?["data"] as JsonObject ?? []).ToDictionary(e => e.Key, e => e.Value!.GetValue<string>());

    /// <summary>What a client would read in the Secret's rucio.cfg.</summary>
    private Dictionary<string, string> Options(string name = "sky-robot-client", string? ns = null) => _world.Secret(ns ?? Sky, name)!["rucio.cfg"].Split('\n').Where(line => line.Contains(" = ", StringComparison.Ordinal) && !line.StartsWith('#'))
        .Select(line => line.Split(" = ", 2)).ToDictionary(o => o[0], o => o[1].Replace("%%", "%", StringComparison.Ordinal));

    private Task<int> LogInAsync(Dictionary<string, string>? options = null)
    {
        options ??= Options();
        Assert.That((options["rucio_host"], options["auth_type"]), Is.EqualTo(($"http://rucio-api.{Rucio}.svc", "userpass")));
        return Logins.StatusAsync(_world, Rucio, "api", options["username"], options["password"], options["account"], options["vo"]);
    }
}
