using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Instances that are a Rucio which somebody else runs: REST alone, VOs by grant, nothing deployed.</summary>
[Parallelizable]
public sealed class ExternalTests
{
    private World _world = null!;

    [OneTimeSetUp]
    public async Task Start() => _world = await World.StartAsync("--drift-interval=2s");

    /// <summary>What a test that failed left behind is nobody else's.</summary>
    [TearDown]
    public void Unhook() => _world.Bed.Rucio.OnResponse = null;

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task With_super_root_a_granted_vo_is_made_without_a_moment_of_the_published_password()
    {
        var (ns, rucio) = (_world.Ns("ext"), await ForeignRucio.StartAsync(_world, "make"));
        var opened = new List<int>();
        _world.Bed.Rucio.OnResponse = async r =>
        {
            if (r.Prefix == rucio.Prefix && r is { Method: "POST", Path: "/vos/sky" })
                lock (opened)
                    opened.Add(rucio.LogInAsync("root@sky", "password", "root", "sky").GetAwaiter().GetResult());
            await Task.CompletedTask;
        };
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there", """
              description: The sky survey
              email: sky@example.org
              accounts:
                - {name: alice, email: alice@example.org, admin: true, identities: [{type: Userpass}], quotas: [{rseExpression: "*", bytes: 1Ti}]}
                - {name: robot, type: Service, quotas: [{rseExpression: SKY_TAPE, bytes: unlimited}]}
              scopes: [{name: data, owner: alice}, {name: raw}]
            """);
        _world.ApplyStorage(ns, "disk", "sky", "SKY_DISK", spec: "  attributes: {country: CH, tier: \"2\"}\n  minFreeSpace: 10Gi");
        _world.ApplyStorage(ns, "tape", "sky", "SKY_TAPE", spec: "  type: TAPE");
        await ReadyAsync(ns, "sky", "disk", "tape");
        _world.Bed.Rucio.OnResponse = null;
        // Quotas on each storage come after the storages.
        await rucio.BecomesAsync("SELECT count(*) FROM account_limits", "3");

        Assert.That(opened, Is.EqualTo(new[] { 401 }), "the published password, at the moment the VO was there");
        Assert.That(await rucio.SqlAsync("SELECT description, email FROM vos WHERE vo = 'sky'"), Is.EqualTo(new[] { "The sky survey|sky@example.org" }));
        Assert.That(await rucio.SqlAsync("SELECT identity FROM account_map WHERE account = 'root@sky'"), Is.EqualTo(new[] { _world.Secret(ns, "there-vo-sky-root")!["username"] }), "the VO is ours, so are all mappings of its root");
        Assert.That(await rucio.SqlAsync("SELECT opt, value FROM configs ORDER BY opt"), Is.EqualTo(new[] { $"claim-sky|{ns}/sky", "created-sky|true" }), "and no policy of ours");
        Assert.That(await rucio.SqlAsync("SELECT l.account, r.rse, l.bytes FROM account_limits l JOIN rses r ON r.id = l.rse_id ORDER BY 1, 2"),
            Is.EqualTo(new[] { "alice@sky|SKY_DISK|1099511627776", "alice@sky|SKY_TAPE|1099511627776", "robot@sky|SKY_TAPE|-1" }));
        var login = _world.Secret(ns, "sky-alice-login")!;
        Assert.That(login["username"], Does.Match("^alice@sky-[a-z0-9]{8}$"));
        Assert.That(await rucio.LogInAsync(login["username"], login["password"], "alice", "sky"), Is.EqualTo(200));
        Assert.That(_world.Store.List("deployments.apps", ns).Concat(_world.Store.List("jobs.batch", ns)).Concat(_world.Store.List("services", ns)), Is.Empty);
        var instance = _world.Store.Get(World.Instances, ns, "there")!;
        Assert.That(World.Message(instance, "ApiReady"), Does.Contain("41.0.0").And.Contain(rucio.Url).And.Contain("kept in its config table"));
        Assert.That((instance["status"]!["version"]!.GetValue<string>(), instance["status"]!["url"]!.GetValue<string>()), Is.EqualTo(("41.0.0", rucio.Url)));
        Assert.That(instance["status"]!["conditions"]!.AsArray().Select(c => c!["type"]!.GetValue<string>()), Is.EquivalentTo(new[] { "ApiReady", "Ready" }));
        Assert.That(_world.Store.Get(World.Vos, ns, "sky")!["status"]!["url"]!.GetValue<string>(), Is.EqualTo(rucio.Url));
    }

    [Test]
    public async Task Where_an_import_would_delete_what_it_does_not_name_there_is_none()
    {
        var (ns, rucio) = (_world.Ns("hard"), await ForeignRucio.StartAsync(_world, "hard"));
        await rucio.CallAsync("PUT", "/config/importer/rse_sync_method/hard", null);
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there");
        _world.ApplyStorage(ns, "disk", "sky", "SKY_DISK");
        var told = await _world.NotReadyAsync(World.Storages, ns, "disk", "ImportModeNotEdit");
        Assert.That(World.Message(told), Does.Contain("rse_sync_method = hard"));
        Assert.That(_world.Bed.Rucio.Log.Requests.Where(r => r.Prefix == rucio.Prefix && r.Path.StartsWith("/import", StringComparison.Ordinal)), Is.Empty);
        await rucio.CallAsync("PUT", "/config/importer/rse_sync_method/edit", null);
        await ReadyAsync(ns, "sky", "disk");
    }

    [Test]
    public async Task Nor_is_a_storage_drained_by_such_an_import()
    {
        var (ns, rucio) = (_world.Ns("harddrain"), await ForeignRucio.StartAsync(_world, "harddrain"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there");
        _world.ApplyStorage(ns, "disk", "sky", "SKY_DISK", spec: "  deletionPolicy: Decommission");
        await ReadyAsync(ns, "sky", "disk");
        await rucio.CallAsync("PUT", "/config/importer/rse_sync_method/hard", null);
        var imports = Imports();
        _world.Store.Delete(World.Storages, ns, "disk");
        await _world.NotReadyAsync(World.Storages, ns, "disk", "ImportModeNotEdit");
        Assert.That(Imports(), Is.EqualTo(imports));
        await rucio.CallAsync("PUT", "/config/importer/rse_sync_method/edit", null);
        await _world.GoneAsync(World.Storages, ns, "disk");
        await rucio.BecomesAsync("SELECT deleted FROM rses", "True");

        int Imports() => _world.Bed.Rucio.Log.Requests.Count(r => r.Prefix == rucio.Prefix && r.Path.StartsWith("/import", StringComparison.Ordinal));
    }

    [Test]
    public async Task A_vo_that_exists_keeps_what_is_not_ours_and_loses_the_published_password()
    {
        var (ns, rucio) = (_world.Ns("keep"), await ForeignRucio.StartAsync(_world, "keep"));
        await rucio.CallAsync("POST", "/vos/old", """{"description": "theirs", "email": "old@example.org"}""");
        await rucio.CallAsync("POST", "/accounts/bob", """{"type": "USER", "email": "bob@example.org"}""", "root", "old");
        rucio.ApplyInstance(ns, "[]");
        _world.ApplyVo(ns, "old", "old", "there", "  accounts: [{name: alice}]");
        var refused = await _world.NotReadyAsync(World.Vos, ns, "old", "NotGranted");
        Assert.That(World.Message(refused), Does.Contain("spec.tenancy.vos").And.Contain("old"));
        Assert.That(await rucio.LogInAsync("root@old", "password", "root", "old"), Is.EqualTo(200), "nothing was touched");

        _world.PatchSpec(World.Instances, ns, "there", $"{{\"tenancy\": {{\"vos\": [{{\"tag\": \"old\", \"namespace\": \"{ns}\"}}]}}}}");
        await _world.ReadyAsync((World.Vos, ns, "old"));
        Assert.That(await rucio.LogInAsync("root@old", "password", "root", "old"), Is.EqualTo(401));
        Assert.That(await rucio.LogInAsync(ForeignRucio.User, ForeignRucio.Password, "root", "old"), Is.EqualTo(200), "their mapping on root stays");
        Assert.That(await rucio.SqlAsync("SELECT description FROM vos WHERE vo = 'old'"), Is.EqualTo(new[] { "theirs" }));
        Assert.That(await rucio.SqlAsync("SELECT account, status FROM accounts WHERE account LIKE '%@old' ORDER BY 1"), Is.EqualTo(new[] { "alice@old|ACTIVE", "bob@old|ACTIVE", "root@old|ACTIVE" }));

        _world.PatchSpec(World.Instances, ns, "there", """{"tenancy": {"vos": []}}""");
        await _world.NotReadyAsync(World.Vos, ns, "old", "NotGranted");
    }

    [Test]
    public async Task An_account_that_is_not_super_root_works_in_the_vos_that_have_it()
    {
        var (ns, rucio) = (_world.Ns("given"), await ForeignRucio.StartAsync(_world, "given", stock: true));
        await rucio.CallAsync("POST", "/vos/abc", """{"description": "d", "email": "abc@example.org"}""");
        rucio.ApplyInstance(ns, $"[{{tag: abc, namespace: {ns}}}, {{tag: xyz, namespace: {ns}}}]", account: "root");
        _world.ApplyVo(ns, "abc", "abc", "there", "  accounts: [{name: alice, identities: [{type: Userpass}], quotas: [{rseExpression: ABC_DISK, bytes: 5}]}]");
        _world.ApplyStorage(ns, "disk", "abc", "ABC_DISK");
        await ReadyAsync(ns, "abc", "disk");
        Assert.That(_world.Secret(ns, "there-vo-abc-root"), Is.Null, "it needs no login of its own");
        Assert.That(await rucio.SqlAsync("SELECT identity FROM account_map WHERE account = 'root@abc'"), Is.EqualTo(new[] { ForeignRucio.User }), "the published one went");
        Assert.That(await rucio.SqlAsync("SELECT value FROM configs WHERE opt = 'claim-abc'"), Is.EqualTo(new[] { $"{ns}/abc" }));
        Assert.That(rucio.Requests.Where(r => r.Path.StartsWith("/vos", StringComparison.Ordinal) && r.Method != "POST"), Is.Empty);

        _world.ApplyVo(ns, "xyz", "xyz", "there");
        await _world.NotReadyAsync(World.Vos, ns, "xyz", "NotReachable");
        _world.PatchSpec(World.Vos, ns, "abc", """{"description": "mine"}""");
        var denied = await _world.NotReadyAsync(World.Vos, ns, "abc", "NotPermitted");
        Assert.That(World.Message(denied), Does.Contain("spec.description"));
    }

    [Test]
    public async Task A_single_vo_rucio_is_managed_as_its_root()
    {
        var (ns, rucio) = (_world.Ns("solo"), await ForeignRucio.StartAsync(_world, "solo", multiVo: false));
        rucio.ApplyInstance(ns, $"[{{tag: def, namespace: {ns}}}]", spec: "  multiVo: false");
        _world.ApplyVo(ns, "lab", "def", "there", "  accounts: [{name: alice, identities: [{type: Userpass}], quotas: [{rseExpression: \"*\", bytes: 1Ti}]}]\n  scopes: [{name: data, owner: alice}]");
        _world.ApplyStorage(ns, "a", "lab", "LAB_A");
        _world.ApplyStorage(ns, "b", "lab", "LAB_B");
        await ReadyAsync(ns, "lab", "a", "b");
        var login = _world.Secret(ns, "lab-alice-login")!;
        Assert.That(await rucio.LogInAsync(login["username"], login["password"], "alice", "def"), Is.EqualTo(200));
        Assert.That(await rucio.SqlAsync("SELECT account FROM accounts ORDER BY 1"), Is.EqualTo(new[] { "alice", "root" }));
        Assert.That(await rucio.SqlAsync("SELECT count(*) FROM distances"), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public async Task Another_password_comes_with_another_name_and_the_old_one_dies_after_the_new_one_worked()
    {
        var (ns, rucio) = (_world.Ns("rotate"), await ForeignRucio.StartAsync(_world, "rotate"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        Password("first-long-password");
        _world.ApplyVo(ns, "sky", "sky", "there", "  accounts: [{name: bob, identities: [{type: Userpass, secretRef: {name: bob}}]}, {name: eve, identities: [{type: Userpass}]}]");
        await _world.ReadyAsync((World.Vos, ns, "sky"));
        var first = _world.Secret(ns, "sky-bob-login")!;
        Assert.That(first.Keys, Is.EquivalentTo(new[] { "username", "account", "vo" }), "the password is its owner's");
        Assert.That(await rucio.LogInAsync(first["username"], "first-long-password", "bob", "sky"), Is.EqualTo(200));

        Password("second-long-password");
        await _world.UntilAsync(() => _world.Secret(ns, "sky-bob-login") is { } now && now["username"] != first["username"], () => "the name stays");
        var second = _world.Secret(ns, "sky-bob-login")!;
        await rucio.BecomesAsync("SELECT string_agg(identity, ' ') FROM account_map WHERE account = 'bob@sky'", second["username"]);
        Assert.That(await rucio.LogInAsync(second["username"], "second-long-password", "bob", "sky"), Is.EqualTo(200));
        Assert.That(await rucio.LogInAsync(first["username"], "first-long-password", "bob", "sky"), Is.EqualTo(401));
        var order = rucio.Requests.Where(r => r.Path == "/accounts/bob/identities" && r.Method is "POST" or "DELETE").Select(r => r.Method).TakeLast(2);
        Assert.That(order, Is.EqualTo(new[] { "POST", "DELETE" }));

        // A login Secret that was lost: a new one, and the old is dead.
        var eve = _world.Secret(ns, "sky-eve-login")!;
        _world.Store.Delete("secrets", ns, "sky-eve-login");
        await _world.UntilAsync(async () => await rucio.LogInAsync(eve["username"], eve["password"], "eve", "sky") == 401, () => "the lost login still works");
        await _world.ReadyAsync((World.Vos, ns, "sky"));
        var anew = _world.Secret(ns, "sky-eve-login")!;
        Assert.That(await rucio.LogInAsync(anew["username"], anew["password"], "eve", "sky"), Is.EqualTo(200));

        void Password(string text) => _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: bob, namespace: {ns}}}, stringData: {{password: {text}}}}}");
    }

    [Test]
    public async Task Drift_of_storages_accounts_and_distances_is_healed()
    {
        var (ns, rucio) = (_world.Ns("drift"), await ForeignRucio.StartAsync(_world, "drift"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there", "  accounts: [{name: alice, email: a@example.org, quotas: [{rseExpression: \"*\", bytes: 1Ti}]}]\n  scopes: [{name: data, owner: alice}]");
        _world.ApplyStorage(ns, "a", "sky", "SKY_A", spec: "  availability: {delete: false}");
        _world.ApplyStorage(ns, "b", "sky", "SKY_B");
        await ReadyAsync(ns, "sky", "a", "b");

        await rucio.SqlAsync("UPDATE rses SET availability_delete = true WHERE rse = 'SKY_A'");
        await rucio.SqlAsync("DELETE FROM distances");
        await rucio.SqlAsync("UPDATE scopes SET account = 'root@sky' WHERE scope = 'data@sky'");
        await rucio.SqlAsync("UPDATE account_limits SET bytes = 1");
        await rucio.SqlAsync("UPDATE accounts SET status = 'SUSPENDED' WHERE account = 'alice@sky'");
        await rucio.BecomesAsync("SELECT availability_delete FROM rses WHERE rse = 'SKY_A'", "False");
        await rucio.BecomesAsync("SELECT status FROM accounts WHERE account = 'alice@sky'", "ACTIVE");
        await rucio.BecomesAsync("SELECT account FROM scopes WHERE scope = 'data@sky'", "alice@sky");
        await rucio.BecomesAsync("SELECT min(bytes) FROM account_limits", "1099511627776");
        await rucio.BecomesAsync("SELECT count(*) FROM distances WHERE distance = 1", "2");
        await _world.EventAsync(ns, "a", "DriftDetected", "availability.delete");
    }

    [Test]
    public async Task An_account_that_is_suspended_while_it_is_read_is_revived_and_nothing_fails()
    {
        var (ns, rucio) = (_world.Ns("while"), await ForeignRucio.StartAsync(_world, "while"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there", "  accounts: [{name: alice, quotas: [{rseExpression: \"*\", bytes: 1Ti}]}]");
        await ReadyAsync(ns, "sky");
        var suspended = 0;
        _world.Bed.Rucio.OnResponse = request => request.Prefix == rucio.Prefix && request.Path.Contains("/alice/identities", StringComparison.Ordinal) && Interlocked.Increment(ref suspended) == 1
            ? rucio.SqlAsync("UPDATE accounts SET status = 'SUSPENDED' WHERE account = 'alice@sky'") : Task.CompletedTask;
        await _world.EventAsync(ns, "sky", "DriftDetected", "status of account alice");
        await rucio.BecomesAsync("SELECT status FROM accounts WHERE account = 'alice@sky'", "ACTIVE");
        _world.Bed.Rucio.OnResponse = null;
        await ReadyAsync(ns, "sky");
        Assert.That(_world.Bed.ReadLog().Where(l => l.Contains($"{ns}/sky", StringComparison.Ordinal) && l.Contains("AccountNotFound", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public async Task A_storage_is_reported_and_drained_over_rest_alone()
    {
        var (ns, rucio) = (_world.Ns("life"), await ForeignRucio.StartAsync(_world, "life"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there");
        _world.ApplyStorage(ns, "a", "sky", "SKY_A", spec: "  capacity: 1000\n  deletionPolicy: Decommission");
        await ReadyAsync(ns, "sky", "a");
        const string Told = "SELECT used, free, files FROM rse_usage WHERE source = 'storage'";
        await rucio.BecomesAsync(Told, "0|1000|0");
        await rucio.SqlAsync("UPDATE rse_usage SET used = 300, files = 3 WHERE source = 'rucio'");
        await rucio.BecomesAsync(Told, "300|700|3");
        await _world.UntilAsync(() => _world.Store.Get(World.Storages, ns, "a")!["status"]!["space"]?["free"]?.GetValue<string>() == "700", () => "status.space");

        _world.Store.Delete(World.Storages, ns, "a");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Storages, ns, "a", "Draining")), Does.Contain("3 files, 300 bytes: move or delete the rules"));
        await rucio.BecomesAsync("SELECT availability_write, value FROM rses, rse_attr_map WHERE rse_id = id AND key = 'greedyDeletion'", "False|true");
        await rucio.SqlAsync("UPDATE rse_usage SET used = 0, files = 0 WHERE source = 'rucio'");
        await _world.GoneAsync(World.Storages, ns, "a");
        await _world.EventAsync(ns, "a", "RseDeleted", "SKY_A");
        await rucio.BecomesAsync("SELECT deleted FROM rses", "True");
    }

    [Test]
    public async Task A_drift_pass_of_a_vo_and_its_storages_costs_three_calls_however_many_there_are()
    {
        var (ns, rucio) = (_world.Ns("calls"), await ForeignRucio.StartAsync(_world, "calls"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there", "  accounts: [{name: alice, identities: [{type: Userpass}], quotas: [{rseExpression: \"*\", bytes: 1Ti}]}, {name: bob}]\n  scopes: [{name: data, owner: alice}]");
        var storages = Enumerable.Range(10, 30).Select(i => $"s{i}").ToList();
        foreach (var storage in storages)
            _world.ApplyStorage(ns, storage, "sky", $"SKY_{storage.ToUpperInvariant()}");
        await ReadyAsync(ns, "sky", [.. storages]);
        await rucio.BecomesAsync("SELECT count(*) FROM account_limits", "30");

        // Each drift pass of the instance itself begins with a ping, each of the VO's storages with an export.
        await PassesAsync(1);
        _world.Bed.Rucio.Log.Clear();
        await PassesAsync(6);
        var requests = rucio.Requests;
        var exports = Exports(requests);
        Assert.That(exports, Is.LessThanOrEqualTo(Pings(requests) + 2));
        var ofVo = requests.Where(r => r.Account == "root" && r.Vo == "sky").ToList();
        // The first and the last pass may be seen in part, without the export.
        Assert.That(ofVo, Has.Count.LessThanOrEqualTo(3 * (exports + 1)), string.Join('\n', ofVo));
        Assert.That(requests.Where(r => r.Method is not "GET"), Is.Empty);

        async Task PassesAsync(int passes)
        {
            var goal = (Pings: Pings(rucio.Requests) + passes, Exports: Exports(rucio.Requests) + passes);
            await _world.UntilAsync(() => Pings(rucio.Requests) >= goal.Pings && Exports(rucio.Requests) >= goal.Exports, () => $"{Pings(rucio.Requests)} pings and {Exports(rucio.Requests)} exports of {goal}");
        }

        static int Pings(IEnumerable<StandInRequest> requests) => requests.Count(r => r.Path == "/ping");
        static int Exports(IEnumerable<StandInRequest> requests) => requests.Count(r => r.Path == "/export");
    }

    [Test]
    public async Task Roots_of_its_VOs_get_new_logins_when_asked_for_where_the_account_is_super_root()
    {
        var (ns, rucio) = (_world.Ns("roots"), await ForeignRucio.StartAsync(_world, "roots"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there");
        _world.ApplyVo(ns, "named", "sea", "there", "  longName: sea-survey");
        await _world.ReadyAsync((World.Instances, ns, "there"), (World.Vos, ns, "sky"));
        var before = _world.Secret(ns, "there-vo-sky-root")!;
        _world.Annotate(World.Instances, ns, "there", "rucio.cern.ch/rotate-root-credential", "one");
        await _world.Bed.WaitAsync(World.Instances, ns, "there", node => node["status"]?["lastHandledRootRotation"]?.GetValue<string>() == "one");
        var now = _world.Secret(ns, "there-vo-sky-root")!;
        Assert.That(await rucio.LogInAsync(now["username"], now["password"], "root", "sky"), Is.EqualTo(200));
        Assert.That(await rucio.LogInAsync(before["username"], before["password"], "root", "sky"), Is.EqualTo(401));
        await _world.NotReadyAsync(World.Vos, ns, "named", "NotGranted");
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}, {{tag: sea, namespace: {ns}}}]");
        var named = await _world.NotReadyAsync(World.Vos, ns, "named", "NotPermitted");
        Assert.That(World.Message(named), Does.Contain("spec.longName"));
        await _world.ReadyAsync((World.Vos, ns, "sky"));
    }

    [Test]
    public async Task Where_the_config_table_is_closed_claims_are_this_clusters_and_the_status_says_so()
    {
        var (ns, rucio) = (_world.Ns("stock"), await ForeignRucio.StartAsync(_world, "stock", stock: true));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "first", "sky", "there");
        await _world.ReadyAsync((World.Instances, ns, "there"), (World.Vos, ns, "first"));
        Assert.That(World.Message(_world.Store.Get(World.Instances, ns, "there")!, "ApiReady"), Does.Contain("in this cluster alone"));
        Assert.That(await rucio.SqlAsync("SELECT * FROM configs"), Is.Empty);
        _world.ApplyVo(ns, "another", "sky", "there");
        await _world.NotReadyAsync(World.Vos, ns, "another", "TagTaken");
        var elsewhere = _world.Ns("stranger");
        _world.Namespace(elsewhere);
        _world.ApplyVo(elsewhere, "sky", "sky", $"{ns}/there");
        await _world.NotReadyAsync(World.Vos, elsewhere, "sky", "NotGranted");
    }

    [Test]
    public async Task What_is_wrong_with_address_or_login_names_the_field()
    {
        var (ns, rucio) = (_world.Ns("wrong"), await ForeignRucio.StartAsync(_world, "wrong"));
        rucio.ApplyInstance(ns, "[]", password: "not-the-password");
        var refused = await _world.NotReadyAsync(World.Instances, ns, "there", "ExternalCredentialsRejected");
        Assert.That(World.Message(refused), Does.Contain("spec.external.credentialsSecretRef"));
        _world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: login, namespace: {ns}}}, stringData: {{password: {ForeignRucio.Password}}}}}");
        await _world.ReadyAsync((World.Instances, ns, "there"));

        _world.PatchSpec(World.Instances, ns, "there", """{"external": {"apiUrl": "http://127.0.0.1:9/rucio"}}""");
        var gone = await _world.NotReadyAsync(World.Instances, ns, "there", "RucioUnavailable");
        Assert.That(World.Message(gone), Does.Contain("spec.external.apiUrl").And.Contain("127.0.0.1:9"));
    }

    [Test]
    public async Task A_storage_that_goes_when_empty_waits_for_its_files_and_deleting_all_leaves_the_rest()
    {
        var (ns, rucio) = (_world.Ns("gone"), await ForeignRucio.StartAsync(_world, "gone"));
        rucio.ApplyInstance(ns, $"[{{tag: sky, namespace: {ns}}}]");
        _world.ApplyVo(ns, "sky", "sky", "there");
        _world.ApplyStorage(ns, "a", "sky", "SKY_A", spec: "  deletionPolicy: DeleteIfEmpty");
        await ReadyAsync(ns, "sky", "a");
        await rucio.SqlAsync("UPDATE rse_usage SET files = 2, used = 7 WHERE source = 'rucio'");
        _world.Store.Delete(World.Storages, ns, "a");
        var waiting = await _world.NotReadyAsync(World.Storages, ns, "a", "NotEmpty");
        Assert.That(World.Message(waiting), Does.Contain("2 files"));
        await rucio.SqlAsync("UPDATE rse_usage SET files = 0, used = 0 WHERE source = 'rucio'");
        _world.Annotate(World.Storages, ns, "a", "rucio.cern.ch/reconcile-at", "now");
        await _world.GoneAsync(World.Storages, ns, "a");
        Assert.That(await rucio.SqlAsync("SELECT deleted FROM rses"), Is.EqualTo(new[] { "True" }));
        _world.Store.Delete(World.Instances, ns, "there");
        await _world.GoneAsync(World.Instances, ns, "there");
        await _world.NotReadyAsync(World.Vos, ns, "sky", "InstanceNotFound");
    }

    private async Task ReadyAsync(string ns, string vo, params string[] storages)
    {
        await _world.ReadyAsync((World.Instances, ns, "there"), (World.Vos, ns, vo));
        await _world.ReadyAsync([.. storages.Select(s => (World.Storages, ns, s))]);
    }
}
