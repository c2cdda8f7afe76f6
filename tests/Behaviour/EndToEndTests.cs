using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>From three manifests to a working multi-VO Rucio, and what is there then.</summary>
[Parallelizable]
public sealed class EndToEndTests
{
    private World _world = null!;
    private (string Resource, string Ns, string Name)[] _objects = null!;

    private string Rucio => _world.Ns("rucio");
    private string Sky => _world.Ns("sky");
    private string Sea => _world.Ns("sea");
    private string Database => _world.DatabaseName(Rucio);

    [OneTimeSetUp]
    public async Task TwoExperimentsBecomeReady()
    {
        _world = await World.StartAsync("--drift-interval=2s");
        _objects = TwoExperiments.Apply(_world);
        await _world.ReadyAsync(_objects);
        // The last storage may be younger than what its VO says of all.
        foreach (var (ns, name, storages) in new[] { (Sky, "sky", 2), (Sea, "sea", 2) })
            await _world.Bed.WaitAsync(World.Vos, ns, name, o => o["status"]!["storages"]?.GetValue<int>() == storages && o["status"]!["space"] is not null);
    }

    [OneTimeTearDown]
    public async Task End() => await _world.DisposeAsync();

    [Test]
    public void Every_condition_of_every_object_is_true()
    {
        foreach (var (resource, ns, name) in _objects)
        {
            var conditions = _world.Store.Get(resource, ns, name)!["status"]!["conditions"]!.AsArray();
            Assert.That(conditions.Select(c => $"{ns}/{name} {c!["type"]}={c["status"]}"), Has.All.EndsWith("=True"));
        }
    }

    [Test]
    public async Task The_catalogue_has_vos_claims_and_policies()
    {
        Assert.That(await Sql("SELECT vo, description, email FROM vos ORDER BY vo"), Is.EqualTo(new[] { "def|Default base VO|N/A", "sea||", "sky|The sky survey|sky@example.org" }).Or.EqualTo(new[] { "def|Default base VO|N/A", "sea|N/A|N/A", "sky|The sky survey|sky@example.org" }));
        Assert.That(await Sql("SELECT opt, value FROM configs WHERE section = 'rucio-operator' AND opt LIKE 'claim-%' ORDER BY opt"), Is.EqualTo(new[] { $"claim-sea|{Sea}/sea", $"claim-sky|{Sky}/sky" }));
        Assert.That(await Sql("SELECT opt, value FROM configs WHERE section = 'policy' ORDER BY opt"), Is.EqualTo(new[] { "package-sea|rucio_tenant_policy", "package-sky|rucio_tenant_policy" }));
    }

    [Test]
    public async Task The_catalogue_has_accounts_scopes_and_quotas()
    {
        Assert.That(await Sql("SELECT account, account_type, status, email FROM accounts WHERE account LIKE '%@%' AND account NOT LIKE 'root@%' ORDER BY account"),
            Is.EqualTo(new[] { "alice@sky|USER|ACTIVE|alice@example.org", "bob@sea|USER|ACTIVE|", "robot@sky|SERVICE|ACTIVE|" }));
        Assert.That(await Sql("SELECT account, key FROM account_attr_map WHERE key = 'admin' AND account LIKE 'alice@%'"), Has.One.Items);
        Assert.That(await Sql("SELECT scope, account FROM scopes WHERE scope LIKE 'data@%' OR scope LIKE 'raw@%' ORDER BY scope"), Is.EqualTo(new[] { "data@sea|bob@sea", "data@sky|alice@sky", "raw@sky|root@sky" }));
        Assert.That(await Sql("SELECT l.account, r.rse, l.bytes FROM account_limits l JOIN rses r ON r.id = l.rse_id ORDER BY 1, 2"),
            Is.EqualTo(new[] { "alice@sky|SKY_CACHE|1099511627776", "alice@sky|SKY_DISK|1099511627776", "bob@sea|SEA_TAPE|-1" }));
    }

    [Test]
    public async Task Only_the_operators_identities_open_the_roots()
    {
        var names = await Sql("SELECT account, identity_type, identity FROM account_map WHERE account LIKE 'root%' OR account = 'super_root' ORDER BY account");
        Assert.That(names, Is.EqualTo(new[]
        {
            $"root@sea|USERPASS|{_world.Secret(Rucio, "rucio-vo-sea-root")!["username"]}",
            $"root@sky|USERPASS|{_world.Secret(Rucio, "rucio-vo-sky-root")!["username"]}",
            $"super_root|USERPASS|{_world.Secret(Rucio, "rucio-super-root")!["username"]}",
        }));
        Assert.That(await Sql("SELECT account, identity FROM account_map WHERE account IN ('alice@sky', 'bob@sea') ORDER BY 1"), Is.EqualTo(new[] { "alice@sky|alice@sky", "bob@sea|bob@sea" }));
    }

