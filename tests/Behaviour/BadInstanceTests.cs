using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>
/// One wrong thing each: one clear condition that names the field, and correcting that alone makes it Ready. The drift
/// interval is an hour, so whatever gets better does so because of the correction.
/// </summary>
[Parallelizable]
public sealed class BadInstanceTests
{
    private World _world = null!;

    [OneTimeSetUp]
    public async Task Start() => _world = await World.StartAsync("--drift-interval=1h");

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task An_unknown_version_is_refused_and_a_known_one_taken()
    {
        var ns = _world.Ns("version");
        _world.ApplyInstance(ns, version: "12.3.4");
        await RejectedAsync(ns, "UnknownVersion", "spec.version", "Rucio 12");
        _world.PatchSpec(World.Instances, ns, "rucio", """{"version": "41.0.0"}""");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(SandboxBed.Condition(_world.Store.Get(World.Instances, ns, "rucio")!, "Stalled"), Is.Null);
    }

    [Test]
    public async Task MySql_is_refused_with_the_reason()
    {
        var ns = _world.Ns("mysql");
        _world.ApplyInstance(ns);
        _world.PatchSpec(World.Instances, ns, "rucio", """{"database": {"engine": "MySQL"}}""");
        await RejectedAsync(ns, "UnsupportedDatabase", "spec.database.engine", "MySQL", "rucio issue 6755");
        _world.PatchSpec(World.Instances, ns, "rucio", """{"database": {"engine": "PostgreSQL"}}""");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task A_MySql_url_in_place_of_a_host_is_refused_with_the_reason()
    {
        var ns = _world.Ns("mysqlurl");
        _world.ApplyInstance(ns, host: "mysql+pymysql://rucio:a-long-secret@db/rucio");
        await RejectedAsync(ns, "UnsupportedDatabase", "spec.database.provision.host", "MySQL");
        Assert.That(_world.Store.Get(World.Instances, ns, "rucio")!["status"]!.ToJsonString(), Does.Not.Contain("a-long-secret"));
    }

    [Test]
    public async Task Revocation_lists_of_nobody_are_not_fetched_in_silence()
    {
        var ns = _world.Ns("later");
        _world.ApplyInstance(ns, spec: "  trust: {crlRefresh: 6h, caBundles: []}");
        await RejectedAsync(ns, "InvalidField", "spec.trust.crlRefresh");
        _world.PatchSpec(World.Instances, ns, "rucio", """{"trust": null}""");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task A_wrong_admin_password_is_told_and_the_corrected_Secret_noticed()
    {
        var ns = _world.Ns("password");
        _world.Bed.CreateAdminSecret(ns, "wrong", password: "not-the-password");
        _world.ApplyInstance(ns, adminSecret: "wrong");
        await BlockedAsync(ns, "DatabaseCredentialsRejected", "rucio_admin");
        _world.Bed.CreateAdminSecret(ns, "wrong");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task A_missing_Secret_is_named_with_its_field_and_noticed_when_it_comes()
    {
        var ns = _world.Ns("missing");
        _world.ApplyInstance(ns, adminSecret: "later");
        await BlockedAsync(ns, "SecretNotFound", "spec.database.provision.adminSecretRef", $"{ns}/later");
        _world.Bed.CreateAdminSecret(ns, "later");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task An_unreachable_host_is_named_and_the_corrected_one_used()
    {
        var ns = _world.Ns("host");
        _world.ApplyInstance(ns, host: "postgres.invalid");
        await BlockedAsync(ns, "DatabaseHostNotFound", "postgres.invalid");
        _world.PatchSpec(World.Instances, ns, "rucio", $$$$"""{"database": {"provision": {"host": "{{{{_world.Proxy.Host}}}}", "port": 1}}}""");
        await BlockedAsync(ns, "DatabaseUnreachable", $"{_world.Proxy.Host}:1");
        _world.PatchSpec(World.Instances, ns, "rucio", $$$$"""{"database": {"provision": {"port": {{{{_world.Proxy.Port}}}} } } }""");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task An_admin_without_createdb_is_told_what_is_missing_and_the_grant_is_found()
    {
        var ns = _world.Ns("createdb");
        var admin = $"lowly_{ns.Replace('-', '_')}";
        await _world.SqlAsync("postgres", $"CREATE ROLE {admin} LOGIN CREATEROLE NOCREATEDB PASSWORD 'lowly-but-long-password'");
        _world.Namespace(ns);
        _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: lowly, namespace: {ns}}}, stringData: {{username: {admin}, password: lowly-but-long-password}}}}");
        _world.ApplyInstance(ns, adminSecret: "lowly");
        await BlockedAsync(ns, "DatabasePermissionDenied", admin, "CREATEDB");
        await _world.SqlAsync("postgres", $"ALTER ROLE {admin} CREATEDB");
        _world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", "now");
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task A_database_of_somebody_else_is_never_taken_over()
    {
        var ns = _world.Ns("taken");
        var name = $"taken_{ns.Replace('-', '_')}";
        await _world.SqlAsync("postgres", $"CREATE ROLE {name} LOGIN PASSWORD 'x'");
        _world.ApplyInstance(ns);
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        _world.ApplyInstance(ns, "other", spec: "  suspend: true");
        _world.PatchSpec(World.Instances, ns, "other", $$$$"""{"suspend": false, "database": {"provision": {"name": "{{{{name}}}}"} } }""");
        await _world.NotReadyAsync(World.Instances, ns, "other", "DatabaseTaken");
        _world.PatchSpec(World.Instances, ns, "other", $$$$"""{"database": {"provision": {"name": "{{{{name}}}}_mine"} } }""");
        await _world.ReadyAsync((World.Instances, ns, "other"));

        // Past a schema that would refuse it: the catalogue would be left behind.
        _world.PatchSpec(World.Instances, ns, "other", $$$$"""{"database": {"provision": {"name": "{{{{name}}}}_too"} } }""");
        var fixedName = await _world.NotReadyAsync(World.Instances, ns, "other", "InvalidField");
        Assert.That(World.Message(fixedName), Does.Contain("spec.database.provision.name").And.Contain($"{name}_mine"));
    }

    private async Task RejectedAsync(string ns, string reason, params string[] words)
    {
        var instance = await _world.NotReadyAsync(World.Instances, ns, "rucio", reason);
        Assert.That(SandboxBed.Condition(instance, "Stalled")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        Assert.That(SandboxBed.Condition(instance, "Reconciling"), Is.Null);
        foreach (var word in words)
            Assert.That(World.Message(instance), Does.Contain(word));
    }

    private async Task BlockedAsync(string ns, string reason, params string[] words)
    {
        var instance = await _world.NotReadyAsync(World.Instances, ns, "rucio", reason);
        Assert.That(SandboxBed.Condition(instance, "Reconciling")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        Assert.That(World.Reason(instance, "DatabaseReady"), Is.EqualTo(reason));
        foreach (var word in words)
            Assert.That(World.Message(instance), Does.Contain(word));
    }
}
