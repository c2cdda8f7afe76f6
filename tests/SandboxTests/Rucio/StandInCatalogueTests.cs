using Npgsql;
using NUnit.Framework;
using RucioOperator.Sandbox.Rucio;

namespace RucioOperator.Tests.SandboxTests.Rucio;

public sealed class StandInCatalogueTests
{
    [Test]
    public async Task Bootstrapping_twice_changes_nothing()
    {
        var database = await (await SharedPostgres.ServerAsync()).CreateDatabaseAsync();
        await StandInCatalogue.BootstrapAsync(database, RucioBed.NewConfig());
        var before = await RowsAsync(database, "SELECT identity, password, email FROM rucio.identities");
        await StandInCatalogue.BootstrapAsync(database, RucioBed.NewConfig(("bootstrap", "userpass_pwd", "other")));
        Assert.That(await RowsAsync(database, "SELECT identity, password, email FROM rucio.identities"), Is.EqualTo(before));
        Assert.That(await RowsAsync(database, "SELECT version_num FROM rucio.alembic_version"), Is.EqualTo((string[])["3b943000da18"]));
        Assert.That(await RowsAsync(database, "SELECT account, account_type FROM rucio.accounts"), Is.EqualTo((string[])["super_root|SERVICE"]));
    }

    [Test]
    public async Task Absent_bootstrap_options_are_published_identities()
    {
        var database = await (await SharedPostgres.ServerAsync()).CreateDatabaseAsync();
        await StandInCatalogue.BootstrapAsync(database, new RucioConfig(("common", "multi_vo", "True")));
        Assert.That(await RowsAsync(database, "SELECT identity_type, left(identity, 12), is_default FROM account_map ORDER BY 1"),
            Is.EqualTo((string[])["X509|emailAddress|t", "GSS|ddmlab@CERN.|t", "USERPASS|ddmlab|t", "SSH|ssh-rsa AAAA|t"]));
    }

    [Test]
    public async Task Any_text_in_multi_vo_bootstraps_super_root()
    {
        var database = await (await SharedPostgres.ServerAsync()).CreateDatabaseAsync();
        var config = new RucioConfig(("common", "multi_vo", "False"));
        await StandInCatalogue.BootstrapAsync(database, config);
        Assert.That(config.MultiVo, Is.False);
        Assert.That(await RowsAsync(database, "SELECT account FROM accounts"), Is.EqualTo((string[])["super_root"]));
    }

    [Test]
    public async Task A_storage_is_empty_until_the_counters_are_settled()
    {
        await using var bed = await RucioBed.StartAsync();
        var (_, root) = await bed.NewVoAsync();
        await root.PlayAsync("""
            POST /rses/FULL → 201
            POST /accounts/root/scopes/s → 201
            POST /replicas {"rse": "FULL", "files": [{"scope": "s", "name": "f", "bytes": 5, "adler32": "deadbeef"}]} → 201
            """);
        await StandInCatalogue.SettleCountersAsync(bed.Database, "rucio");
        await root.PlayAsync("DELETE /rses/FULL → 404 RSEOperationNotSupported");
    }

    [Test]
    public async Task Tables_are_those_of_a_real_catalogue()
    {
        if (Environment.GetEnvironmentVariable("RUCIO_TEST_DB") is not { } real)
            throw new IgnoreException("needs the catalogue of a running Rucio: RUCIO_TEST_DB");
        var database = await (await SharedPostgres.ServerAsync()).CreateDatabaseAsync();
        await StandInCatalogue.BootstrapAsync(database, RucioBed.NewConfig());
        foreach (var aspect in (string[])[Columns, Constraints, Indexes, Enums])
        {
            var ours = await RowsAsync(database, aspect);
            var tables = ours.Select(r => r.Split('|')[0]).ToHashSet();
            var theirs = (await RowsAsync(real, aspect)).Where(r => tables.Contains(r.Split('|')[0]));
            Assert.That(ours, Is.EquivalentTo(theirs));
        }
    }

    private const string Columns = "SELECT table_name, column_name, data_type, udt_name, character_maximum_length, is_nullable, column_default FROM information_schema.columns WHERE table_schema = 'rucio'";
    private const string Constraints = "SELECT c.relname, n.conname, pg_get_constraintdef(n.oid) FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid WHERE n.connamespace = 'rucio'::regnamespace";
    private const string Indexes = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'rucio'";
    private const string Enums = "SELECT t.typname, string_agg(e.enumlabel, ',' ORDER BY e.enumsortorder) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = 'rucio'::regnamespace GROUP BY 1";

    private static async Task<List<string>> RowsAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        command.AllResultTypesAreUnknown = true;
        await using var reader = await command.ExecuteReaderAsync();
        List<string> rows = [];
        while (await reader.ReadAsync())
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? "" : reader[i].ToString()!.Replace("rucio.", ""))));
        return rows;
    }
}
