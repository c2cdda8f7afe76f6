using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Quotas and subscriptions follow the storages and the spec.</summary>
[Parallelizable]
public sealed class QuotaBehaviourTests
{
    private World _world = null!;

    private string Rucio => _world.Ns("rucio");
    private string Sky => _world.Ns("sky");

    [OneTimeSetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--drift-interval=1h");
        _world.ApplyInstance(Rucio, spec: "  tenancy: {allowedNamespaces: {from: All}}\n  daemons: {profile: Standard}");
        _world.Namespace(Sky);
        foreach (var tag in (string[])["bad", "sub", "idl"])
        {
            _world.ApplyVo(Sky, tag, tag, $"{Rucio}/rucio", "  accounts: [{name: ada}]");
            _world.ApplyStorage(Sky, $"{tag}-1", tag, $"{tag.ToUpperInvariant()}_1", spec: "  attributes: {tier: \"1\"}");
            _world.ApplyStorage(Sky, $"{tag}-2", tag, $"{tag.ToUpperInvariant()}_2", spec: "  attributes: {tier: \"1\"}");
        }
        await _world.ReadyAsync((World.Vos, Sky, "bad"), (World.Vos, Sky, "sub"), (World.Vos, Sky, "idl"), (World.Storages, Sky, "sub-1"), (World.Storages, Sky, "sub-2"));
    }

    [OneTimeTearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
    }

    [Test]
    public async Task Quotas_by_expression_reach_storages_as_they_come_and_as_their_attributes_change()
    {
        _world.ApplyVo(Sky, "sky", "sky", $"{Rucio}/rucio", """
              accounts: [{name: ada, quotas: [{rseExpression: "*", bytes: 1000}, {rseExpression: "tier=1&*\\SKY_C", bytes: unlimited, total: 5Ti}]}]
            """);
        _world.ApplyStorage(Sky, "a", "sky", "SKY_A", spec: "  attributes: {tier: \"2\"}");
        _world.ApplyStorage(Sky, "c", "sky", "SKY_C", spec: "  attributes: {tier: \"1\"}");
        await _world.NotReadyAsync(World.Vos, Sky, "sky", "WaitingForStorage");
        await LimitsBecomeAsync("SKY_A=1000 SKY_C=1000");
        Assert.That(await Sql("SELECT count(*) FROM account_glob_limits"), Is.EqualTo("0"), "a total that means no storage would stop every rule");

        _world.PatchSpec(World.Storages, Sky, "a", """{"attributes": {"tier": "1"}}""");
        await _world.ReadyAsync((World.Vos, Sky, "sky"));
        await LimitsBecomeAsync("SKY_A=-1 SKY_C=1000");
        Assert.That(await Sql("SELECT account || rse_expression || bytes FROM account_glob_limits"), Is.EqualTo($@"ada@skytier=1&*\SKY_C{5L << 40}"));

        _world.ApplyStorage(Sky, "b", "sky", "SKY_B", spec: "  attributes: {tier: \"1\"}");
        await LimitsBecomeAsync("SKY_A=-1 SKY_B=-1 SKY_C=1000");
        _world.PatchSpec(World.Vos, Sky, "sky", """{"accounts": [{"name": "ada"}]}""");
        await LimitsBecomeAsync("");
        await _world.SqlBecomesAsync(Database, "SELECT count(*) FROM account_glob_limits", "0");
    }

    [Test]
    public async Task Where_drift_is_only_reported_storages_still_get_their_quotas_and_a_limit_set_by_hand_is_told()
    {
        const string Limits = "SELECT string_agg(rse || '=' || bytes, ' ' ORDER BY rse) FROM account_limits JOIN rses ON id = rse_id WHERE account = 'ada@rep'";
        _world.ApplyVo(Sky, "rep", "rep", $"{Rucio}/rucio", "  driftPolicy: Report\n  accounts: [{name: ada, quotas: [{rseExpression: tier=1, bytes: 7}]}]");
        _world.ApplyStorage(Sky, "rep-1", "rep", "REP_1", spec: "  attributes: {tier: \"1\"}");
        _world.ApplyStorage(Sky, "rep-2", "rep", "REP_2", spec: "  attributes: {tier: \"2\"}");
        await _world.SqlBecomesAsync(Database, Limits, "REP_1=7");
        await _world.ReadyAsync((World.Vos, Sky, "rep"), (World.Storages, Sky, "rep-2"));
        var basis = Basis();
        _world.PatchSpec(World.Storages, Sky, "rep-2", """{"attributes": {"tier": "1"}}""");
        await _world.SqlBecomesAsync(Database, Limits, "REP_1=7 REP_2=7");
        // What differs from now on is somebody's doing only once the VO has told what its quotas are based on.
        await _world.UntilAsync(() => Basis() != basis && SandboxBed.IsReady(_world.Store.Get(World.Vos, Sky, "rep")!), () => $"still based on {basis}");
        Assert.That(_world.Events(Sky, "rep", "DriftDetected"), Is.Empty);

        await Sql("UPDATE account_limits SET bytes = 8 WHERE account = 'ada@rep' RETURNING bytes");
        Reconcile();
        await _world.Bed.WaitConditionAsync(World.Vos, Sky, "rep", "Drifted", "True", "DriftReported");
        Assert.That(await Sql(Limits), Is.EqualTo("REP_1=8 REP_2=8"));

        string? Basis() => _world.Store.Get(World.Vos, Sky, "rep")!["status"]!["quotaBasis"]?.GetValue<string>();
    }

