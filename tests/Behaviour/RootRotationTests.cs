using System.Text;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>The operator's logins on super_root and on root of each VO: replaced on demand, when lost, when old; and nobody else's beside them.</summary>
[Parallelizable]
public sealed class RootRotationTests
{
    private const string Rotate = "rucio.cern.ch/rotate-root-credential";

    private World _world = null!;

    [OneTimeSetUp]
    public async Task Start() => _world = await World.StartAsync("--drift-interval=2s");

    /// <summary>What a test that failed left behind is nobody else's.</summary>
    [TearDown]
    public void Unhook() => _world.Bed.Rucio.OnRequest = null;

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task All_roots_get_new_logins_of_which_one_works_at_any_moment_and_the_old_ones_die()
    {
        var ns = await ReadyAsync(_world, "rotate", "sky", "sea");
        var before = Roots(_world, ns, "sky", "sea");
        var (refused, stop) = (new List<string>(), false);
        var probing = Task.Run(async () =>
        {
            while (!Volatile.Read(ref stop))
                foreach (var (secret, account, vo) in Places("sky", "sea"))
                    if (!await WorksAsync(_world, ns, secret, account, vo))
                        refused.Add(vo);
        });
        await RotatedAsync(_world, ns, "one", "sky", "sea");
        await RotatedAsync(_world, ns, "two", "sky", "sea");
        Volatile.Write(ref stop, true);
        await probing;
        Assert.That(refused, Is.Empty, "whoever read the Secret and used it at once was let in");

        foreach (var (secret, account, vo) in Places("sky", "sea"))
        {
            var (old, now) = (before[secret], _world.Secret(ns, secret)!);
            Assert.That(now["username"], Is.Not.EqualTo(old["username"]));
            Assert.That(await LogInAsync(_world, ns, old, account, vo), Is.EqualTo(401), secret);
            Assert.That(await LogInAsync(_world, ns, now, account, vo), Is.EqualTo(200), secret);
            Assert.That(now.Keys, Is.EquivalentTo(new[] { "username", "password", "rotation", "made" }));
        }
        Assert.That(await _world.SqlAsync(_world.DatabaseName(ns), "SELECT account, count(*) FROM account_map WHERE account LIKE 'root@%' OR account = 'super_root' GROUP BY 1 ORDER BY 1"), Is.EqualTo(new[] { "root@sea|1", "root@sky|1", "super_root|1" }));
        // Nobody logs in meanwhile: a login that had begun before would leave its token behind.
        var two = Roots(_world, ns, "sky", "sea");
        foreach (var (secret, account, vo) in Places("sky", "sea"))
            Assert.That(await LogInAsync(_world, ns, two[secret], account, vo), Is.EqualTo(200), secret);
        var names = string.Join(", ", two.Values.Select(s => $"'{s["username"]}'"));
        Assert.That(await _world.SqlAsync(_world.DatabaseName(ns), $"SELECT identity FROM tokens WHERE identity IN ({names})"), Is.Not.Empty);
        await RotatedAsync(_world, ns, "three", "sky", "sea");
        Assert.That(await _world.SqlAsync(_world.DatabaseName(ns), $"SELECT identity FROM tokens WHERE identity IN ({names})"), Is.Empty, "nor does a token of theirs");
        Assert.That(_world.Events(ns, "sky", "DriftDetected"), Is.Empty);
        await _world.EventAsync(ns, "sky", "RootCredentialRotated", "sky");

        // A VO that comes later needs no rotation of its own.
        _world.ApplyVo(ns, "new", "new", "rucio");
        await _world.ReadyAsync((World.Vos, ns, "new"));
        Assert.That(_world.Store.Get(World.Vos, ns, "new")!["status"]!["lastHandledRootRotation"]!.GetValue<string>(), Is.EqualTo("three"));
    }

