using System.Globalization;
using Npgsql;
using RucioOperator.Observed;

namespace RucioOperator.Catalogue;

/// <summary>
/// Reads a whole catalogue, or one VO's part of it, in one round trip of ten statements however many VOs, accounts and
/// storages there are. The tables are Rucio's (lib/rucio/db/sqla/models.py); accounts and scopes are stored as
/// <c>name@tag</c> in a tenant VO and bare in <c>def</c>.
/// </summary>
public sealed class CatalogueReader(NpgsqlDataSource observer)
{
    /// <summary>Section of Rucio's config table that holds the operator's own rows.</summary>
    public const string ConfigSection = "rucio-operator";
    public const string ClaimPrefix = "claim-";
    public const string CreatedPrefix = "created-";
    public const string PackagePrefix = "package-";
    public const string OwnerOption = "owner";

    /// <summary>Rucio's own: long name → tag.</summary>
    public const string LongNameSection = "vo-map";

    /// <summary>Looked at for the number of rules on one RSE.</summary>
    private const int MaxLocks = 10_000;

    /// <summary>Tables and columns the observer's role is granted.</summary>
    public static readonly IReadOnlyList<string> Grants =
    [
        "vos", "configs", "alembic_version", "accounts", "account_attr_map", "account_map", "scopes", "rses",
        "rse_attr_map", "rse_limits", "rse_protocols", "distances", "account_limits", "account_glob_limits", "replicas", "subscriptions",
        "identities(identity, identity_type, password, salt, deleted)", "rules(id, scope)", "locks(scope, name, rse_id, rule_id)", "rse_usage",
    ];

    /// <summary>Value of the owner's row, and its age in seconds by the database's clock.</summary>
    private const string Owner = "UNION ALL SELECT 'owner', extract(epoch FROM (now() AT TIME ZONE 'utc') - updated_at)::text, value FROM configs WHERE section = 'rucio-operator' AND opt = 'owner'";

    private static readonly string[] Statements =
    [
        "SELECT vo, description, email FROM vos WHERE ($1::text IS NULL OR vo = $1)",
        "SELECT section, opt, value FROM configs WHERE section IN ('rucio-operator', 'policy') AND ($1::text IS NULL OR opt LIKE '%-' || $1) OR section = 'vo-map' UNION ALL SELECT 'alembic', '', version_num FROM alembic_version " + Owner,
        "SELECT a.account, a.account_type::text, a.status::text, a.email, m.key, m.value FROM accounts a LEFT JOIN account_attr_map m USING (account) WHERE ($1::text IS NULL OR a.account LIKE '%@' || $1)",
        """
        SELECT m.account, m.identity, m.identity_type::text, i.password, i.salt FROM account_map m JOIN identities i ON i.identity = m.identity AND i.identity_type::text = m.identity_type::text
        WHERE ($1::text IS NULL OR m.account LIKE '%@' || $1)
        UNION ALL
        SELECT NULL, i.identity, i.identity_type::text, i.password, i.salt FROM identities i
        WHERE i.identity_type = 'USERPASS' AND NOT EXISTS (SELECT FROM account_map m WHERE m.identity = i.identity AND m.identity_type::text = 'USERPASS')
        AND ($1::text IS NULL AND i.identity ~ '@...$' OR i.identity LIKE '%@' || $1)
        """,
        """
        SELECT 'scope', account, scope, CASE WHEN deleted_at IS NULL THEN status::text ELSE 'D' END, NULL, NULL, 0, NULL, NULL::timestamp FROM scopes WHERE ($1::text IS NULL OR scope LIKE '%@' || $1)
        UNION ALL SELECT 'subscription', account, name, state::text, filter, replication_rules, policyid, comments, lifetime FROM subscriptions WHERE ($1::text IS NULL OR account LIKE '%@' || $1)
        """,
        """
        SELECT r.id, r.rse, r.vo, r.rse_type::text, r.deterministic, r.volatile, r.staging_area, r.availability_read, r.availability_write, r.availability_delete, r.deleted,
        c.used, c.files, s.used, s.free, s.files, s.updated_at FROM rses r
        LEFT JOIN rse_usage c ON c.rse_id = r.id AND c.source = 'rucio' LEFT JOIN rse_usage s ON s.rse_id = r.id AND s.source = 'storage'
        WHERE ($1::text IS NULL OR r.vo = $1)
        """,
        """
        SELECT m.rse_id, m.key, m.value, NULL::bigint FROM rse_attr_map m JOIN rses r ON r.id = m.rse_id WHERE ($1::text IS NULL OR r.vo = $1)
        UNION ALL SELECT l.rse_id, l.name, NULL, l.value FROM rse_limits l JOIN rses r ON r.id = l.rse_id WHERE ($1::text IS NULL OR r.vo = $1)
        """,
        "SELECT p.rse_id, p.scheme, p.hostname, p.port, p.prefix, p.impl, p.read_lan, p.write_lan, p.delete_lan, p.read_wan, p.write_wan, p.delete_wan, p.third_party_copy_read, p.third_party_copy_write, p.extended_attributes FROM rse_protocols p JOIN rses r ON r.id = p.rse_id WHERE ($1::text IS NULL OR r.vo = $1)",
        "SELECT d.src_rse_id, d.dest_rse_id, d.distance FROM distances d JOIN rses r ON r.id = d.src_rse_id WHERE d.distance IS NOT NULL AND ($1::text IS NULL OR r.vo = $1)",
        """
        SELECT l.account, l.rse_id, NULL, l.bytes FROM account_limits l JOIN rses r ON r.id = l.rse_id WHERE l.bytes IS NOT NULL AND ($1::text IS NULL OR r.vo = $1)
        UNION ALL SELECT account, NULL, rse_expression, bytes FROM account_glob_limits WHERE bytes IS NOT NULL AND ($1::text IS NULL OR account LIKE '%@' || $1)
        """,
    ];