    [Test]
    public async Task A_bad_expression_is_refused_by_its_field_and_stops_nothing_that_was()
    {
        _world.PatchSpec(World.Vos, Sky, "bad", """{"accounts": [{"name": "ada", "quotas": [{"rseExpression": "SKY_A&vo=sea", "bytes": 1}]}]}""");
        var vo = await _world.NotReadyAsync(World.Vos, Sky, "bad", "InvalidField");
        Assert.That(World.Message(vo), Does.StartWith("spec.accounts[0].quotas[0].rseExpression: vo can't be asked for").And.Contain("at character 7"));
        _world.PatchSpec(World.Vos, Sky, "bad", """{"accounts": [{"name": "ada"}]}""");
        await _world.ReadyAsync((World.Vos, Sky, "bad"));
    }

    [Test]
    public async Task A_subscription_is_made_kept_made_inactive_and_comes_back()
    {
        const string Subscription = """{"name": "raw", "owner": "ada", "filter": {"scopes": ["data*"]}, "rules": [{"rseExpression": "tier=1", "copies": 2}]}""";
        _world.PatchSpec(World.Vos, Sky, "sub", $$"""{"subscriptions": [{{Subscription}}]}""");
        await StateBecomesAsync("A");
        Assert.That(await Sql("SELECT filter::json->>'scope' FROM subscriptions WHERE account = 'ada@sub'"), Is.EqualTo("""["data.*@sub"]"""));
        await _world.Bed.WaitConditionAsync(World.Vos, Sky, "sub", "SubscriptionsReady", "True", "AsDesired");
        var before = await _world.SqlAsync(Database, "SELECT filter, replication_rules, policyid, comments FROM subscriptions WHERE account = 'ada@sub'");

        await Sql("UPDATE subscriptions SET filter = '{\"scope\": [\".*\"]}', state = 'I' WHERE account = 'ada@sub' RETURNING id");
        Reconcile();
        await StateBecomesAsync("U");
        Assert.That(await _world.SqlAsync(Database, "SELECT filter, replication_rules, policyid, comments FROM subscriptions WHERE account = 'ada@sub'"), Is.EqualTo(before));
        await _world.EventAsync(Sky, "sub", "DriftDetected", "subscription raw");

        _world.PatchSpec(World.Vos, Sky, "sub", """{"subscriptions": null}""");
        await StateBecomesAsync("I");
        _world.PatchSpec(World.Vos, Sky, "sub", $$"""{"subscriptions": [{{Subscription}}]}""");
        await StateBecomesAsync("U");
        _world.PatchSpec(World.Vos, Sky, "sub", $$"""{"subscriptions": [{{Subscription.Replace("ada", "nobody")}}]}""");
        Assert.That(World.Message(await _world.NotReadyAsync(World.Vos, Sky, "sub", "OwnerMissing")), Does.Contain("spec.subscriptions[raw].owner"));
        await StateBecomesAsync("I");
        _world.PatchSpec(World.Vos, Sky, "sub", """{"subscriptions": null}""");
        await _world.ReadyAsync((World.Vos, Sky, "sub"));
    }

    [Test]
    public async Task Where_no_transmogrifier_runs_a_subscription_says_so_until_one_does()
    {
        _world.PatchSpec(World.Vos, Sky, "idl", """{"subscriptions": [{"name": "raw", "owner": "ada", "filter": {"scopes": ["*"]}, "rules": [{"rseExpression": "*"}]}]}""");
        await _world.ReadyAsync((World.Vos, Sky, "idl"));
        _world.PatchSpec(World.Instances, Rucio, "rucio", """{"daemons": {"profile": "Minimal"}}""");
        var vo = await _world.NotReadyAsync(World.Vos, Sky, "idl", "NoTransmogrifier");
        Assert.That(World.Message(vo), Does.Contain("spec.daemons.profile"));
        _world.PatchSpec(World.Instances, Rucio, "rucio", """{"daemons": {"profile": "Standard"}}""");
        await _world.ReadyAsync((World.Vos, Sky, "idl"));
    }

    private string Database => _world.DatabaseName(Rucio);

    private void Reconcile() => _world.Annotate(World.Instances, Rucio, "rucio", "rucio.cern.ch/reconcile-at", Guid.NewGuid().ToString());

    private Task<string?> Sql(string sql) => _world.ValueAsync(Database, sql);

    private Task StateBecomesAsync(string state) => _world.SqlBecomesAsync(Database, "SELECT state::text FROM subscriptions WHERE account = 'ada@sub'", state);

    private Task LimitsBecomeAsync(string limits) =>
        _world.SqlBecomesAsync(Database, "SELECT coalesce(string_agg(rse || '=' || bytes, ' ' ORDER BY rse), '') FROM account_limits JOIN rses ON id = rse_id WHERE account = 'ada@sky'", limits);
}
