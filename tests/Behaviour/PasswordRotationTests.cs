using NUnit.Framework;

namespace RucioOperator.Tests.Behaviour;

/// <summary>A new database password, asked for by annotation, while everything goes on.</summary>
[Parallelizable]
public sealed class PasswordRotationTests
{
    private const string Rotate = "rucio.cern.ch/rotate-database-password";

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
    public async Task A_new_password_is_in_use_and_the_old_one_dead_and_no_login_fails_in_between()
    {
        var ns = _world.Ns("rotate");
        var database = _world.DatabaseName(ns);
        _world.ApplyInstance(ns);
        _world.ApplyVo(ns, "sky", "sky", "rucio", "  accounts: [{name: alice, identities: [{type: Userpass}]}]");
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
        var before = _world.Secret(ns, "rucio-database")!;
        var alice = _world.Secret(ns, "sky-alice-login")!;
        var (answers, stop) = (new HashSet<int>(), false);
        var probing = Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
                answers.Add(await Logins.StatusAsync(_world, ns, "api", alice["username"], alice["password"], "alice", "sky"));
        });

        await RotatedAsync(ns, "one");
        var one = _world.Secret(ns, "rucio-database")!;
        Assert.That(one["username"], Is.EqualTo($"{database}_login2"));
        Assert.That(new[] { one["password"], one["observer-password"] }, Has.None.AnyOf(before["password"], before["observer-password"]));
        Assert.That(await _world.DatabaseLoginAsync(database, one["username"], one["password"]), Is.EqualTo("ok"));
        Assert.That(await _world.DatabaseLoginAsync(database, before["username"], before["password"]), Does.StartWith("28"));
        Assert.That(await _world.DatabaseLoginAsync(database, before["observer-username"], before["observer-password"]), Does.StartWith("28"));
        // A session that was ended takes a moment to be gone.
        await _world.SqlBecomesAsync("postgres", $"SELECT count(*) FROM pg_stat_activity WHERE usename = '{database}'", "0");

        await RotatedAsync(ns, "two");
        var two = _world.Secret(ns, "rucio-database")!;
        Assert.That(two["username"], Is.EqualTo(database));
        Assert.That(two["password"], Is.Not.EqualTo(before["password"]));
        Assert.That(await _world.DatabaseLoginAsync(database, one["username"], one["password"]), Does.StartWith("28"));
        Assert.That(await _world.DatabaseLoginAsync(database, database, two["password"]), Is.EqualTo("ok"));

        Volatile.Write(ref stop, true);
        await probing;
        Assert.That(answers, Is.EqualTo(new[] { 200 }), "alice was never kept out");
        Assert.That(await _world.SqlAsync(database, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'rucio'"), Is.EqualTo(new[] { database }));
        await _world.ReadyAsync((World.Vos, ns, "sky"));
    }

    [Test]
    public async Task Killed_at_any_write_of_a_rotation_it_ends_the_same()
    {
        var ns = _world.Ns("killed");
        var database = _world.DatabaseName(ns);
        await using var world = await World.StartAsync("--drift-interval=1h");
        ns = world.Ns("killed");
        database = world.DatabaseName(ns);
        world.ApplyInstance(ns);
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        var old = world.Secret(ns, "rucio-database")!;
        foreach (var (place, sql) in ((int, string)[])[(1, "ALTER ROLE"), (2, "GRANT"), (3, "NOLOGIN PASSWORD NULL")])
        {
            var dead = new TaskCompletionSource();
            world.Proxy.OnResponse = trip =>
            {
                if (trip.Application == "rucio-operator" && trip.Sql.Contains(sql, StringComparison.Ordinal) && !dead.Task.IsCompleted)
                {
                    world.Bed.KillOperator();
                    dead.TrySetResult();
                }
                return Task.CompletedTask;
            };
            world.Annotate(World.Instances, ns, "rucio", Rotate, $"token-{place}");
            await dead.Task.WaitAsync(TimeSpan.FromSeconds(60));
            world.Proxy.OnResponse = null;
            await world.Bed.Operator!.DisposeAsync();
            world.Bed.StartOperator("--drift-interval=1h");
            await world.Bed.WaitAsync(World.Instances, ns, "rucio", node => node["status"]?["lastHandledPasswordRotation"]?.GetValue<string>() == $"token-{place}" && Sandbox.SandboxBed.IsReady(node));
            var now = world.Secret(ns, "rucio-database")!;
            Assert.That(await world.DatabaseLoginAsync(database, now["username"], now["password"]), Is.EqualTo("ok"), sql);
            Assert.That(await world.DatabaseLoginAsync(database, old["username"], old["password"]), Does.StartWith("28"), sql);
            Assert.That(now, Does.Not.ContainKey("retiring"));
            old = now;
        }
    }

    [Test]
    public async Task An_admin_that_is_no_more_is_told_and_stops_nothing_and_the_corrected_one_rotates()
    {
        var ns = _world.Ns("admin");
        _world.ApplyInstance(ns);
        _world.ApplyVo(ns, "sky", "sky", "rucio");
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
        var before = _world.Secret(ns, "rucio-database")!;
        _world.Bed.CreateAdminSecret(ns, password: "changed-meanwhile");
        // The Secret and the instance come by different watches.
        _world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", "changed");
        await _world.Bed.WaitAsync(World.Instances, ns, "rucio", node => node["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "changed");
        _world.Annotate(World.Instances, ns, "rucio", Rotate, "one");
        var stuck = await _world.Bed.WaitConditionAsync(World.Instances, ns, "rucio", "PasswordRotated", "False", "DatabaseCredentialsRejected");
        Assert.That(World.Message(stuck, "PasswordRotated"), Does.Contain("rucio_admin"));
        Assert.That(Sandbox.SandboxBed.Condition(stuck, "DaemonsReady")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
        Assert.That(_world.Secret(ns, "rucio-database"), Is.EqualTo(before));
        _world.ApplyVo(ns, "sea", "sea", "rucio");
        await _world.ReadyAsync((World.Vos, ns, "sea"));

        _world.Bed.CreateAdminSecret(ns);
        await RotatedNowAsync(ns, "one");
    }

    [Test]
    public async Task A_password_that_is_not_the_operators_is_said_to_be_so()
    {
        var ns = _world.Ns("theirs");
        _world.ApplyInstance(ns);
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        _world.Store.Delete(World.Instances, ns, "rucio");
        await _world.GoneAsync(World.Instances, ns, "rucio");
        _world.Apply($$"""
            apiVersion: rucio.cern.ch/v1alpha1
            kind: RucioInstance
            metadata: {name: rucio, namespace: {{ns}}, annotations: { {{Rotate}}: please } }
            spec:
              version: 41.0.0
              database: {existing: {host: {{_world.Proxy.Host}}, port: {{_world.Proxy.Port}}, name: {{_world.DatabaseName(ns)}}, sslMode: Disable, credentialsSecretRef: {name: rucio-database} } }
            """);
        await _world.ReadyAsync((World.Instances, ns, "rucio"));
        var instance = await _world.Bed.WaitConditionAsync(World.Instances, ns, "rucio", "PasswordRotated", "False", "NotOurs");
        Assert.That(World.Message(instance, "PasswordRotated"), Does.Contain(Rotate));
        Assert.That(instance["status"]!["lastHandledPasswordRotation"], Is.Null);
    }

    private async Task RotatedAsync(string ns, string token)
    {
        _world.Annotate(World.Instances, ns, "rucio", Rotate, token);
        await RotatedNowAsync(ns, token);
    }

    private async Task RotatedNowAsync(string ns, string token)
    {
        var instance = await _world.Bed.WaitAsync(World.Instances, ns, "rucio", node => node["status"]?["lastHandledPasswordRotation"]?.GetValue<string>() == token && Sandbox.SandboxBed.IsReady(node));
        Assert.That(World.Reason(instance, "PasswordRotated"), Is.EqualTo("Rotated"));
    }
}
