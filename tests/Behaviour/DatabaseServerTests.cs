using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Databases of the operator's own making, each a real PostgreSQL with the certificate, rules and credentials it was given.</summary>
[Parallelizable]
public sealed class DatabaseServerTests
{
    private const string Clusters = OptionalDefinitions.Cluster;

    /// <summary>What holds the catalogue, or opens it.</summary>
    private static readonly (string Resource, string Name)[] Kept =
    [
        ("statefulsets.apps", "rucio-postgres"), ("persistentvolumeclaims", "rucio-postgres"), ("services", "rucio-postgres"), ("configmaps", "rucio-postgres"),
        ("secrets", "rucio-postgres-login"), ("secrets", "rucio-postgres-tls"), ("secrets", "rucio-database"), ("secrets", "rucio-super-root"),
    ];

    [Test]
    public async Task An_embedded_server_speaks_tls_alone_and_survives_its_instance_which_finds_everything_again()
    {
        await using var world = await EmbeddedAsync("rucio-postgres");
        var ns = world.Ns("embedded");
        await EmbeddedReadyAsync(world, ns);
        var ready = world.Store.Get(World.Instances, ns, "rucio")!;
        Assert.That(World.Message(ready, "DatabaseReady"), Does.Contain($"rucio-postgres.{ns}.svc:5432/rucio").And.Contain("for trials"));
        Assert.That(ready["status"]!["database"]!["mode"]!.GetValue<string>(), Is.EqualTo("embedded"));
        var url = world.Secret(ns, "rucio-config")!["10-common.json"];
        Assert.That(url, Does.Contain("sslmode=verify-full").And.Contain("sslrootcert="));
        Assert.That(world.Store.Get("deployments.apps", ns, "rucio-api")!.ToJsonString(), Does.Contain("rucio-postgres-tls").And.Not.Contain("rucio-postgres-login"));
        var login = world.Secret(ns, "rucio-database")!;
        Assert.That(await LoginAsync(world, ns, login, Npgsql.SslMode.Disable), Is.EqualTo("28000"), "not without TLS");
        Assert.That(await LoginAsync(world, ns, login, Npgsql.SslMode.Require), Is.EqualTo("ok"));

        var made = Kept.ToDictionary(k => k, k => Uid(world, ns, k));
        world.Store.Delete(World.Instances, ns, "rucio");
        await world.GoneAsync(World.Instances, ns, "rucio");
        await world.UntilAsync(() => world.Store.List("deployments.apps", ns).Count == 0, () => "its Deployments stay");
        Assert.That(Kept.Select(k => Uid(world, ns, k)), Is.EqualTo(made.Values), "instance deleted");

        var bootstraps = world.Bed.Workloads.Bootstraps;
        await EmbeddedReadyAsync(world, ns);
        await world.ReadyAsync((World.Vos, ns, "sky"));
        Assert.That(world.Bed.Workloads.Bootstraps, Is.EqualTo(bootstraps));
        Assert.That(Kept.Select(k => Uid(world, ns, k)), Is.EqualTo(made.Values));

        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/rotate-database-password", "one");
        await world.Bed.WaitAsync(World.Instances, ns, "rucio", node => node["status"]?["lastHandledPasswordRotation"]?.GetValue<string>() == "one");
        Assert.That(await LoginAsync(world, ns, login, Npgsql.SslMode.Require), Does.StartWith("28"));
        Assert.That(await LoginAsync(world, ns, world.Secret(ns, "rucio-database")!, Npgsql.SslMode.Require), Is.EqualTo("ok"));
        world.AssertNoSecretIsTold();
    }

