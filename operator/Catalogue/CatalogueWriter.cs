using System.Security.Cryptography;
using Npgsql;
using RucioOperator.Observed;

namespace RucioOperator.Catalogue;

/// <summary>The operator's few writes that Rucio's REST interface has no call for: claims and password rows.</summary>
public sealed class CatalogueWriter(NpgsqlDataSource owner) : IVoRecords
{
    /// <summary>Lets the observer's role read the tables it needs and no other.</summary>
    public async Task GrantObserverAsync(string schema, string observer, CancellationToken ct)
    {
        await using var batch = owner.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"GRANT USAGE ON SCHEMA {DatabaseProvisioner.Quote(schema)} TO {DatabaseProvisioner.Quote(observer)}"));
        foreach (var grant in CatalogueReader.Grants)
        {
            var columns = grant.IndexOf('(') is var at and > 0 ? grant[at..] : "";
            var table = columns == "" ? grant : grant[..grant.IndexOf('(')];
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"GRANT SELECT {columns} ON {table} TO {DatabaseProvisioner.Quote(observer)}"));
        }
        await batch.ExecuteNonQueryAsync(ct);
    }

    public async Task<bool> ClaimAsync(string tag, string claimant, CancellationToken ct)
    {
        await SetAsync(CatalogueReader.ClaimPrefix + tag, claimant, ct);
        await using var read = owner.CreateCommand("SELECT value FROM configs WHERE section = $1 AND opt = $2");
        read.Parameters.Add(new() { Value = CatalogueReader.ConfigSection });
        read.Parameters.Add(new() { Value = CatalogueReader.ClaimPrefix + tag });
        return (string?)await read.ExecuteScalarAsync(ct) == claimant;
    }

    public async Task<bool> TakeUpClaimAsync(string tag, string from, string claimant, CancellationToken ct)
    {
        await using var update = owner.CreateCommand("UPDATE configs SET value = $1, updated_at = now() AT TIME ZONE 'utc' WHERE section = $2 AND opt = $3 AND value IN ($4, $1)");
        update.Parameters.Add(new() { Value = claimant });
        update.Parameters.Add(new() { Value = CatalogueReader.ConfigSection });
        update.Parameters.Add(new() { Value = CatalogueReader.ClaimPrefix + tag });
        update.Parameters.Add(new() { Value = from });
        return await update.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>Takes the catalogue for <paramref name="me"/>, or renews that; false if the row is no longer as it was seen.</summary>
    public async Task<bool> OwnAsync(CatalogueOwner me, CatalogueOwner? seen, CancellationToken ct)
    {
        await using var upsert = owner.CreateCommand("""
            INSERT INTO configs (section, opt, value, created_at, updated_at) VALUES ($1, $2, $3, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
            ON CONFLICT (section, opt) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at WHERE configs.value = $4 OR configs.value !~ '^[^ ]+ [^ ]+ [0-9]+$'
            """);
        upsert.Parameters.Add(new() { Value = CatalogueReader.ConfigSection });
        upsert.Parameters.Add(new() { Value = CatalogueReader.OwnerOption });
        upsert.Parameters.Add(new() { Value = me.Text });
        upsert.Parameters.Add(new() { Value = seen?.Text ?? "" });
        return await upsert.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>Nobody's from now on; somebody else's stays theirs.</summary>
    public async Task DisownAsync(CatalogueOwner me, CancellationToken ct)
    {
        await using var delete = owner.CreateCommand("DELETE FROM configs WHERE section = $1 AND opt = $2 AND value = $3");
        delete.Parameters.Add(new() { Value = CatalogueReader.ConfigSection });
        delete.Parameters.Add(new() { Value = CatalogueReader.OwnerOption });
        delete.Parameters.Add(new() { Value = me.Text });
        await delete.ExecuteNonQueryAsync(ct);
    }

    public Task<bool> MarkCreatedAsync(string tag, CancellationToken ct) => SetAsync(CatalogueReader.CreatedPrefix + tag, "true", ct);

    public async Task UnmarkCreatedAsync(string tag, CancellationToken ct)
    {
        await using var delete = owner.CreateCommand("DELETE FROM configs WHERE section = $1 AND opt = $2");
        delete.Parameters.Add(new() { Value = CatalogueReader.ConfigSection });
        delete.Parameters.Add(new() { Value = CatalogueReader.CreatedPrefix + tag });
        await delete.ExecuteNonQueryAsync(ct);
    }

    public async Task ClaimLongNameAsync(string name, string tag, CancellationToken ct)
    {
        await SetAsync(CatalogueReader.LongNameSection, name, tag, ct);
        await using var read = owner.CreateCommand("SELECT value FROM configs WHERE section = $1 AND opt = $2");
        read.Parameters.Add(new() { Value = CatalogueReader.LongNameSection });
        read.Parameters.Add(new() { Value = name });
        if ((string?)await read.ExecuteScalarAsync(ct) != tag)
        {
            throw new DatabaseFault(Planning.VoPlan.LongNameTaken, $"long name {name} is another VO's", transient: false);
        }
    }

    public async Task ReleaseLongNameAsync(string name, string tag, CancellationToken ct)
    {
        await using var delete = owner.CreateCommand("DELETE FROM configs WHERE section = $1 AND opt = $2 AND value = $3");
        delete.Parameters.Add(new() { Value = CatalogueReader.LongNameSection });
        delete.Parameters.Add(new() { Value = name });
        delete.Parameters.Add(new() { Value = tag });
        await delete.ExecuteNonQueryAsync(ct);
    }

    private Task<bool> SetAsync(string option, string value, CancellationToken ct) => SetAsync(CatalogueReader.ConfigSection, option, value, ct);

    private async Task<bool> SetAsync(string section, string option, string value, CancellationToken ct)
    {
        await using var insert = owner.CreateCommand("INSERT INTO configs (section, opt, value, created_at, updated_at) VALUES ($1, $2, $3, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING");
        insert.Parameters.Add(new() { Value = section });
        insert.Parameters.Add(new() { Value = option });
        insert.Parameters.Add(new() { Value = value });
        return await insert.ExecuteNonQueryAsync(ct) == 1;
    }

    /// <summary>
    /// Creates the USERPASS row or gives it this password (core/identity.py: 255 random bytes of salt).
    /// The row alone lets nobody in; a mapping in <c>account_map</c> does.
    /// </summary>
    /// <exception cref="DatabaseFault">The identity is mapped to an account other than <paramref name="onlyAccount"/>: nothing is written.</exception>
    public async Task SetPasswordAsync(string identity, string password, string onlyAccount, CancellationToken ct)
    {
        var salt = RandomNumberGenerator.GetBytes(255);
        await using var connection = await owner.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var upsert = new NpgsqlCommand(
            """
            INSERT INTO identities (identity, identity_type, password, salt, email, deleted, created_at, updated_at)
            VALUES ($1, 'USERPASS', $2, $3, '', false, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc')
            ON CONFLICT (identity, identity_type) DO UPDATE SET password = excluded.password, salt = excluded.salt, updated_at = excluded.updated_at
            """, connection)
        {
            Parameters = { new() { Value = identity }, new() { Value = PasswordHash.Of(password, salt) }, new() { Value = salt } },
        };
        await upsert.ExecuteNonQueryAsync(ct);
        // After the upsert: the row is locked now, so no mapping can be added between this check and the commit's effect on logins.
        await using var foreign = new NpgsqlCommand("SELECT count(*) FROM account_map WHERE identity = $1 AND identity_type::text = 'USERPASS' AND account <> $2", connection)
        {
            Parameters = { new() { Value = identity }, new() { Value = onlyAccount } },
        };
        if ((long)(await foreign.ExecuteScalarAsync(ct))! > 0)
        {
            throw new DatabaseFault(DatabaseFault.Taken, $"identity {identity} is mapped to another account", transient: false);
        }
        await transaction.CommitAsync(ct);
    }

    /// <summary>
    /// Maps an identity of a type without a password, in one transaction that decides between VOs: whoever comes second waits
    /// for the first one's row lock and then sees its mapping. Over REST two VOs could both map it, since Rucio asks nobody.
    /// Never as default: a token would lead to the default account whatever VO is meant (core/identity.py).
    /// </summary>
    /// <param name="account">Without its VO.</param>
    /// <param name="shared">Other VOs may have it too, but not together with an account of the instance itself.</param>
    /// <returns>False: somebody else has it, nothing is written.</returns>
    public async Task<bool> MapIdentityAsync(ObservedIdentity identity, string account, string tag, bool shared, CancellationToken ct)
    {
        await using var connection = await owner.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(Of("INSERT INTO identities (identity, identity_type, email, deleted, created_at, updated_at) VALUES ($1, $2, '', false, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING"));
        batch.BatchCommands.Add(Of("SELECT 1 FROM identities WHERE identity = $1 AND identity_type = $2 FOR UPDATE"));
        batch.BatchCommands.Add(Of("""
            INSERT INTO account_map (identity, identity_type, account, is_default, created_at, updated_at)
            SELECT i.identity, i.identity_type, $3, false, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc' FROM identities i WHERE i.identity = $1 AND i.identity_type = $2
            AND NOT EXISTS (SELECT FROM account_map m WHERE m.identity = i.identity AND m.identity_type = i.identity_type
                AND split_part(m.account, '@', 2) <> split_part($3, '@', 2) AND (NOT $4 OR split_part(m.account, '@', 2) = '')) ON CONFLICT DO NOTHING
            """, Api.BaseVo.Internal(account, tag), shared));
        batch.BatchCommands.Add(Of("SELECT count(*) FROM account_map WHERE identity = $1 AND identity_type = $2 AND account = $3", Api.BaseVo.Internal(account, tag)));
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            await reader.NextResultAsync(ct);
            await reader.ReadAsync(ct);
            if (reader.GetInt64(0) == 0)
            {
                return false;
            }
        }
        await transaction.CommitAsync(ct);
        return true;

        NpgsqlBatchCommand Of(string sql, params object[] more)
        {
            var command = new NpgsqlBatchCommand(sql);
            command.Parameters.Add(new() { Value = identity.Identity });
            command.Parameters.Add(new() { Value = identity.Type, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Unknown });
            foreach (var value in more)
            {
                command.Parameters.Add(new() { Value = value });
            }
            return command;
        }
    }

    /// <summary>Tokens that logins brought; those of SSH logins carry no identity.</summary>
    public async Task EndSessionsAsync(string account, string? identity, CancellationToken ct)
    {
        await using var delete = owner.CreateCommand("DELETE FROM tokens WHERE account = $1 AND ($2::text IS NULL OR identity IS NULL OR identity = $2)");
        delete.Parameters.Add(new() { Value = account });
        delete.Parameters.Add(new() { Value = (object?)identity ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await delete.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Takes USERPASS and other published identities off the account that rules this Rucio; returns how many mappings went.</summary>
    public async Task<int> UnmapFromSuperRootAsync(string account, IReadOnlyList<ObservedIdentity> identities, CancellationToken ct)
    {
        var removed = 0;
        foreach (var identity in identities)
        {
            await using var delete = owner.CreateCommand("DELETE FROM account_map WHERE identity = $1 AND identity_type::text = $2 AND account = $3");
            delete.Parameters.Add(new() { Value = identity.Identity });
            delete.Parameters.Add(new() { Value = identity.Type });
            delete.Parameters.Add(new() { Value = account });
            removed += await delete.ExecuteNonQueryAsync(ct);
        }
        return removed;
    }

    /// <summary>Maps the operator's identity to the account that rules this Rucio when a bootstrap by somebody else did not.</summary>
    public async Task MapToSuperRootAsync(string account, string identity, CancellationToken ct)
    {
        await using var insert = owner.CreateCommand("INSERT INTO account_map (identity, identity_type, account, is_default, created_at, updated_at) VALUES ($1, 'USERPASS', $2, true, now() AT TIME ZONE 'utc', now() AT TIME ZONE 'utc') ON CONFLICT DO NOTHING");
        insert.Parameters.Add(new() { Value = identity });
        insert.Parameters.Add(new() { Value = account });
        await insert.ExecuteNonQueryAsync(ct);
    }

    public async Task DescribeVoAsync(string tag, string description, string email, CancellationToken ct)
    {
        await using var update = owner.CreateCommand("UPDATE vos SET description = $1, email = $2, updated_at = now() AT TIME ZONE 'utc' WHERE vo = $3");
        update.Parameters.Add(new() { Value = description });
        update.Parameters.Add(new() { Value = email });
        update.Parameters.Add(new() { Value = tag });
        await update.ExecuteNonQueryAsync(ct);
    }
}
