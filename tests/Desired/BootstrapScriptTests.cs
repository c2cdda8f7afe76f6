using System.Security.Cryptography;
using System.Text;
using NUnit.Framework;
using RucioOperator.Releases;

namespace RucioOperator.Tests.Desired;

/// <summary>The script as the Job runs it, with Rucio's own code on a real PostgreSQL.</summary>
public sealed class BootstrapScriptTests : CatalogueScripts
{
    private static readonly string[] steps = ["configuration", "schema", "tables", "base-vo", "super-root"];

    private string undisturbed = "";

    [OneTimeSetUp]
    public async Task Run_it_undisturbed()
    {
        await StartServerAsync();
        var database = await DatabaseAsync();
        await using var run = await BootstrapRun.Start(Url(database), Schema).EndAsync();
        Assert.That(run.ExitCode, Is.Zero, run.Output);
        Assert.That(run.Steps, Is.EqualTo(steps.Select(step => (step, step == "configuration" ? "merged" : "made"))));
        undisturbed = await StateAsync(database);
    }

    /// <summary>With the policy package where Rucio imports it half way through its own permission module.</summary>
    [Test]
    public async Task For_a_single_vo_it_makes_root_and_short_columns()
    {
        var database = await DatabaseAsync();
        await using var run = await BootstrapRun.Start(Url(database), Schema, config =>
        {
            config.Remove("common");
            config["policy"] = new() { ["package"] = RucioOperator.Desired.TenantPolicyPackage.Name, ["permission"] = "generic", ["schema"] = "generic" };
        }).EndAsync();
        Assert.That(run.ExitCode, Is.Zero, run.Output);
        Assert.That(await ScalarAsync(database, $"SELECT string_agg(account, ' ') FROM {Schema}.accounts"), Is.EqualTo("root"));
        Assert.That(await ScalarAsync(database, $"SELECT string_agg(identity || ' ' || account, ', ') FROM {Schema}.account_map"), Is.EqualTo($"{BootstrapRun.SuperRoot} root"));
        Assert.That(await ScalarAsync(database, $"SELECT max(character_maximum_length)::text FROM information_schema.columns WHERE table_schema = '{Schema}' AND column_name IN ('account', 'scope')"), Is.EqualTo("25"));
    }

