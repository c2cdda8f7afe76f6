using System.Text;
using NUnit.Framework;

namespace RucioOperator.Tests.Desired;

/// <summary>The script of the migrate Job with Rucio's own code, on catalogues that Rucio 38's own bootstrap has made, on a real PostgreSQL.</summary>
public sealed class MigrateScriptTests : CatalogueScripts
{
    private const string Old = "a62db546a1f1";
    private const string New = "3b943000da18";

    private string old = "";
    private string migrated = "";

    [OneTimeSetUp]
    public async Task Make_a_catalogue_of_38_and_migrate_it_undisturbed()
    {
        Python.RequireRucio38();
        await StartServerAsync();
        await SqlAsync("postgres", $"CREATE DATABASE made_by_38 OWNER {Owner}");
        // As the operator leaves it for the role it provisions.
        await SqlAsync("made_by_38", $"CREATE SCHEMA {Schema} AUTHORIZATION {Owner}; ALTER ROLE {Owner} IN DATABASE made_by_38 SET search_path = {Schema}");
        await Bootstrap38Async("made_by_38");
        old = await StateAsync("made_by_38");
        Assert.That(old, Does.Contain(Old).And.Not.Contain("dids_opendata_record"));

        var database = await DatabaseAsync();
        await using var run = await BootstrapRun.StartMigration(Url(database), Schema, Old, New).EndAsync();
        Assert.That(run.ExitCode, Is.Zero, run.Output);
        Assert.That(run.Steps, Is.EqualTo(new[] { ("configuration", "merged"), ("migrate", "made") }));
        Assert.That(run.LastMessage, Is.EqualTo($"{Old} to {New} in 3 steps, 8 columns may be empty as they may be in a new catalogue"));
        migrated = await StateAsync(database);
    }

    [Test]
    public async Task The_migrated_catalogue_is_what_a_bootstrap_of_41_would_have_made()
    {
        await SqlAsync("postgres", $"CREATE DATABASE made_by_41 OWNER {Owner}");
        await SqlAsync("made_by_41", $"CREATE SCHEMA {Schema} AUTHORIZATION {Owner}; ALTER ROLE {Owner} IN DATABASE made_by_41 SET search_path = {Schema}");
        await using var run = await BootstrapRun.Start(Url("made_by_41"), Schema).EndAsync();
        Assert.That(run.ExitCode, Is.Zero, run.Output);
        Assert.That(await ColumnsAsync("made_by_41"), Is.EqualTo(migrated.Split('\u0001')[0]));
    }