    [Test]
    public async Task Killed_at_any_write_of_a_rotation_it_ends_the_same()
    {
        await using var world = await World.StartAsync("--drift-interval=1h");
        var ns = await ReadyAsync(world, "killed", "sky");
        var round = 0;
        foreach (var place in (string[])["INSERT INTO identities", "INSERT INTO account_map", "DELETE FROM account_map", "/vos/sky/recover", "/accounts/root/identities", "DELETE FROM tokens"])
        {
            var old = Roots(world, ns, "sky");
            var dead = new TaskCompletionSource();
            Task Kill()
            {
                if (dead.TrySetResult())
                    world.Bed.KillOperator();
                return Task.CompletedTask;
            }
            world.Proxy.OnResponse = trip => trip.Application == "rucio-operator" && trip.Sql.Contains(place, StringComparison.Ordinal) ? Kill() : Task.CompletedTask;
            world.Bed.Rucio.OnResponse = request => request.Path == place ? Kill() : Task.CompletedTask;
            world.Annotate(World.Instances, ns, "rucio", Rotate, $"token-{++round}");
            await dead.Task.WaitAsync(TimeSpan.FromSeconds(60));
            (world.Proxy.OnResponse, world.Bed.Rucio.OnResponse) = (null, null);
            foreach (var (secret, account, vo) in Places("sky"))
                Assert.That(await WorksAsync(world, ns, secret, account, vo), Is.True, $"{place}: {secret} after the kill");
            await world.Bed.Operator!.DisposeAsync();
            world.Bed.StartOperator("--drift-interval=1h");
            await RotatedAsync(world, ns, $"token-{round}", "sky");
            foreach (var (secret, account, vo) in Places("sky"))
            {
                Assert.That(await LogInAsync(world, ns, old[secret], account, vo), Is.EqualTo(401), $"{place}: {secret}");
                Assert.That(await WorksAsync(world, ns, secret, account, vo), Is.True, $"{place}: {secret}");
            }
        }
        world.AssertNoSecretIsTold();
    }