    /// <summary>Null while there are no Rucio tables yet.</summary>
    /// <param name="tag">One VO, or null for all.</param>
    public async Task<CatalogueSnapshot?> ReadAsync(string? tag, CancellationToken ct)
    {
        await using var batch = observer.CreateBatch();
        foreach (var statement in Statements)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement)
            {
                Parameters = { new NpgsqlParameter { Value = (object?)tag ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text } },
            });
        }
        try
        {
            await using var reader = await batch.ExecuteReaderAsync(ct);
            return await CatalogueRows.AssembleAsync(reader, tag, ct);
        }
        catch (PostgresException missing) when (missing.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }

    /// <summary>Revision and owner alone; null: no Rucio tables.</summary>
    public static async Task<(string? Revision, CatalogueOwner? Owner)?> HeadAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT 'alembic', NULL, version_num FROM alembic_version " + Owner, connection);
            await using var reader = await command.ExecuteReaderAsync(ct);
            (string? Revision, CatalogueOwner? Owner) head = default;
            while (await reader.ReadAsync(ct))
            {
                var value = reader.GetString(2);
                head = reader.GetString(0) == "owner" ? head with { Owner = CatalogueOwner.Parse(value, double.Parse(reader.GetString(1), CultureInfo.InvariantCulture)) } : head with { Revision = value };
            }
            return head;
        }
        catch (PostgresException missing) when (missing.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }

    /// <summary>What the catalogue holds on one RSE now: the counters of Rucio lag, the tables do not.</summary>
    public async Task<ReplicaCount> CountReplicasAsync(string rseId, CancellationToken ct)
    {
        await using var command = observer.CreateCommand("""
            SELECT here.*, held.* FROM
            (SELECT count(*), coalesce(sum(bytes), 0)::bigint, count(*) FILTER (WHERE lock_cnt > 0), count(*) FILTER (WHERE lock_cnt = 0 AND tombstone IS NULL) FROM replicas WHERE rse_id = $1) here,
            (SELECT count(DISTINCT rule_id), count(*) FROM (SELECT l.rule_id FROM replicas h JOIN locks l USING (scope, name, rse_id) WHERE h.rse_id = $1 AND h.lock_cnt > 0 LIMIT $2) locked) held
            """);
        command.Parameters.Add(new() { Value = Guid.ParseExact(rseId, "N") });
        command.Parameters.Add(new() { Value = MaxLocks });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return new(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(4), reader.GetInt64(5) == MaxLocks, reader.GetInt64(3));
    }

    /// <summary>One rule on data in these scopes; the index begins with the scope. Null: none.</summary>
    public async Task<string?> FindRuleAsync(IReadOnlyCollection<string> scopes, CancellationToken ct)
    {
        await using var command = observer.CreateCommand("SELECT id FROM rules WHERE scope = ANY ($1) LIMIT 1");
        command.Parameters.Add(new() { Value = scopes.ToArray() });
        return (Guid?)await command.ExecuteScalarAsync(ct) is { } id ? id.ToString("N") : null;
    }

    /// <summary>Files, bytes and rules that a VO has.</summary>
    /// <param name="scopes">As stored.</param>
    public async Task<(long Files, long Bytes, long Rules)> CountDataAsync(string tag, IReadOnlyCollection<string> scopes, CancellationToken ct)
    {
        await using var command = observer.CreateCommand("""
            SELECT count(*), coalesce(sum(p.bytes), 0)::bigint, (SELECT count(*) FROM rules WHERE scope = ANY ($2))
            FROM replicas p JOIN rses r ON r.id = p.rse_id WHERE r.vo = $1 AND NOT r.deleted
            """);
        command.Parameters.Add(new() { Value = tag });
        command.Parameters.Add(new() { Value = scopes.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }
}