    [Test]
    public async Task Rows_survive()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        Assert.That(await ScalarAsync(database, $"SELECT string_agg(account, ',') FROM {Schema}.accounts"), Is.EqualTo("super_root"));
        Assert.That(await ScalarAsync(database, $"SELECT string_agg(vo, ',') FROM {Schema}.vos"), Is.EqualTo("def"));
    }

    [Test]
    public async Task A_second_run_changes_nothing()
    {
        var database = await DatabaseAsync();
        await RunAsync(database);
        var second = await RunAsync(database);
        Assert.That(second.Steps[^1], Is.EqualTo(("migrate", "present")));
        Assert.That(await StateAsync(database), Is.EqualTo(migrated));
    }

    /// <summary>
    /// Killed at the n-th round trip with that statement, before the server sees it and after its effect but before the answer:
    /// the catalogue is the old one or the new one, never between, and the next run ends the same.
    /// </summary>
    [Test]
    public async Task Killed_in_any_step_it_resumes(
        [Values("pg_advisory_xact_lock 1", "CREATE TABLE 1", "ADD COLUMN 1", "ADD COLUMN 3", "DROP DEFAULT 1", "UPDATE catalogue.alembic_version 1",
            "UPDATE catalogue.alembic_version 2", "UPDATE catalogue.alembic_version 3", "DROP NOT NULL 1", "COMMIT 1")] string moment,
        [Values] bool answerLost)
    {
        var database = await DatabaseAsync();
        await KillAsync(moment, answerLost, database, url => BootstrapRun.StartMigration(url, Schema, Old, New));
        Assert.That(await StateAsync(database), Is.EqualTo(moment == "COMMIT 1" && answerLost ? migrated : old));
        await RunAsync(database);
        Assert.That(await StateAsync(database), Is.EqualTo(migrated));
    }

    [Test]
    public async Task Runs_side_by_side_migrate_once()
    {
        var database = await DatabaseAsync();
        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => BootstrapRun.StartMigration(Url(database), Schema, Old, New).EndAsync()));
        Assert.That(runs.Select(run => run.ExitCode), Is.All.Zero, string.Concat(runs.Select(run => run.Output)));
        Assert.That(runs.Count(run => run.Steps.Contains(("migrate", "made"))), Is.EqualTo(1));
        Assert.That(await StateAsync(database), Is.EqualTo(migrated));
        foreach (var run in runs)
            await run.DisposeAsync();
    }

    [Test]
    public async Task Another_revision_than_the_expected_one_is_left_alone()
    {
        var database = await DatabaseAsync();
        await RefusedAsync(database, "30d5206e9cad", New, $"at revision {Old}, and was to be migrated from 30d5206e9cad");
        await RefusedAsync(database, Old, "a7e76cf4881d", "This image needs revision 3b943000da18");
        Assert.That(await StateAsync(database), Is.EqualTo(old));
    }

    [Test]
    public async Task A_migration_that_fails_leaves_the_old_catalogue_and_PostgreSQLs_sentence()
    {
        var database = await DatabaseAsync();
        await SqlAsync(database, $"CREATE TABLE {Schema}.dids_opendata_record (id int)");
        var before = await StateAsync(database);
        await RefusedAsync(database, Old, New, "already exists");
        Assert.That(await StateAsync(database), Is.EqualTo(before));
        await SqlAsync(database, $"DROP TABLE {Schema}.dids_opendata_record");
        await RunAsync(database);
        Assert.That(await StateAsync(database), Is.EqualTo(migrated));
    }

    private async Task RefusedAsync(string database, string from, string to, string because)
    {
        await using var run = await BootstrapRun.StartMigration(Url(database), Schema, from, to).EndAsync();
        Assert.That(run.ExitCode, Is.EqualTo(1), run.Output);
        Assert.That(run.Steps[^1], Is.EqualTo(("migrate", "failed")), run.Output);
        Assert.That(run.LastMessage, Does.Contain(because));
    }

    private async Task<BootstrapRun> RunAsync(string database)
    {
        await using var run = await BootstrapRun.StartMigration(Url(database), Schema, Old, New).EndAsync();
        Assert.That(run.ExitCode, Is.Zero, run.Output);
        foreach (var secret in (string[])[OwnerPassword, Uri.EscapeDataString(OwnerPassword)])
            Assert.That(run.Output, Does.Not.Contain(secret));
        return run;
    }

    /// <summary>Rucio's tools/bootstrap.py, with an alembic.ini on Rucio's own repository.</summary>
    private async Task Bootstrap38Async(string database)
    {
        var source = Python.RequireRucio38();
        var folder = Directory.CreateTempSubdirectory("rucio38-").FullName;
        try
        {
            var url = Url(database).Replace("%", "%%");
            File.WriteAllText(Path.Combine(folder, "alembic.ini"), $"""
                [alembic]
                script_location = {source}/lib/rucio/db/sqla/migrate_repo
                sqlalchemy.url = {url}
                version_table_schema = {Schema}
                [loggers]
                keys = root
                [handlers]
                keys =
                [formatters]
                keys =
                [logger_root]
                level = WARN
                handlers =
                """);
            File.WriteAllText(Path.Combine(folder, "rucio.cfg"), $"""
                [common]
                multi_vo = True
                [database]
                default = {url}
                schema = {Schema}
                [alembic]
                cfg = {folder}/alembic.ini
                [bootstrap]
                userpass_identity = old
                userpass_pwd = old
                userpass_email = old@example.org
                x509_identity =
                x509_email =
                gss_identity =
                gss_email =
                ssh_identity =
                ssh_email =
                saml_id =
                saml_email =
                """);
            using var process = Python.Start($"{source}/tools/bootstrap.py", [], [("RUCIO_CONFIG", $"{folder}/rucio.cfg"), ("PYTHONPATH", $"{source}/lib")]);
            process.StandardInput.Close();
            var errors = process.StandardError.ReadToEndAsync();
            await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            Assert.That(process.ExitCode, Is.Zero, await errors);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A copy of the catalogue that 38 made.</summary>
    private async Task<string> DatabaseAsync()
    {
        var name = NewName();
        await SqlAsync("postgres", $"CREATE DATABASE {name} OWNER {Owner} TEMPLATE made_by_38; ALTER ROLE {Owner} IN DATABASE {name} SET search_path = {Schema}");
        return name;
    }

    private Task<string> ColumnsAsync(string database) => ScalarAsync(database,
        $"SELECT string_agg(format('%s.%s %s %s %s %s', table_name, column_name, data_type, character_maximum_length, is_nullable, column_default), E'\n' ORDER BY table_name, column_name) FROM information_schema.columns WHERE table_schema = '{Schema}'");

    private async Task<string> StateAsync(string database)
    {
        string[] queries =
        [
            $"SELECT string_agg(format('%s %s', conname, pg_get_constraintdef(oid)), E'\n' ORDER BY conname, pg_get_constraintdef(oid)) FROM pg_constraint WHERE connamespace = '{Schema}'::regnamespace",
            $"SELECT string_agg(indexdef, E'\n' ORDER BY indexdef) FROM pg_indexes WHERE schemaname = '{Schema}'",
            $"SELECT string_agg(version_num, ',') FROM {Schema}.alembic_version",
            $"SELECT string_agg(row_to_json(i)::text, ',') FROM {Schema}.identities i",
            $"SELECT string_agg(row_to_json(m)::text, ',') FROM {Schema}.account_map m",
        ];
        var state = new StringBuilder(await ColumnsAsync(database)).Append('\u0001');
        foreach (var query in queries)
            state.AppendLine(await ScalarAsync(database, query));
        return state.ToString();
    }
}
