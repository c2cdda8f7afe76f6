using Microsoft.Extensions.Logging;
using Npgsql;
using RucioOperator.Observed;

namespace RucioOperator.Catalogue;

/// <summary>For whom roles and databases are made.</summary>
/// <param name="Instance">namespace/name, written into the roles' comments.</param>
/// <param name="Refusal">Why a catalogue with this owner may not be taken; null: it may.</param>
/// <param name="IsForeign">That owner's logins must end.</param>
public sealed record ProvisionedFor(string Instance, Func<CatalogueOwner, string?> Refusal, Func<CatalogueOwner, bool> IsForeign);

/// <summary>
/// Makes role, database, schema and the observer's role with an admin who has CREATEROLE and CREATEDB and nothing more.
/// Every step looks first, so it may be killed anywhere and run again. A role carries a comment naming the instance it
/// was made for; a role of that name without the comment is somebody else's and is refused.
/// </summary>
public sealed class DatabaseProvisioner(ILogger logger)
{
    /// <param name="maintenance">The server's maintenance database (<c>postgres</c>), as admin.</param>
    /// <param name="keepOther">The other login still has its password: a rotation is under way.</param>
    /// <exception cref="DatabaseFault">Always typed.</exception>
    public async Task EnsureAsync(DatabaseAddress maintenance, DatabaseLogin admin, DatabaseAccess wanted, ProvisionedFor who, bool keepOther, CancellationToken ct)
    {
        try
        {
            await using var server = Database.Open(maintenance, admin);
            var owner = await OwnerAsync(server, admin, wanted, who, ct);
            if (wanted.Owner.Username != wanted.OwnerRole)
            {
                await EnsureRoleAsync(server, wanted.OwnerRole, null, who, ct);
            }
            await EnsureRoleAsync(server, wanted.Owner.Username, wanted.Owner.Password, who, ct);
            await EnsureRoleAsync(server, wanted.Observer.Username, wanted.Observer.Password, who, ct);
            if (!keepOther)
            {
                await CloseAsync(server, wanted.OtherLogin, who, ct);
            }
            await EnsureDatabaseAsync(server, wanted, ct);
            if (owner is not null && who.IsForeign(owner))
            {
                // Their passwords are dead now; so shall be what they have opened.
                await TerminateAsync(server, [wanted.OwnerRole, wanted.Owner.Username, wanted.OtherLogin, wanted.Observer.Username], ct);
            }
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, maintenance, admin, "create roles and databases (it needs CREATEROLE and CREATEDB)");
        }
        try
        {
            await using var database = Database.Open(wanted.Address, wanted.Owner);
            await EnsureSchemaAsync(database, wanted.Address.Schema, ct);
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

    /// <summary>The login's password is dead when this returns.</summary>
    /// <param name="terminate">End what it has open, too.</param>
    /// <returns>How many sessions it still has.</returns>
    public async Task<int> RetireAsync(DatabaseAddress maintenance, DatabaseLogin admin, string login, ProvisionedFor who, bool terminate, CancellationToken ct)
    {
        try
        {
            await using var server = Database.Open(maintenance, admin);
            await CloseAsync(server, login, who, ct);
            if (terminate)
            {
                await TerminateAsync(server, [login], ct);
            }
            await using var count = server.CreateCommand("SELECT count(*)::int FROM pg_stat_activity WHERE usename = $1");
            count.Parameters.Add(new() { Value = login });
            return (int)(await count.ExecuteScalarAsync(ct))!;
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, maintenance, admin, "take the old password off its role");
        }
    }