    [Test]
    public async Task A_lost_secret_is_made_anew_and_what_it_opened_is_dead()
    {
        var ns = await ReadyAsync(_world, "lost", "sky");
        var old = Roots(_world, ns, "sky");
        foreach (var (secret, account, vo) in Places("sky"))
        {
            _world.Store.Delete("secrets", ns, secret);
            await _world.UntilAsync(async () => _world.Secret(ns, secret) is { } anew && await LogInAsync(_world, ns, anew, account, vo) == 200 && await LogInAsync(_world, ns, old[secret], account, vo) == 401, () => $"{secret} is not replaced");
        }
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
        Assert.That(await _world.SqlAsync(_world.DatabaseName(ns), "SELECT count(*) FROM account_map WHERE account IN ('root@sky', 'super_root')"), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public async Task Logins_that_are_old_enough_are_replaced_without_being_asked_and_then_rest()
    {
        var ns = await ReadyAsync(_world, "aged", "sky");
        var old = Roots(_world, ns, "sky");
        var made = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{DateTime.UtcNow.AddDays(-40):yyyy-MM-ddTHH:mm:ssZ}"));
        foreach (var (secret, _, _) in Places("sky"))
            _world.Store.Patch("secrets", ns, secret, new JsonObject { ["data"] = new JsonObject { ["made"] = made } });
        _world.PatchSpec(World.Instances, ns, "rucio", """{"tenancy": {"rootCredentialMaxAge": "30d"}}""");
        foreach (var (secret, account, vo) in Places("sky"))
        {
            await _world.UntilAsync(async () => _world.Secret(ns, secret) is { } now && now["username"] != old[secret]["username"] && await LogInAsync(_world, ns, old[secret], account, vo) == 401, () => $"{secret} grows older");
            Assert.That(await WorksAsync(_world, ns, secret, account, vo), Is.True);
        }
        await _world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
        var now = Roots(_world, ns, "sky");
        await _world.LooksAsync(6);
        Assert.That(Roots(_world, ns, "sky").Values.Select(s => s["username"]), Is.EqualTo(now.Values.Select(s => s["username"])), "not again");
    }

    [Test]
    public async Task Identities_that_somebody_maps_to_a_root_are_removed_from_it_and_from_vos_that_inherited_them()
    {
        var ns = await ReadyAsync(_world, "foreign", "sky");
        var database = _world.DatabaseName(ns);
        await MapAsync("CN=Mallory", "root@sky");
        await _world.SqlBecomesAsync(database, "SELECT count(*) FROM account_map WHERE account = 'root@sky'", "1");
        await _world.EventAsync(ns, "sky", "DriftDetected", "unmap X509 identity");

        // Added, and inherited before anybody looks.
        var inherited = false;
        _world.Bed.Rucio.OnRequest = async request =>
        {
            if (request.Method == "POST" && request.Path == "/vos/sea" && !inherited)
            {
                inherited = true;
                await MapAsync("CN=Mallory", "super_root");
            }
        };
        _world.ApplyVo(ns, "sea", "sea", "rucio");
        await _world.ReadyAsync((World.Vos, ns, "sea"));
        _world.Bed.Rucio.OnRequest = null;
        Assert.That(inherited, Is.True);
        await _world.SqlBecomesAsync(database, "SELECT count(*) FROM account_map WHERE account IN ('super_root', 'root@sky', 'root@sea')", "3");
        await _world.EventAsync(ns, "rucio", "IdentityRemoved", "super_root");

        Task MapAsync(string identity, string account) => _world.SqlAsync(database,
            $"INSERT INTO identities (identity, identity_type, email, deleted, created_at, updated_at) VALUES ('{identity}', 'X509', '', false, now(), now()) ON CONFLICT DO NOTHING; INSERT INTO account_map (identity, identity_type, account, is_default, created_at, updated_at) VALUES ('{identity}', 'X509', '{account}', false, now(), now())");
    }

    private static async Task<string> ReadyAsync(World world, string stem, params string[] tags)
    {
        var ns = world.Ns(stem);
        world.ApplyInstance(ns);
        foreach (var tag in tags)
            world.ApplyVo(ns, tag, tag, "rucio");
        await world.ReadyAsync((World.Instances, ns, "rucio"));
        await world.ReadyAsync([.. tags.Select(tag => (World.Vos, ns, tag))]);
        return ns;
    }

    private static IEnumerable<(string Secret, string Account, string Vo)> Places(params string[] tags) => [("rucio-super-root", "super_root", "def"), .. tags.Select(tag => ($"rucio-vo-{tag}-root", "root", tag))];

    private static Dictionary<string, IReadOnlyDictionary<string, string>> Roots(World world, string ns, params string[] tags) => Places(tags).ToDictionary(p => p.Secret, p => world.Secret(ns, p.Secret)!);

    private static Task<int> LogInAsync(World world, string ns, IReadOnlyDictionary<string, string> secret, string account, string vo) => Logins.StatusAsync(world, ns, "admin", secret["username"], secret["password"], account, vo);

    /// <summary>The login of the Secret, or the one that came into it since it was read.</summary>
    private static async Task<bool> WorksAsync(World world, string ns, string secret, string account, string vo)
    {
        while (true)
        {
            var read = world.Secret(ns, secret)!;
            if (await LogInAsync(world, ns, read, account, vo) == 200)
                return true;
            if (world.Secret(ns, secret)!["username"] == read["username"])
                return false;
        }
    }

    private static async Task RotatedAsync(World world, string ns, string token, params string[] tags)
    {
        world.Annotate(World.Instances, ns, "rucio", Rotate, token);
        var instance = await world.Bed.WaitAsync(World.Instances, ns, "rucio", node => node["status"]?["lastHandledRootRotation"]?.GetValue<string>() == token && SandboxBed.IsReady(node));
        Assert.That(World.Reason(instance, "RootCredentialsRotated"), Is.EqualTo("Rotated"));
        foreach (var tag in tags)
            await world.Bed.WaitAsync(World.Vos, ns, tag, node => node["status"]?["lastHandledRootRotation"]?.GetValue<string>() == token && SandboxBed.IsReady(node));
    }
}
