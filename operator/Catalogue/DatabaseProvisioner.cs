using Npgsql;

namespace RucioOperator.Catalogue;

/// <summary>
/// Makes role, database, schema and the observer's role with an admin who has CREATEROLE and CREATEDB and nothing more.
/// Every step looks first, so it may be killed anywhere and run again. A role carries a comment naming the instance it
/// was made for; a role of that name without the comment is somebody else's and is refused.
/// </summary>
public sealed class DatabaseProvisioner
{
    /// <param name="maintenance">The server's maintenance database (<c>postgres</c>), as admin.</param>
    /// <param name="owner">Written into the roles' comments: namespace/name of the instance.</param>
    /// <exception cref="DatabaseFault">Always typed.</exception>
    public async Task EnsureAsync(DatabaseAddress maintenance, DatabaseLogin admin, DatabaseAccess wanted, string owner, CancellationToken ct)
    {
        try
        {
            await using var server = Database.Open(maintenance, admin);
            await EnsureRoleAsync(server, wanted.Owner, owner, ct);
            await EnsureRoleAsync(server, wanted.Observer, owner, ct);
            await EnsureDatabaseAsync(server, wanted, ct);
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, maintenance, admin, "create roles and databases (it needs CREATEROLE and CREATEDB)");
        }
        try
        {
            await using var database = Database.Open(wanted.Address, wanted.Owner);
            await RunAsync(database, $"CREATE SCHEMA IF NOT EXISTS {Quote(wanted.Address.Schema)}", ct);
            await RunAsync(database, "REVOKE ALL ON SCHEMA public FROM PUBLIC", ct, ignorePermission: true);
            await RunAsync(database, $"GRANT USAGE ON SCHEMA {Quote(wanted.Address.Schema)} TO {Quote(wanted.Observer.Username)}", ct);
            // Rucio's enum types ignore [database] schema: they are made, and looked for, where the role's search path leads.
            await RunAsync(database, $"ALTER ROLE CURRENT_USER IN DATABASE {Quote(wanted.Address.Name)} SET search_path = {Quote(wanted.Address.Schema)}", ct);
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, wanted.Address, wanted.Owner, "create the schema");
        }
    }

    /// <summary>Drops what <see cref="EnsureAsync"/> made, if the roles still carry this owner's comment; gone already counts as done.</summary>
    public async Task DropAsync(DatabaseAddress maintenance, DatabaseLogin admin, DatabaseAccess made, string owner, CancellationToken ct)
    {
        try
        {
            await using var server = Database.Open(maintenance, admin);
            if (await CommentOfRoleAsync(server, made.Owner.Username, ct) is { Comment: var comment } && comment == Comment(owner))
            {
                await RunAsync(server, $"GRANT {Quote(made.Owner.Username)} TO CURRENT_USER", ct);
                await RunAsync(server, $"DROP DATABASE IF EXISTS {Quote(made.Address.Name)} WITH (FORCE)", ct);
                await RunAsync(server, $"DROP ROLE IF EXISTS {Quote(made.Owner.Username)}", ct);
            }
            if (await CommentOfRoleAsync(server, made.Observer.Username, ct) is { Comment: var other } && other == Comment(owner))
            {
                await RunAsync(server, $"DROP ROLE IF EXISTS {Quote(made.Observer.Username)}", ct);
            }
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, maintenance, admin, "drop the database");
        }
    }

    private static async Task EnsureRoleAsync(NpgsqlDataSource server, DatabaseLogin role, string owner, CancellationToken ct)
    {
        var existing = await CommentOfRoleAsync(server, role.Username, ct);
        if (existing is null)
        {
            await using var connection = await server.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await RunAsync(connection, $"CREATE ROLE {Quote(role.Username)} LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB PASSWORD '{ScramVerifier.For(role.Password)}'", ct);
            await RunAsync(connection, $"COMMENT ON ROLE {Quote(role.Username)} IS '{Comment(owner).Replace("'", "''")}'", ct);
            await transaction.CommitAsync(ct);
            return;
        }
        if (existing.Comment != Comment(owner))
        {
            throw new DatabaseFault(DatabaseFault.Taken, $"role {role.Username} exists on the server and was not made for {owner}; choose another spec.database.provision.name, or use spec.database.existing", transient: false);
        }
        await RunAsync(server, $"ALTER ROLE {Quote(role.Username)} PASSWORD '{ScramVerifier.For(role.Password)}'", ct);
    }

    private static async Task EnsureDatabaseAsync(NpgsqlDataSource server, DatabaseAccess wanted, CancellationToken ct)
    {
        await using var find = server.CreateCommand("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1");
        find.Parameters.Add(new() { Value = wanted.Address.Name });
        var holder = (string?)await find.ExecuteScalarAsync(ct);
        if (holder is not null && holder != wanted.Owner.Username)
        {
            throw new DatabaseFault(DatabaseFault.Taken, $"database {wanted.Address.Name} exists on the server and belongs to role {holder}; choose another spec.database.provision.name, or use spec.database.existing", transient: false);
        }
        if (holder is null)
        {
            // CREATE DATABASE ... OWNER needs membership in the owner's role; CREATEROLE may grant that to itself.
            await RunAsync(server, $"GRANT {Quote(wanted.Owner.Username)} TO CURRENT_USER", ct);
            await RunAsync(server, $"CREATE DATABASE {Quote(wanted.Address.Name)} OWNER {Quote(wanted.Owner.Username)} ENCODING 'UTF8' TEMPLATE template0", ct);
        }
        await using var owned = Database.Open(wanted.Address, wanted.Owner);
        await RunAsync(owned, $"REVOKE ALL ON DATABASE {Quote(wanted.Address.Name)} FROM PUBLIC", ct);
        await RunAsync(owned, $"GRANT CONNECT ON DATABASE {Quote(wanted.Address.Name)} TO {Quote(wanted.Observer.Username)}", ct);
    }

    private sealed record RoleComment(string? Comment);

    private static async Task<RoleComment?> CommentOfRoleAsync(NpgsqlDataSource server, string role, CancellationToken ct)
    {
        await using var command = server.CreateCommand("SELECT shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = $1");
        command.Parameters.Add(new() { Value = role });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new RoleComment(reader.IsDBNull(0) ? null : reader.GetString(0)) : null;
    }

    private static string Comment(string owner) => $"rucio-operator {owner}";

    /// <summary>An identifier in PostgreSQL's quotes.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"")}\"";

    private static async Task RunAsync(NpgsqlDataSource source, string sql, CancellationToken ct, bool ignorePermission = false)
    {
        try
        {
            await using var command = source.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(ct);
        }
        catch (PostgresException denied) when (ignorePermission && denied.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // PostgreSQL 15 and later give the public schema to pg_database_owner; before that only a superuser may revoke.
        }
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
