using Npgsql;
using RucioOperator.Observed;

namespace RucioOperator.Catalogue;

/// <summary>What an admin may do on a server, and what is there under the names that are wanted.</summary>
/// <param name="Holder">Role that the wanted database belongs to; null: there is none.</param>
/// <param name="RoleIsForeign">A role of the wanted name is there, and was not made for this instance.</param>
public sealed record AdminLook(string Version, bool MayCreateRoles, bool MayCreateDatabases, string? Holder, bool RoleIsForeign);

/// <summary>What the owner-to-be of a catalogue finds in its database.</summary>
/// <param name="MayFill">May make tables in the schema.</param>
/// <param name="IsSet">The schema is there, and where this role's names are looked for: nothing is left to be made.</param>
/// <param name="MayMake">May make the schema.</param>
/// <param name="Revision">Of Rucio's catalogue; null: there is none.</param>
public sealed record OwnerLook(string Version, string Encoding, bool HasSchema, bool MayFill, bool IsSet, bool MayMake, string? Revision, CatalogueOwner? WorkedOnBy);

/// <summary>A look at a database before anybody works with it. Nothing is made or changed.</summary>
public static class DatabaseLook
{
    /// <param name="maintenance">The server's maintenance database.</param>
    /// <param name="wanted">Name of the database and of its role.</param>
    /// <param name="instance">namespace/name.</param>
    /// <exception cref="DatabaseFault">Always typed.</exception>
    public static async Task<AdminLook> AsAdminAsync(DatabaseAddress maintenance, DatabaseLogin admin, string wanted, string instance, CancellationToken ct)
    {
        try
        {
            await using var server = Database.Open(maintenance, admin, readOnly: true);
            await using var command = server.CreateCommand("SELECT current_setting('server_version'), rolsuper OR rolcreaterole, rolsuper OR rolcreatedb FROM pg_roles WHERE rolname = current_user");
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            var look = new AdminLook(reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2), null, false);
            var role = await DatabaseProvisioner.CommentOfRoleAsync(server, wanted, ct);
            return look with { Holder = await DatabaseProvisioner.HolderAsync(server, wanted, ct), RoleIsForeign = role is not null && role.Comment != DatabaseProvisioner.CommentFor(instance) };
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, maintenance, admin, "look at roles and databases");
        }
    }

    /// <exception cref="DatabaseFault">Always typed.</exception>
    public static async Task<OwnerLook> AsOwnerAsync(DatabaseAddress address, DatabaseLogin owner, CancellationToken ct)
    {
        try
        {
            await using var source = Database.Open(address, owner, readOnly: true);
            await using var connection = await source.OpenConnectionAsync(ct);
            var look = await RightsAsync(connection, address.Schema, ct);
            return await CatalogueReader.HeadAsync(connection, ct) is { } head ? look with { Revision = head.Revision, WorkedOnBy = head.Owner } : look;
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, address, owner, $"use schema {address.Schema}");
        }
    }

    private static async Task<OwnerLook> RightsAsync(NpgsqlConnection connection, string schema, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand("""
            SELECT current_setting('server_version'), current_setting('server_encoding'), n.oid IS NOT NULL, coalesce(has_schema_privilege(n.oid, 'USAGE, CREATE'), false),
            EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                AND s.setrole = (SELECT oid FROM pg_roles WHERE rolname = session_user) AND 'search_path=' || quote_ident($1) = ANY (s.setconfig)),
            has_database_privilege(current_database(), 'CREATE')
            FROM (SELECT 1) one LEFT JOIN pg_namespace n ON n.nspname = $1
            """, connection);
        command.Parameters.Add(new() { Value = schema });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        var hasSchema = reader.GetBoolean(2);
        return new(reader.GetString(0), reader.GetString(1), hasSchema, reader.GetBoolean(3), hasSchema && reader.GetBoolean(4), reader.GetBoolean(5), null, null);
    }
}