    [Test]
    public async Task A_second_run_changes_nothing()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        var first = await StateAsync(database, withSecrets: true);
        var second = await RunAsync(database);
        Assert.That(second.Steps.Skip(1), Is.All.Matches<(string Step, string Outcome)>(step => step.Outcome == "present"));
        Assert.That(await StateAsync(database, withSecrets: true), Is.EqualTo(first));
    }

    /// <summary>
    /// Killed at the n-th round trip with that statement, before the server sees it and after its effect but before the
    /// answer. Each step begins with the lock and ends with a commit: the lock not seen is the moment between two steps.
    /// </summary>
    [Test]
    public async Task Killed_at_any_moment_it_ends_the_same(
        [Values("pg_advisory_xact_lock 1", "pg_advisory_xact_lock 2", "pg_advisory_xact_lock 3", "pg_advisory_xact_lock 4",
            "COMMIT 1", "COMMIT 2", "COMMIT 3", "COMMIT 4", "CREATE TABLE 1", "CREATE TABLE 40",
            "INSERT INTO catalogue.alembic_version 1", "INSERT INTO catalogue.identities 1")] string moment,
        [Values] bool answerLost)
    {
        var database = await DatabaseAsync();
        await KillAsync(moment, answerLost, database, url => BootstrapRun.Start(url, Schema));
        await RunAsync(database);
        Assert.That(await StateAsync(database), Is.EqualTo(undisturbed));
    }

    [Test]
    public async Task Runs_side_by_side_do_each_step_once()
    {
        var database = await DatabaseAsync();
        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => BootstrapRun.Start(Url(database), Schema).EndAsync()));
        Assert.That(runs.Select(run => run.ExitCode), Is.All.Zero, string.Concat(runs.Select(run => run.Output)));
        foreach (var step in steps.Skip(1))
            Assert.That(runs.Count(run => run.Steps.Contains((step, "made"))), Is.EqualTo(1), step);
        Assert.That(await StateAsync(database), Is.EqualTo(undisturbed));
        foreach (var run in runs)
            await run.DisposeAsync();
    }

    [Test]
    public async Task The_stamp_is_the_head_of_the_release()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        Assert.That(ReleaseCatalogue.Lines.Select(line => line.AlembicHead), Has.Member(await ScalarAsync(database, "SELECT version_num FROM catalogue.alembic_version")));
    }

    [Test]
    public async Task No_published_identity_exists_and_the_one_there_is_has_our_password()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        Assert.That(await ScalarAsync(database, "SELECT string_agg(identity || ' ' || identity_type, ',') FROM catalogue.identities"), Is.EqualTo($"{BootstrapRun.SuperRoot} USERPASS"));
        Assert.That(await ScalarAsync(database, "SELECT string_agg(identity || ' ' || account, ',') FROM catalogue.account_map"), Is.EqualTo($"{BootstrapRun.SuperRoot} super_root"));
        var row = (await ScalarAsync(database, "SELECT encode(salt, 'hex') || ' ' || password FROM catalogue.identities")).Split(' ');
        byte[] salted = [.. Convert.FromHexString(row[0]), .. Encoding.UTF8.GetBytes(BootstrapRun.Password)];
        Assert.That(row[1], Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(salted))));
    }

    [Test]
    public async Task Tables_without_a_revision_are_never_stamped()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        await SqlAsync(database, "DELETE FROM catalogue.alembic_version; DELETE FROM catalogue.vos");
        await RefusedAsync(database, "tables", "without a revision");
        Assert.That(await ScalarAsync(database, "SELECT count(*)::text FROM catalogue.alembic_version"), Is.EqualTo("0"));
        Assert.That(await ScalarAsync(database, "SELECT count(*)::text FROM catalogue.vos"), Is.EqualTo("0"), "no step after a refusal");
    }

    [Test]
    public async Task One_foreign_table_with_a_name_of_rucio_is_left_alone()
    {
        var database = await DatabaseAsync();
        await SqlAsync(database, $"CREATE SCHEMA {Schema} AUTHORIZATION {Owner}; CREATE TABLE {Schema}.accounts (id int)");
        await RefusedAsync(database, "tables", "without a revision");
        Assert.That(await ScalarAsync(database, $"SELECT count(*)::text FROM pg_tables WHERE schemaname = '{Schema}'"), Is.EqualTo("1"));
    }

    [Test]
    public async Task Another_revision_waits_for_a_migration()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        await SqlAsync(database, "UPDATE catalogue.alembic_version SET version_num = 'a62db546a1f1'");
        await RefusedAsync(database, "tables", "at revision a62db546a1f1");
    }

    [Test]
    public async Task A_missing_table_is_named()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        await SqlAsync(database, "DROP TABLE catalogue.tokens CASCADE");
        await RefusedAsync(database, "tables", "lacks the tables tokens");
    }

    [Test]
    public async Task An_identity_of_that_name_that_is_not_ours_is_not_mapped()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        await SqlAsync(database, "DELETE FROM catalogue.account_map; DELETE FROM catalogue.accounts");
        await RefusedAsync(database, "super-root", $"Identity {BootstrapRun.SuperRoot} exists without the account super_root");
    }

    [Test]
    public async Task A_role_that_can_make_no_types_is_told_so()
    {
        var database = await DatabaseAsync(owned: false);
        await SqlAsync(database, $"CREATE SCHEMA {Schema} AUTHORIZATION {Owner}; REVOKE ALL ON SCHEMA public FROM PUBLIC");
        await RefusedAsync(database, "tables", $"SET search_path = {Schema}");
        await SqlAsync(database, $"ALTER ROLE {Owner} IN DATABASE {database} SET search_path = {Schema}");
        await RunAsync(database);
    }

    [Test]
    public async Task A_configuration_that_does_not_do_is_refused_by_name()
    {
        await RefusedAsync("", "configuration", "postgresql+psycopg", config => config["database"]["default"] = "mysql+pymysql://u:geheim@h/db");
        await RefusedAsync("", "configuration", "[bootstrap] userpass_pwd", config => config["bootstrap"].Remove("userpass_pwd"));
        // Rucio's merge tool only warns about this one and leaves the section out.
        await RefusedAsync("", "configuration", "[database] default", config => config["database"]["default"] = "postgresql+psycopg://u:100%@h/db");
    }

    [Test]
    public async Task A_refused_login_is_the_databases_own_sentence() =>
        await RefusedAsync("postgres", "schema", "password authentication failed", config => config["database"]["default"] = config["database"]["default"].Replace("db", "xx"));

    private async Task RefusedAsync(string database, string step, string because, Action<Dictionary<string, Dictionary<string, string>>>? change = null)
    {
        await using var run = await BootstrapRun.Start(Url(database), Schema, change).EndAsync();
        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output);
        Assert.That(run.Steps[^1], Is.EqualTo((step, "failed")), run.Output);
        Assert.That(run.LastMessage, Does.Contain(because));
        NoSecrets(run);
    }

    private async Task<BootstrapRun> RunAsync(string database)
    {
        await using var run = await BootstrapRun.Start(Url(database), Schema).EndAsync();
        Assert.That(run.ExitCode, Is.Zero, run.Output);
        NoSecrets(run);
        return run;
    }

    private static void NoSecrets(BootstrapRun run)
    {
        foreach (var secret in (string[])[BootstrapRun.Password, OwnerPassword, Uri.EscapeDataString(OwnerPassword), "geheim", "100%"])
            Assert.That(run.Output, Does.Not.Contain(secret));
    }

    private async Task<string> DatabaseAsync(bool owned = true)
    {
        var name = NewName();
        await SqlAsync("postgres", $"CREATE DATABASE {name}" + (owned ? $" OWNER {Owner}" : ""));
        return name;
    }

    /// <summary>Everything in the database but time stamps; without secrets, what two undisturbed runs have in common.</summary>
    private async Task<string> StateAsync(string database, bool withSecrets = false)
    {
        string[] queries =
        [
            "SELECT string_agg(format('%s.%s %s %s %s', table_name, column_name, data_type, character_maximum_length, is_nullable), E'\n' ORDER BY table_name, column_name) FROM information_schema.columns WHERE table_schema = 'catalogue'",
            "SELECT string_agg(format('%s %s', conname, pg_get_constraintdef(oid)), E'\n' ORDER BY conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = 'catalogue'::regnamespace",
            "SELECT string_agg(indexdef, E'\n' ORDER BY indexdef) FROM pg_indexes WHERE schemaname = 'catalogue'",
            "SELECT string_agg(format('%s %s', t.typname, e.enumlabel), E'\n' ORDER BY t.typname, e.enumsortorder) FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid",
            "SELECT string_agg(version_num, ',') FROM catalogue.alembic_version",
            "SELECT string_agg(format('%s %s', vo, description), ',') FROM catalogue.vos",
            "SELECT string_agg(format('%s %s %s', account, account_type, status), ',') FROM catalogue.accounts",
            "SELECT string_agg(format('%s %s %s %s', identity, identity_type, account, is_default), ',') FROM catalogue.account_map",
            $"SELECT string_agg(format('%s %s %s', identity, identity_type, {(withSecrets ? "password" : "length(password)")}), ',') FROM catalogue.identities",
        ];
        var state = new StringBuilder();
        foreach (var query in queries)
            state.AppendLine(await ScalarAsync(database, query));
        return state.ToString();
    }
}
