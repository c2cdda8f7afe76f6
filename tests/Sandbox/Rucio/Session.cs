using System.Text.Json.Nodes;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>
/// One connection with one transaction; committed when the view succeeds, gone otherwise.
/// A string[] as the only parameter has to be cast to object, or C# takes it for the list of parameters.
/// </summary>
internal sealed class Session(NpgsqlDataSource source) : IAsyncDisposable
{
    private NpgsqlConnection? connection;
    private NpgsqlTransaction? transaction;

    public async Task CommitAsync()
    {
        if (transaction is not null)
            await transaction.CommitAsync();
        transaction = null;
    }

    public async ValueTask DisposeAsync()
    {
        if (transaction is not null)
            await transaction.DisposeAsync();
        if (connection is not null)
            await connection.DisposeAsync();
    }

    public async Task<int> ExecuteAsync(string sql, params object?[] parameters)
    {
        await using var command = await CommandAsync(sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, params object?[] parameters)
    {
        await using var command = await CommandAsync(sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }

    /// <summary>The first column of the first row; default when there is none or it is null.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, params object?[] parameters)
    {
        await using var command = await CommandAsync(sql, parameters);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    public async Task<bool> ExistsAsync(string sql, params object?[] parameters) => await ScalarAsync<object>(sql, parameters) is not (null or DBNull);

    /// <summary>Rows as whole JSON objects, for a query that yields one json column.</summary>
    public Task<List<JsonObject>> DocumentsAsync(string sql, params object?[] parameters) =>
        QueryAsync(sql, reader => JsonNode.Parse(reader.GetString(0))!.AsObject(), parameters);

    /// <summary>Inserts documents whose keys are column names; PostgreSQL casts them to the row type, unknown keys are ignored.</summary>
    public Task<int> InsertAsync(string table, IEnumerable<string> columns, IEnumerable<JsonObject> rows, string onConflict = "")
    {
        var list = string.Join(", ", columns.Select(c => $"\"{c}\""));
        return ExecuteAsync($"INSERT INTO {table} ({list}, created_at, updated_at) SELECT {list}, {Now}, {Now} FROM jsonb_populate_recordset(null::{table}, $1::jsonb) {onConflict}",
            new JsonArray([.. rows]).ToJsonString());
    }

    /// <summary>Sets the columns named by the document's keys.</summary>
    public Task<int> UpdateAsync(string table, JsonObject changes, string where, params object?[] parameters)
    {
        var set = string.Concat(changes.Select(c => $", \"{c.Key}\" = n.\"{c.Key}\""));
        return ExecuteAsync($"UPDATE {table} t SET updated_at = {Now}{set} FROM jsonb_populate_record(null::{table}, $1::jsonb) n WHERE {where}",
            [changes.ToJsonString(), .. parameters]);
    }

    public const string Now = "(now() AT TIME ZONE 'utc')";

    private async Task<NpgsqlCommand> CommandAsync(string sql, object?[] parameters)
    {
        if (connection is null)
            connection = await source.OpenConnectionAsync();
        transaction ??= await connection.BeginTransactionAsync();
        var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        return command;
    }
}