    [TestCase("""{"database": {"embedded": null}}""", TestName = "Under_Retain_nothing_of_the_catalogue_goes_when_the_field_is_removed")]
    [TestCase("""{"database": {"embedded": null, "existing": {"host": "db.example.org", "port": 5432, "schema": "rucio", "sslMode": "VerifyFull", "name": "r", "credentialsSecretRef": {"name": "c"}}}}""", TestName = "Under_Retain_nothing_of_the_catalogue_goes_when_the_mode_is_changed")]
    [TestCase("""{"database": {"embedded": null}, "deletionPolicy": "Delete"}""", TestName = "Nor_does_it_under_Delete_which_speaks_of_deletion_alone")]
    public async Task Past_the_schema(string patch)
    {
        await using var world = await EmbeddedAsync("rucio-postgres");
        var ns = world.Ns("embedded");
        await EmbeddedReadyAsync(world, ns);
        var made = Kept.ToDictionary(k => k, k => Uid(world, ns, k));

        world.PatchSpec(World.Instances, ns, "rucio", patch);
        await world.NotReadyAsync(World.Instances, ns, "rucio", "InvalidField");
        Assert.That(Kept.Select(k => Uid(world, ns, k)), Is.EqualTo(made.Values));
        Assert.That(Kept.Where(k => world.Store.Get(k.Resource, ns, k.Name)!["metadata"]!["ownerReferences"] is not null), Is.Empty);

        world.PatchSpec(World.Instances, ns, "rucio", """{"database": {"existing": null, "embedded": {"storageSize": "1Gi"}}, "deletionPolicy": "Retain"}""");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
    }

    [Test]
    public async Task A_confirmed_Delete_takes_the_embedded_server_its_volume_and_its_credentials()
    {
        await using var world = await EmbeddedAsync("rucio-postgres");
        var ns = world.Ns("embedded");
        world.Namespace(ns);
        world.Apply(Manifest(ns, "embedded: {storageSize: 1Gi}", "deletionPolicy: Delete"));
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        world.Store.Delete(World.Instances, ns, "rucio");
        await world.NotReadyAsync(World.Instances, ns, "rucio", "DeletionNotConfirmed");
        Assert.That(Kept.Select(k => Uid(world, ns, k)), Has.All.Not.Null);
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/confirm-delete", "rucio");
        await world.GoneAsync(World.Instances, ns, "rucio");
        await world.UntilAsync(() => Kept.All(k => Uid(world, ns, k) is null), () => $"left: {string.Join(", ", Kept.Where(k => Uid(world, ns, k) is not null))}");
    }

    [Test]
    public async Task An_upgrade_waits_for_a_Backup_of_the_cluster_that_outlives_it()
    {
        await using var world = await EmbeddedAsync("rucio-postgres-rw");
        var ns = world.Ns("embedded");
        world.Namespace(ns);
        world.Bed.Kubernetes.InstallKinds();
        world.Apply(Manifest(ns, """
            cloudNativePG:
                  instances: 1
                  storageSize: 1Gi
                  plugins: [{name: barman-cloud.cloudnative-pg.io, parameters: {barmanObjectName: store} }]
            """).Replace("41.0.0", "38.6.0", StringComparison.Ordinal));
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        world.PatchSpec(World.Instances, ns, "rucio", """{"version": "41.0.0", "upgrade": {"backup": "CloudNativePG"}}""");
        const string backups = "backups.postgresql.cnpg.io", name = "rucio-backup-a62db546a1f1";
        await world.Bed.WaitConditionAsync(World.Instances, ns, "rucio", "BackedUp", "False", "BackingUp");
        await world.UntilAsync(() => world.Store.Get(backups, ns, name) is not null, () => "no Backup is asked for");
        var backup = world.Store.Get(backups, ns, name)!;
        Assert.That(backup["metadata"]!["ownerReferences"], Is.Null);
        Assert.That(backup["spec"]!["cluster"]!["name"]!.GetValue<string>(), Is.EqualTo("rucio-postgres"));
        Assert.That(backup["spec"]!["pluginConfiguration"]!["name"]!.GetValue<string>(), Is.EqualTo("barman-cloud.cloudnative-pg.io"));
        world.Store.PatchStatus(backups, ns, name, new JsonObject { ["phase"] = "completed" });
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        Assert.That(world.Store.Get(backups, ns, name), Is.Not.Null);
        Assert.That(world.Bed.Workloads.Jobs, Is.EqualTo(new[] { "bootstrap", "migrate" }));

        // A cluster goes where that is confirmed; a backup is no part of it.
        world.PatchSpec(World.Instances, ns, "rucio", """{"deletionPolicy": "Delete"}""");
        world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/confirm-delete", "rucio");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        world.Store.Delete(World.Instances, ns, "rucio");
        await world.GoneAsync(Clusters, ns, "rucio-postgres");
        Assert.That(world.Store.Get(backups, ns, name), Is.Not.Null);
    }

