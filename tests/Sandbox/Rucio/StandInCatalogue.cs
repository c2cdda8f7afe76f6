using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>Rucio's tables, made and filled like build_database(), create_base_vo() and create_root_account() do, but repeatable.</summary>
public static class StandInCatalogue
{
    public const string AlembicRevision = "3b943000da18";

    /// <summary>Where the catalogues of line 38 end.</summary>
    public const string OldRevision = "a62db546a1f1";

    private const string DefaultEmail = "ph-adp-ddm-lab@cern.ch";

    /// <summary>An absent option means the built-in identity, an empty one means none: Rucio's own trap, kept.</summary>
    private static readonly (string Type, string Option, string EmailOption, string Default)[] Identities =
    [
        ("USERPASS", "userpass_identity", "userpass_email", "ddmlab"),
        ("X509", "x509_identity", "x509_email", "emailAddress=ph-adp-ddm-lab@cern.ch,CN=DDMLAB Client Certificate,OU=PH-ADP-CO,O=CERN,ST=Geneva,C=CH"),
        ("GSS", "gss_identity", "gss_email", "ddmlab@CERN.CH"),
        ("SSH", "ssh_identity", "ssh_email",
            "ssh-rsa AAAAB3NzaC1yc2EAAAABIwAAAQEAq5LySllrQFpPL614sulXQ7wnIr1aGhGtl8b+HCB/0FhMSMTHwSjX78UbfqEorZV16rXrWPgUpvcbp2hqctw6eCbxwqcgu3uGWaeS5A0iWRw7oXUh6ydn"
            + "Vy89zGzX1FJFFDZ+AgiZ3ytp55tg1bjqqhK1OSC0pJxdNe878TRVVo5MLI0S/rZY2UovCSGFaQG2iLj14wz/YqI7NFMUuJFR4e6xmNsOP7fCZ4bGMsmnhR0GmY0dWYTupNiP5WdYXAfKExlnvFLTlDI5"
            + "Mgh4Z11NraQ8pv4YE1woolYpqOc/IMMBBXFniTT4tC7cgikxWb9ZmFe+r4t6yCDpX4IL8L5GOQ== ddmlab"),
    ];

    public static string PasswordHash(byte[] salt, string password) =>
        Convert.ToHexStringLower(SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(password)]));

    /// <summary>Each of the steps tables, stamp, `def`, first account looks for itself whether it is done; all share one transaction.</summary>
    public static async Task BootstrapAsync(string connectionString, RucioConfig config, CancellationToken cancellation = default)
    {
        await using var source = StandInDatabases.Open(connectionString, config.Schema);
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (config.Schema is { } schema && !await ExistsAsync("SELECT 1 FROM pg_namespace WHERE nspname = $1", schema))
            await ExecuteAsync($"CREATE SCHEMA \"{schema}\"");
        if (!await ExistsAsync("SELECT to_regclass('vos')::text"))
        {
            await ExecuteAsync(Ddl(config.BootstrapsSuperRoot));
            await ExecuteAsync("INSERT INTO alembic_version VALUES ($1)", AlembicRevision);
        }
        await ExecuteAsync($"INSERT INTO vos VALUES ('def', 'Default base VO', 'N/A', {Session.Now}, {Session.Now}) ON CONFLICT DO NOTHING");
        await CreateRootAsync(config.BootstrapsSuperRoot ? "super_root" : "root");
        await transaction.CommitAsync(cancellation);

        async Task CreateRootAsync(string account)
        {
            if (await ExecuteAsync($"INSERT INTO accounts (account, account_type, status, created_at, updated_at) VALUES ($1, 'SERVICE', 'ACTIVE', {Session.Now}, {Session.Now}) ON CONFLICT DO NOTHING", account) == 0)
                return;
            foreach (var (type, option, emailOption, fallback) in Identities)
            {
                var identity = config["bootstrap", option] ?? fallback;
                var email = config["bootstrap", emailOption] ?? DefaultEmail;
                var password = type == "USERPASS" ? config["bootstrap", "userpass_pwd"] ?? "secret" : null;
                if (identity == "" || (password ?? email) == "")
                    continue;
                var salt = password is null ? null : RandomNumberGenerator.GetBytes(255);
                await ExecuteAsync($"INSERT INTO identities (identity, identity_type, password, salt, email, deleted, created_at, updated_at) VALUES ($1, $2::text::\"IDENTITIES_TYPE_CHK\", $3, $4, $5, false, {Session.Now}, {Session.Now}) ON CONFLICT DO NOTHING",
                    identity, type, password is null ? null : PasswordHash(salt!, password), salt, email);
                await ExecuteAsync($"INSERT INTO account_map VALUES ($1, $2::text::\"IDENTITIES_TYPE_CHK\", $3, true, {Session.Now}, {Session.Now})", identity, type, account);
            }
        }

        async Task<int> ExecuteAsync(string sql, params object?[] parameters)
        {
            await using var command = Command(sql, parameters);
            return await command.ExecuteNonQueryAsync(cancellation);
        }

        async Task<bool> ExistsAsync(string sql, params object?[] parameters)
        {
            await using var command = Command(sql, parameters);
            return await command.ExecuteScalarAsync(cancellation) is not (null or DBNull);
        }

        NpgsqlCommand Command(string sql, object?[] parameters)
        {
            var command = new NpgsqlCommand(sql, connection, transaction);
            foreach (var value in parameters)
                command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
            return command;
        }
    }

    /// <summary>Writes another revision over the expected one. Played: migrations run for real in the tests of their script.</summary>
    /// <returns>False: it is at neither of the two.</returns>
    public static async Task<bool> MoveAsync(string connectionString, string? schema, string from, string to, CancellationToken cancellation = default)
    {
        await using var source = StandInDatabases.Open(connectionString, schema);
        await using var command = source.CreateCommand("UPDATE alembic_version SET version_num = $2 WHERE version_num IN ($1, $2)");
        command.Parameters.Add(new NpgsqlParameter { Value = from });
        command.Parameters.Add(new NpgsqlParameter { Value = to });
        return await command.ExecuteNonQueryAsync(cancellation) == 1;
    }

    /// <summary>One cycle of abacus-rse and abacus-account: until it runs, an RSE with new replicas still counts as empty.</summary>
    public static async Task SettleCountersAsync(string connectionString, string? schema, CancellationToken cancellation = default)
    {
        await using var source = StandInDatabases.Open(connectionString, schema);
        await using var command = source.CreateCommand($"""
            WITH delta AS (DELETE FROM updated_rse_counters RETURNING rse_id, files, bytes)
            UPDATE rse_usage u SET used = u.used + d.bytes, files = u.files + d.files, updated_at = {Session.Now}
            FROM (SELECT rse_id, sum(files) files, sum(bytes) bytes FROM delta GROUP BY 1) d WHERE u.rse_id = d.rse_id AND u.source = 'rucio';
            WITH delta AS (DELETE FROM updated_account_counters RETURNING account, rse_id, files, bytes)
            INSERT INTO account_usage SELECT account, rse_id, sum(files), sum(bytes), {Session.Now}, {Session.Now} FROM delta GROUP BY 1, 2
            ON CONFLICT (account, rse_id) DO UPDATE SET files = account_usage.files + excluded.files, bytes = account_usage.bytes + excluded.bytes, updated_at = excluded.updated_at
            """);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static string Ddl(bool multiVo)
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("RucioOperator.Sandbox.Rucio.Schema.sql")!);
        var text = reader.ReadToEnd();
        return multiVo ? text : text.Replace("account varchar(29)", "account varchar(25)").Replace("scope varchar(29)", "scope varchar(25)");
    }
}