    /// <summary>Drops what <see cref="EnsureAsync"/> made, if the roles still carry this owner's comment; gone already counts as done.</summary>
    public async Task DropAsync(DatabaseAddress maintenance, DatabaseLogin admin, DatabaseAccess made, ProvisionedFor who, CancellationToken ct)
    {
        try
        {
            await using var server = Database.Open(maintenance, admin);
            if (await IsOursAsync(server, made.OwnerRole, who, ct))
            {
                await RunAsync(server, $"GRANT {Quote(made.OwnerRole)} TO CURRENT_USER", ct);
                if (await HolderAsync(server, made.Address.Name, ct) is not null)
                {
                    await RunAsync(server, $"DROP DATABASE IF EXISTS {Quote(made.Address.Name)} WITH (FORCE)", ct);
                    Changed(server, "Deleted", "database", made.Address.Name);
                }
            }
            foreach (var role in new[] { made.Owner.Username, made.OtherLogin, made.OwnerRole, made.Observer.Username }.Distinct())
            {
                if (await IsOursAsync(server, role, who, ct))
                {
                    await RunAsync(server, $"DROP ROLE IF EXISTS {Quote(role)}", ct);
                    Changed(server, "Deleted", "role", role);
                }
            }
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, maintenance, admin, "drop the database");
        }
    }

    /// <summary>Who works on the catalogue: asked as admin, for setting the roles' passwords would already cut another operator off.</summary>
    private static async Task<CatalogueOwner?> OwnerAsync(NpgsqlDataSource server, DatabaseLogin admin, DatabaseAccess wanted, ProvisionedFor who, CancellationToken ct)
    {
        if (!await IsOursAsync(server, wanted.OwnerRole, who, ct) || await HolderAsync(server, wanted.Address.Name, ct) is null)
        {
            return null;
        }
        await RunAsync(server, $"GRANT {Quote(wanted.OwnerRole)} TO CURRENT_USER", ct);
        CatalogueOwner? owner;
        try
        {
            await using var database = Database.Open(wanted.Address, admin, readOnly: true);
            await using var command = database.CreateCommand("SELECT value, extract(epoch FROM (now() AT TIME ZONE 'utc') - updated_at)::float8 FROM configs WHERE section = $1 AND opt = $2");
            command.Parameters.Add(new() { Value = CatalogueReader.ConfigSection });
            command.Parameters.Add(new() { Value = CatalogueReader.OwnerOption });
            await using var reader = await command.ExecuteReaderAsync(ct);
            owner = await reader.ReadAsync(ct) ? CatalogueOwner.Parse(reader.GetString(0), reader.GetDouble(1)) : null;
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.InsufficientPrivilege)
        {
            // No catalogue yet; or an admin that doesn't inherit, and then it is found out when the catalogue is read.
            return null;
        }
        return owner is not null && who.Refusal(owner) is { } refusal ? throw new DatabaseFault(DatabaseFault.OwnedElsewhere, refusal, transient: false) : owner;
    }

    /// <param name="password">Null: nobody logs in as this role.</param>
    private async Task EnsureRoleAsync(NpgsqlDataSource server, string role, string? password, ProvisionedFor who, CancellationToken ct)
    {
        var existing = await CommentOfRoleAsync(server, role, ct);
        var login = password is null ? "NOLOGIN" : $"LOGIN PASSWORD '{ScramVerifier.For(password)}'";
        if (existing is null)
        {
            await using var connection = await server.OpenConnectionAsync(ct);
            await using var transaction = await connection.BeginTransactionAsync(ct);
            await RunAsync(connection, $"CREATE ROLE {Quote(role)} NOSUPERUSER NOCREATEROLE NOCREATEDB {login}", ct);
            await RunAsync(connection, $"COMMENT ON ROLE {Quote(role)} IS '{Comment(who).Replace("'", "''")}'", ct);
            await transaction.CommitAsync(ct);
            Changed(server, "Made", "role", role);
            return;
        }
        if (existing.Comment != Comment(who))
        {
            throw new DatabaseFault(DatabaseFault.Taken, $"role {role} exists on the server and was not made for {who.Instance}; choose another spec.database.provision.name, or use spec.database.existing", transient: false);
        }
        if (password is not null)
        {
            await RunAsync(server, $"ALTER ROLE {Quote(role)} {login}", ct);
            Changed(server, "Changed", "password of role", role);
        }
    }

    private async Task CloseAsync(NpgsqlDataSource server, string role, ProvisionedFor who, CancellationToken ct)
    {
        if (await CommentOfRoleAsync(server, role, ct) is { } existing && existing.Comment == Comment(who))
        {
            await RunAsync(server, $"ALTER ROLE {Quote(role)} NOLOGIN PASSWORD NULL", ct);
            if (existing.CanLogin)
            {
                Changed(server, "Closed", "role", role);
            }
        }
    }

    /// <summary>The second login's sessions are the owner's: what they make belongs to it.</summary>
    private static async Task ActAsOwnerAsync(NpgsqlDataSource server, DatabaseAccess wanted, CancellationToken ct)
    {
        var (login, owner) = (Quote(wanted.Owner.Username), Quote(wanted.OwnerRole));
        await RunAsync(server, $"GRANT {owner} TO {login}", ct);
        await RunAsync(server, $"ALTER ROLE {login} SET role = {owner}", ct);
        await RunAsync(server, $"ALTER ROLE {login} IN DATABASE {Quote(wanted.Address.Name)} SET search_path = {Quote(wanted.Address.Schema)}", ct);
    }

    private async Task TerminateAsync(NpgsqlDataSource server, IEnumerable<string> logins, CancellationToken ct)
    {
        foreach (var login in logins.Distinct())
        {
            if (await CommentOfRoleAsync(server, login, ct) is null)
            {
                continue;
            }
            // Ending a session needs membership in its role.
            await RunAsync(server, $"GRANT {Quote(login)} TO CURRENT_USER", ct);
            await using var end = server.CreateCommand("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()");
            end.Parameters.Add(new() { Value = login });
            if (await end.ExecuteScalarAsync(ct) is > 0L)
            {
                Changed(server, "Ended", "sessions of role", login);
            }
        }
    }

    private async Task EnsureDatabaseAsync(NpgsqlDataSource server, DatabaseAccess wanted, CancellationToken ct)
    {
        var holder = await HolderAsync(server, wanted.Address.Name, ct);
        if (holder is not null && holder != wanted.OwnerRole)
        {
            throw new DatabaseFault(DatabaseFault.Taken, $"database {wanted.Address.Name} exists on the server and belongs to role {holder}; choose another spec.database.provision.name, or use spec.database.existing", transient: false);
        }
        if (holder is null)
        {
            // CREATE DATABASE ... OWNER needs membership in the owner's role; CREATEROLE may grant that to itself.
            await RunAsync(server, $"GRANT {Quote(wanted.OwnerRole)} TO CURRENT_USER", ct);
            await RunAsync(server, $"CREATE DATABASE {Quote(wanted.Address.Name)} OWNER {Quote(wanted.OwnerRole)} ENCODING 'UTF8' TEMPLATE template0", ct);
            Changed(server, "Made", "database", wanted.Address.Name);
        }
        if (wanted.Owner.Username != wanted.OwnerRole)
        {
            await ActAsOwnerAsync(server, wanted, ct);
        }
        await using var owned = Database.Open(wanted.Address, wanted.Owner);
        await RunAsync(owned, $"REVOKE ALL ON DATABASE {Quote(wanted.Address.Name)} FROM PUBLIC", ct);
        await RunAsync(owned, $"GRANT CONNECT ON DATABASE {Quote(wanted.Address.Name)} TO {Quote(wanted.Observer.Username)}", ct);
    }

    private async Task EnsureSchemaAsync(NpgsqlDataSource database, string schema, CancellationToken ct)
    {
        await using var find = database.CreateCommand("SELECT count(*) FROM pg_namespace WHERE nspname = $1");
        find.Parameters.Add(new() { Value = schema });
        if (await find.ExecuteScalarAsync(ct) is 0L)
        {
            await RunAsync(database, $"CREATE SCHEMA IF NOT EXISTS {Quote(schema)}", ct);
            Changed(database, "Made", "schema", schema);
        }
    }

    internal static async Task<string?> HolderAsync(NpgsqlDataSource server, string database, CancellationToken ct)
    {
        await using var find = server.CreateCommand("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1");
        find.Parameters.Add(new() { Value = database });
        return (string?)await find.ExecuteScalarAsync(ct);
    }

    internal sealed record RoleComment(string? Comment, bool CanLogin);

    internal static async Task<RoleComment?> CommentOfRoleAsync(NpgsqlDataSource server, string role, CancellationToken ct)
    {
        await using var command = server.CreateCommand("SELECT shobj_description(oid, 'pg_authid'), rolcanlogin FROM pg_roles WHERE rolname = $1");
        command.Parameters.Add(new() { Value = role });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new RoleComment(reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetBoolean(1)) : null;
    }

    private static async Task<bool> IsOursAsync(NpgsqlDataSource server, string role, ProvisionedFor who, CancellationToken ct) =>
        (await CommentOfRoleAsync(server, role, ct))?.Comment == Comment(who);

    private static string Comment(ProvisionedFor who) => CommentFor(who.Instance);

    internal static string CommentFor(string instance) => $"rucio-operator {instance}";

    /// <summary>An identifier in PostgreSQL's quotes.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"")}\"";

    private void Changed(NpgsqlDataSource server, string verb, string what, string name)
    {
        var at = new NpgsqlConnectionStringBuilder(server.ConnectionString);
        CatalogueLog.Changed(logger, verb, what, name, $"{at.Host}:{at.Port}/{at.Database}");
    }

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
