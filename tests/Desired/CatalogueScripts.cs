using System.Globalization;
using Npgsql;
using NUnit.Framework;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Desired;

/// <summary>For tests of what Jobs run on a catalogue, with Rucio's own code, on a real PostgreSQL.</summary>
public abstract class CatalogueScripts
{
    protected const string Owner = "catalogue_owner";
    protected const string OwnerPassword = "db%2Fp@ss";
    protected const string Schema = "catalogue";

    private PostgresServer _postgres = null!;
    private int _databases;

    protected async Task StartServerAsync()
    {
        Python.RequireRucio();
        if (PostgresBinaries.FindDirectory() is null)
            Assert.Ignore(PostgresBinaries.HowToInstall);
        _postgres = await PostgresServer.StartAsync();
        await SqlAsync("postgres", $"CREATE ROLE {Owner} LOGIN PASSWORD '{OwnerPassword}'");
    }

    [OneTimeTearDown]
    public async Task Stop_the_server()
    {
        if (_postgres is not null)
            await _postgres.DisposeAsync();
    }

    protected string NewName() => $"catalogue_{Interlocked.Increment(ref _databases)}";

    protected string Url(string database, int? port = null) =>
        $"postgresql+psycopg://{Owner}:{Uri.EscapeDataString(OwnerPassword)}@{_postgres.Host}:{port ?? _postgres.Port}/{database}?sslmode=disable";

    /// <summary>Starts a run and kills it at the n-th round trip with a statement, before the server sees it, or after its effect and before the answer.</summary>
    /// <param name="moment">A piece of the statement, and the n.</param>
    /// <param name="start">Of the URL that leads to the server.</param>
    private protected async Task KillAsync(string moment, bool answerLost, string database, Func<string, BootstrapRun> start)
    {
        var (statement, ordinal) = (moment[..moment.LastIndexOf(' ')], int.Parse(moment[moment.LastIndexOf(' ')..], CultureInfo.InvariantCulture));
        await using var proxy = new PostgresProxy(_postgres.Host, _postgres.Port);
        await using var run = start(Url(database, proxy.Port));
        var (seen, killed) = (0, false);
        proxy.OnRequest = trip => Meet(trip, isRequest: true);
        proxy.OnResponse = trip => Meet(trip, isRequest: false);
        await run.EndAsync();
        Assert.That(killed, Is.True, $"there was no such moment\n{run.Output}");
        Assert.That(run.ExitCode, Is.Not.Zero);

        Task Meet(RoundTrip trip, bool isRequest)
        {
            if (killed || !trip.Sql.Contains(statement, StringComparison.OrdinalIgnoreCase))
                return Task.CompletedTask;
            seen += isRequest ? 1 : 0;
            if (seen == ordinal && isRequest != answerLost)
            {
                killed = true;
                run.Kill();
                trip.Cut();
            }
            return Task.CompletedTask;
        }
    }

    protected async Task<string> ScalarAsync(string database, string sql)
    {
        await using var connection = await OpenAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Statement by statement, since some must not run in a transaction with others.</summary>
    protected async Task SqlAsync(string database, string sql)
    {
        await using var connection = await OpenAsync(database);
        foreach (var statement in sql.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    private async Task<NpgsqlConnection> OpenAsync(string database)
    {
        var connection = new NpgsqlConnection(_postgres.ConnectionString(PostgresServer.SuperuserName, _postgres.SuperuserPassword, database) + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