    [Test]
    public async Task A_cluster_of_CloudNativePG_is_asked_for_waited_for_and_kept()
    {
        await using var world = await EmbeddedAsync("rucio-postgres-rw");
        var ns = world.Ns("embedded");
        world.Namespace(ns);
        world.Apply(Manifest(ns, """
            cloudNativePG:
                  instances: 2
                  storageSize: 1Gi
                  parameters: {work_mem: 8MB}
                  backup: {retentionPolicy: 30d, barmanObjectStore: {destinationPath: "s3://b/x", s3Credentials: {inheritFromIAMRole: true}, wal: {maxParallel: 4} } }
                  plugins: [{name: barman-cloud.cloudnative-pg.io, isWALArchiver: true, parameters: {barmanObjectName: store} }]
            """));
        var missing = await world.NotReadyAsync(World.Instances, ns, "rucio", "KindMissing");
        Assert.That(World.Message(missing, "DatabaseReady"), Does.Contain("spec.database.cloudNativePG").And.Contain("install CloudNativePG"));

        world.Bed.Kubernetes.InstallKinds(Clusters);
        var starting = await world.NotReadyAsync(World.Instances, ns, "rucio", "DatabaseStarting");
        Assert.That(World.Message(starting), Does.Contain($"Cluster {ns}/rucio-postgres"));
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        var cluster = world.Store.Get(Clusters, ns, "rucio-postgres")!;
        Assert.That(cluster["metadata"]!["ownerReferences"], Is.Null);
        Assert.That(JsonNode.DeepEquals(cluster["spec"]!["backup"], JsonNode.Parse("""{"retentionPolicy": "30d", "barmanObjectStore": {"destinationPath": "s3://b/x", "s3Credentials": {"inheritFromIAMRole": true}, "wal": {"maxParallel": 4}}}""")));
        Assert.That(JsonNode.DeepEquals(cluster["spec"]!["plugins"], JsonNode.Parse("""[{"name": "barman-cloud.cloudnative-pg.io", "isWALArchiver": true, "parameters": {"barmanObjectName": "store"}}]""")));
        Assert.That(JsonNode.DeepEquals(cluster["spec"]!["postgresql"]!["parameters"], JsonNode.Parse("""{"max_connections": "300", "work_mem": "8MB"}""")));
        Assert.That(world.Secret(ns, "rucio-config")!["10-common.json"], Does.Contain($"@rucio-postgres-rw.{ns}.svc:5432/rucio?sslmode=verify-full"));
        Assert.That(world.Store.Get("deployments.apps", ns, "rucio-api")!.ToJsonString(), Does.Contain("rucio-postgres-ca").And.Not.Contain("ca.key"));

        var uid = Uid(world, ns, (Clusters, "rucio-postgres"));
        world.Store.Delete(World.Instances, ns, "rucio");
        await world.GoneAsync(World.Instances, ns, "rucio");
        await world.UntilAsync(() => world.Store.List("deployments.apps", ns).Count == 0, () => "its Deployments stay");
        Assert.That(Uid(world, ns, (Clusters, "rucio-postgres")), Is.EqualTo(uid));
        world.AssertNoSecretIsTold();
    }

