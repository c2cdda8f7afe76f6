using Npgsql;
using NUnit.Framework;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.SandboxTests.Postgres;

public sealed class PostgresServerTests
{
    [Test]
    public async Task The_certificate_stands_up_to_full_verification()
    {
        var server = await SharedPostgres.ServerAsync();
        foreach (var host in (string[])["localhost", "127.0.0.1"])
        {
            var settings = new NpgsqlConnectionStringBuilder(server.ConnectionString(PostgresServer.AdminName, server.AdminPassword, ssl: SslMode.VerifyFull)) { Host = host };
            Assert.That(await ScalarAsync(settings.ConnectionString, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), Is.True);
        }
    }

    [Test]
    public async Task The_admin_makes_roles_and_databases_but_is_no_superuser()
    {
        var server = await SharedPostgres.ServerAsync();
        Assert.That(await ScalarAsync(server.AdminConnectionString, "SELECT rolcreaterole AND rolcreatedb AND NOT rolsuper FROM pg_roles WHERE rolname = current_user"), Is.True);
        Assert.That(await ScalarAsync(server.AdminConnectionString, "SHOW password_encryption"), Is.EqualTo("scram-sha-256"));
    }

    [Test]
    public async Task Disposing_leaves_neither_process_nor_directory()
    {
        await SharedPostgres.ServerAsync();
        var server = await PostgresServer.StartAsync();
        var directory = Path.GetDirectoryName(server.CaFile)!;
        var pid = (int)(await ScalarAsync(server.SuperuserConnectionString, "SELECT pg_backend_pid()"))!;
        await server.DisposeAsync();
        Assert.That(Directory.Exists(directory), Is.False);
        Assert.That(Directory.Exists($"/proc/{pid}"), Is.False);
    }

    [Test]
    public async Task A_cut_round_trip_has_no_effect_before_and_full_effect_after()
    {
        var server = await SharedPostgres.ServerAsync();
        var database = await server.CreateDatabaseAsync();
        await ScalarAsync(database, "CREATE TABLE t (n int)");
        await using var proxy = new PostgresProxy(server.Host, server.Port);
        var through = new NpgsqlConnectionStringBuilder(database) { Host = proxy.Host, Port = proxy.Port, Pooling = false }.ConnectionString;

        Assert.That(await ScalarAsync(through, "SELECT 42"), Is.EqualTo(42));
        Assert.That(proxy.RoundTrips, Is.GreaterThan(0));

        proxy.OnRequest = trip => { if (trip.Sql.Contains("VALUES (1)")) trip.Cut(); return Task.CompletedTask; };
        proxy.OnResponse = trip => { if (trip.Sql.Contains("VALUES (2)")) trip.Cut(); return Task.CompletedTask; };
        await Assert.CatchAsync<NpgsqlException>(() => ScalarAsync(through, "INSERT INTO t VALUES (1)"));
        await Assert.CatchAsync<NpgsqlException>(() => ScalarAsync(through, "INSERT INTO t VALUES (2)"));
        Assert.That(await ScalarAsync(through, "SELECT array_agg(n) FROM t"), Is.EqualTo(new[] { 2 }));

        proxy.OnRequest = proxy.OnResponse = null;
        var encrypted = new NpgsqlConnectionStringBuilder(through) { SslMode = SslMode.Require }.ConnectionString;
        Assert.That(await ScalarAsync(encrypted, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), Is.True);
    }

    private static async Task<object?> ScalarAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }
}