    [Test]
    public async Task The_catalogue_has_storages_with_protocols_attributes_and_distances_both_ways()
    {
        Assert.That(await Sql("SELECT rse, vo, rse_type, deterministic, availability_read, availability_write, availability_delete FROM rses ORDER BY rse"), Is.EqualTo(new[]
        {
            "SEA_DISK|sea|DISK|True|True|True|True", "SEA_TAPE|sea|TAPE|True|True|True|True", "SKY_CACHE|sky|DISK|True|True|True|True", "SKY_DISK|sky|DISK|True|True|True|False",
        }));
        Assert.That(await Sql("SELECT r.rse, scheme, hostname, port, prefix, read_wan, third_party_copy_write FROM rse_protocols p JOIN rses r ON r.id = p.rse_id ORDER BY 1"), Is.EqualTo(new[]
        {
            "SEA_DISK|davs|disk.example.org|443|/sea/|1|1", "SEA_TAPE|davs|tape.example.org|443|/sea/|1|1",
            "SKY_CACHE|root|cache.example.org|1094|//sky/|1|1", "SKY_DISK|davs|disk.example.org|443|/sky/|1|1",
        }));
        Assert.That(await Sql("SELECT key, value FROM rse_attr_map m JOIN rses r ON r.id = m.rse_id WHERE rse = 'SKY_DISK' AND key <> rse ORDER BY 1"), Is.EqualTo(new[] { "country|CH", "tier|2" }));
        Assert.That(await Sql("SELECT name, value FROM rse_limits"), Is.EqualTo(new[] { "MinFreeSpace|10737418240" }));
        Assert.That(await Sql("SELECT a.rse, b.rse, distance FROM distances d JOIN rses a ON a.id = src_rse_id JOIN rses b ON b.id = dest_rse_id ORDER BY 1"), Is.EqualTo(new[]
        {
            "SEA_DISK|SEA_TAPE|3", "SEA_TAPE|SEA_DISK|3", "SKY_CACHE|SKY_DISK|1", "SKY_DISK|SKY_CACHE|1",
        }));
    }

    [Test]
    public void Credentials_outlive_their_owner_and_the_tenant_never_gets_root()
    {
        foreach (var name in (string[])["rucio-database", "rucio-super-root", "rucio-admin-tls", "rucio-vo-sky-root", "rucio-vo-sea-root"])
            Assert.That(_world.Store.Get("secrets", Rucio, name)!["metadata"]!["ownerReferences"], Is.Null, name);
        Assert.That(_world.Store.List("secrets", Sky).Select(Name), Is.EqualTo(new[] { "sky-alice-login" }));
        Assert.That(_world.Store.List("secrets", Sea).Select(Name), Is.EqualTo(new[] { "bob" }));
        Assert.That(_world.Store.List("secrets", Rucio, "rucio.cern.ch/component=config").Select(s => s["metadata"]!["ownerReferences"]), Has.All.Not.Null);
    }

    [Test]
    public void Pods_have_no_api_token_and_never_see_the_admin_of_the_database()
    {
        var admin = _world.Secret(Rucio, "postgres-admin")!;
        var deployments = _world.Store.List("deployments.apps", Rucio);
        Assert.That(deployments.Select(Name), Is.SupersetOf(new[] { "rucio-admin", "rucio-api", "rucio-judge-evaluator" }));
        foreach (var deployment in deployments)
        {
            var pod = deployment["spec"]!["template"]!["spec"]!;
            Assert.That(pod["automountServiceAccountToken"]?.GetValue<bool>(), Is.False, Name(deployment));
            var container = pod["containers"]![0]!;
            Assert.That(container["env"]!.AsArray().Select(e => $"{e!["name"]}={e["value"]}"), Has.Member("RUCIO_OVERRIDE_CONFIGS=/opt/rucio/etc/conf.d/"), Name(deployment));
            Assert.That(container["volumeMounts"]!.AsArray().Select(m => m!["mountPath"]!.GetValue<string>()), Has.Member("/opt/rucio/etc/conf.d"), Name(deployment));
            Assert.That(deployment.ToJsonString(), Does.Not.Contain("postgres-admin").And.Not.Contain("rucio-super-root").And.Not.Contain("-root\""), Name(deployment));
        }
        Assert.That(_world.Store.Get("serviceaccounts", Rucio, "rucio-rucio")!["automountServiceAccountToken"]!.GetValue<bool>(), Is.False);
        var copies = _world.Store.List("secrets").Where(s => Name(s) != "postgres-admin" && (_world.Secret(Namespace(s), Name(s))?.Values.Any(v => v.Contains(admin["password"])) ?? false));
        Assert.That(copies.Select(Name), Is.Empty);
    }