    [Test]
    public async Task A_namespace_that_ends_leaves_a_provisioned_catalogue_and_the_same_manifest_finds_it()
    {
        await using var world = await World.StartAsync("--drift-interval=1h");
        var ns = world.Ns("ends");
        world.ApplyInstance(ns);
        world.ApplyVo(ns, "sky", "sky", "rucio");
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
        var password = world.Secret(ns, "rucio-database")!;
        world.Store.Delete("namespaces", "", ns);
        await world.GoneAsync("namespaces", "", ns);
        Assert.That(await world.SqlAsync(world.DatabaseName(ns), "SELECT vo FROM vos ORDER BY 1"), Is.EqualTo(new[] { "def", "sky" }));

        var bootstraps = world.Bed.Workloads.Bootstraps;
        world.ApplyInstance(ns);
        world.ApplyVo(ns, "sky", "sky", "rucio");
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
        Assert.That(world.Bed.Workloads.Bootstraps, Is.EqualTo(bootstraps));
        Assert.That(await world.DatabaseLoginAsync(world.DatabaseName(ns), password["username"], password["password"]), Is.EqualTo("28P01"));
    }

    [Test]
    public async Task A_certificate_that_the_CA_did_not_sign_is_refused_and_one_it_did_is_taken()
    {
        await using var world = await World.StartAsync("--drift-interval=1h");
        var ns = world.Ns("tls");
        using var stranger = new Sandbox.Postgres.ThrowAwayAuthority("somebody else");
        world.Namespace(ns);
        world.Apply(Secret(ns, "ca", stranger.CaPem));
        world.ApplyInstance(ns, spec: "  suspend: true");
        world.PatchSpec(World.Instances, ns, "rucio", $$"""{"suspend": false, "database": {"provision": {"host": "localhost", "port": {{world.Bed.Postgres.Port}}, "sslMode": "VerifyFull", "caSecretRef": {"name": "ca"} } } }""");
        await world.NotReadyAsync(World.Instances, ns, "rucio", "DatabaseTlsFailed");
        world.Apply(Secret(ns, "ca", "not a certificate"));
        await world.NotReadyAsync(World.Instances, ns, "rucio", "DatabaseTlsFailed");
        world.Apply(Secret(ns, "ca", $"{stranger.CaPem}\n{world.Bed.Postgres.CaPem}"));
        await world.ReadyAsync((World.Instances, ns, "rucio"));

        static string Secret(string ns, string name, string pem) => $"{{apiVersion: v1, kind: Secret, metadata: {{name: {name}, namespace: {ns}}}, stringData: {{ca.crt: {System.Text.Json.JsonSerializer.Serialize(pem)}}}}}";
    }

    /// <summary>An operator that finds the Service of that name in the namespace "embedded" of this world on loopback.</summary>
    private static async Task<World> EmbeddedAsync(string service)
    {
        var world = await World.StartAsync("--no-operator");
        var ns = world.Ns("embedded");
        world.Bed.StartOperator("--drift-interval=1h", $"--service-override={service}.{ns}=tcp://127.0.0.1:{world.Bed.Workloads.DatabasePort(ns, service)}");
        return world;
    }

    private static async Task EmbeddedReadyAsync(World world, string ns)
    {
        world.Namespace(ns);
        world.Apply(Manifest(ns, "embedded: {storageSize: 1Gi}"));
        world.ApplyVo(ns, "sky", "sky", "rucio");
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
    }

    private static string Manifest(string ns, string database, string more = "deletionPolicy: Retain") => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: {{ns}}}
        spec:
          version: 41.0.0
          {{more}}
          database:
            {{database}}
        """;

    private static string? Uid(World world, string ns, (string Resource, string Name) kept) => world.Store.Get(kept.Resource, ns, kept.Name)?["metadata"]!["uid"]!.GetValue<string>();

    private static async Task<string> LoginAsync(World world, string ns, IReadOnlyDictionary<string, string> login, Npgsql.SslMode ssl)
    {
        try
        {
            await using var connection = new Npgsql.NpgsqlConnection(new Npgsql.NpgsqlConnectionStringBuilder
            {
                Host = "127.0.0.1",
                Port = world.Bed.Workloads.DatabasePort(ns, "rucio-postgres"),
                Username = login["username"],
                Password = login["password"],
                Database = "rucio",
                SslMode = ssl,
                Pooling = false,
            }.ConnectionString);
            await connection.OpenAsync();
            return "ok";
        }
        catch (Npgsql.PostgresException refused)
        {
            return refused.SqlState;
        }
    }
}