    [Test]
    public async Task The_database_roles_have_no_more_rights_than_they_need()
    {
        var roles = await _world.SqlAsync("postgres", $"SELECT rolname, rolsuper, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname LIKE '{Database}%' ORDER BY 1");
        Assert.That(roles, Is.EqualTo(new[] { $"{Database}|False|False|False", $"{Database}_observer|False|False|False" }));
        Assert.That(await Sql($"SELECT has_table_privilege('{Database}_observer', 'rucio.vos', 'SELECT'), has_table_privilege('{Database}_observer', 'rucio.vos', 'INSERT, UPDATE, DELETE'), has_table_privilege('{Database}_observer', 'rucio.tokens', 'SELECT')"), Is.EqualTo(new[] { "True|False|False" }));
    }

    [Test]
    public void No_secret_is_told_in_status_events_or_log() => _world.AssertNoSecretIsTold();

    [Test]
    public async Task An_unchanged_world_costs_no_call_and_no_write_for_any_kind()
    {
        await _world.LooksAsync(2);
        var (calls, rucio, sql) = (_world.Bed.Kubernetes.Requests.Mark(), _world.Bed.Rucio.Log.Count, _world.RoundTrips.Count);
        await _world.LooksAsync(3);

        Assert.That(_world.Bed.Kubernetes.Requests.Since(calls, r => r.Verb != "watch" && r.Resource != "leases"), Is.Empty);
        Assert.That(_world.Bed.Rucio.Log.Requests.Skip(rucio), Is.Empty);
        var trips = _world.RoundTrips.Skip(sql).ToList();
        Assert.That(trips.Where(t => !World.IsLook(t)), Is.Empty, "nothing but looks at the catalogue");
        Assert.That(trips.Select(t => t.Split("; ").Length), Has.All.LessThanOrEqualTo(10));
    }

    [Test]
    public async Task A_restarted_operator_writes_nothing_and_does_nothing_twice()
    {
        await _world.LooksAsync(1);
        var secrets = Secrets();
        var catalogue = await FingerprintAsync();
        _world.Bed.KillOperator();
        var (calls, rucio) = (_world.Bed.Kubernetes.Requests.Mark(), _world.Bed.Rucio.Log.Count);
        _world.Bed.StartOperator("--drift-interval=2s");
        await _world.LooksAsync(3);

        Assert.That(_world.Bed.Kubernetes.Requests.Since(calls, r => r.IsWrite && r.Resource != "leases"), Is.Empty);
        Assert.That(_world.Bed.Rucio.Log.Requests.Skip(rucio).Where(r => !r.Path.StartsWith("/auth/", StringComparison.Ordinal)), Is.Empty);
        Assert.That(Secrets(), Is.EqualTo(secrets));
        Assert.That(await FingerprintAsync(), Is.EqualTo(catalogue));
        Assert.That(_world.Bed.Workloads.Bootstraps, Is.EqualTo(1));
    }

    private Task<IReadOnlyList<string>> Sql(string sql) => _world.SqlAsync(Database, sql);

    private async Task<IReadOnlyList<string>> FingerprintAsync()
    {
        string[] tables = ["vos", "configs", "accounts", "account_map", "identities", "scopes", "rses", "rse_attr_map", "rse_protocols", "distances", "account_limits"];
        return await Sql(string.Join(" UNION ALL ", tables.Select(t => $"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) FROM {t} t")));
    }

    private Dictionary<string, string> Secrets() => _world.Store.List("secrets").ToDictionary(s => $"{Namespace(s)}/{Name(s)}", s => s["metadata"]!["resourceVersion"]!.GetValue<string>());

    private static string Name(JsonObject node) => node["metadata"]!["name"]!.GetValue<string>();

    private static string Namespace(JsonObject node) => node["metadata"]!["namespace"]!.GetValue<string>();
}
