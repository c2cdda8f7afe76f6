using Npgsql;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>Of an instance that the operator runs: its catalogue is at hand, and one read of it tells all.</summary>
public sealed class InstanceConnection : RucioConnection
{
    private readonly NpgsqlDataSource _owner;
    private readonly NpgsqlDataSource _observer;
    private readonly SemaphoreSlim _reading = new(1, 1);

    public InstanceConnection(DatabaseAccess access)
    {
        Access = access;
        _owner = Database.Open(access.Address, access.Owner);
        _observer = Database.Open(access.Address, access.Observer, readOnly: true);
        Reader = new CatalogueReader(_observer);
        Writer = new CatalogueWriter(_owner);
    }

    public DatabaseAccess Access { get; }
    public CatalogueReader Reader { get; }
    public CatalogueWriter Writer { get; }

    /// <summary>Null until the catalogue was read for the first time.</summary>
    public CatalogueSnapshot? Snapshot { get; private set; }

    /// <summary>When the whole catalogue was last read.</summary>
    public DateTimeOffset ReadAt { get; private set; }

    public override VoReach Reach => VoReach.Catalogue;

    public override bool IsOpen => Serving && Snapshot is not null;

    public override IVoRecords Records => Writer;

    /// <summary>Keeps server and tokens while address and certificate stay.</summary>
    public void UseServer(Uri url, string? pinnedCertificate, RucioCredential superRoot)
    {
        if (Server is null || Server.BaseUrl != new Uri(url.AbsoluteUri.TrimEnd('/') + "/") || Server.PinnedCertificate != pinnedCertificate)
        {
            UseServer(new RucioServer(url, pinnedCertificate));
        }
        SuperRoot = superRoot;
    }

    /// <summary>The admin API once more, for checks.</summary>
    public RucioServer NewCheckServer() => RucioServer.ForChecks(Server!.BaseUrl, Server.PinnedCertificate, null);

    /// <summary>Some rule on data in one of these scopes (as stored); null: there is none.</summary>
    public Task<string?> FindRuleAsync(IReadOnlyCollection<string> scopes, CancellationToken ct) => GrantedAsync(() => Reader.FindRuleAsync(scopes, ct), ct);

    public override async Task<(long Files, long Bytes, long? Rules)> CountDataAsync(ObservedVo vo, RucioSession root, CancellationToken ct) =>
        await GrantedAsync(() => Reader.CountDataAsync(vo.Tag, [.. vo.Scopes.Keys.Select(scope => BaseVo.Internal(scope, vo.Tag))], ct), ct);

    private async Task<T> GrantedAsync<T>(Func<Task<T>> read, CancellationToken ct)
    {
        try
        {
            return await read();
        }
        catch (PostgresException denied) when (denied.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // Granted before this operator knew that it would ask.
            await Writer.GrantObserverAsync(Access.Address.Schema, Access.Observer.Username, ct);
            return await read();
        }
    }

    /// <summary>Another login of the same account; sessions of the one before are not used any more.</summary>
    public void UseSuperRoot(RucioCredential superRoot) => SuperRoot = superRoot;

    public override ValueTask<ObservedVo> ObserveVoAsync(VoLook look, CancellationToken ct) => ValueTask.FromResult(Snapshot!.Vo(look.Tag));

    public override Task<ObservedVo> RefreshVoAsync(VoLook look, CancellationToken ct) => RefreshVoAsync(look.Tag, ct);

    public override Task<ObservedVo> RefreshSpaceAsync(VoLook look, IReadOnlyList<string> rses, CancellationToken ct) => RefreshVoAsync(look.Tag, ct);

    /// <summary>Counted in the table: Rucio's own counters lag.</summary>
    public override Task<ReplicaCount> CountReplicasAsync(ObservedRse rse, RucioSession root, CancellationToken ct) => GrantedAsync(() => Reader.CountReplicasAsync(rse.Id, ct), ct);

    public override async Task MapIdentityAsync(IdentityMapping mapping, RucioSession root, CancellationToken ct)
    {
        if (!await Writer.MapIdentityAsync(mapping.Identity, mapping.Account, mapping.Tag, mapping.IsShared, ct))
        {
            throw new IdentityTakenException(mapping.Identity);
        }
    }

    /// <summary>What belongs to the instance's own accounts is never shared.</summary>
    public override IReadOnlySet<ObservedIdentity> TakenElsewhere(string tag, IReadOnlySet<ObservedIdentity> wanted, SharedIdentities shared) => wanted.Count == 0
        ? wanted
        : (from vo in (Snapshot ?? CatalogueSnapshot.Empty).Vos.Values
           where vo.Tag != tag
           from account in vo.Accounts.Values
           from identity in account.Identities
           where wanted.Contains(identity) && (vo.Tag == BaseVo.Tag || !shared.Has(identity))
           select identity).ToHashSet();

    public override Task EndSessionsAsync(string account, string? identity, CancellationToken ct) => Writer.EndSessionsAsync(account, identity, ct);

    /// <summary>See <see cref="CatalogueWriter.OwnAsync"/>.</summary>
    public async Task<bool> OwnAsync(CatalogueOwner me, CancellationToken ct)
    {
        if (!await Writer.OwnAsync(me, Snapshot?.Owner, ct))
        {
            return false;
        }
        Snapshot = Snapshot is null ? null : Snapshot with { Owner = me };
        return true;
    }

    /// <summary>How far the last asked-for change of the password is; null: never asked for.</summary>
    public PasswordRotation? Rotation { get; set; }

    /// <summary>Why one that was asked for could not begin.</summary>
    public IReportableError? RotationProblem { get; set; }

    /// <summary>When no pod was left that logs in as before a rotation.</summary>
    public DateTimeOffset? RetiringSince { get; set; }

    /// <summary>Reads everything; grants the observer what it needs when it is refused. Null: no Rucio tables.</summary>
    /// <exception cref="DatabaseFault">Always typed.</exception>
    public async Task<CatalogueSnapshot?> RefreshAsync(DateTimeOffset now, CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            Snapshot = await ReadAsync(null, ct);
            ReadAt = now;
            return Snapshot;
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Reads one VO's part again, after changes to it.</summary>
    public async Task<ObservedVo> RefreshVoAsync(string tag, CancellationToken ct)
    {
        // Names of the base VO carry no tag to select them by; in a single-VO catalogue all are its own.
        var vo = (await ReadAsync(tag == BaseVo.Tag ? null : tag, ct) ?? CatalogueSnapshot.Empty).Vo(tag);
        await _reading.WaitAsync(ct);
        try
        {
            Snapshot = (Snapshot ?? CatalogueSnapshot.Empty).With(vo);
        }
        finally
        {
            _reading.Release();
        }
        return vo;
    }

    private async Task<CatalogueSnapshot?> ReadAsync(string? tag, CancellationToken ct)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    var snapshot = await Reader.ReadAsync(tag, ct);
                    if (snapshot is not null || attempt > 1 || !await OwnerSeesTablesAsync(ct))
                    {
                        return snapshot;
                    }
                }
                catch (PostgresException denied) when (denied.SqlState == PostgresErrorCodes.InsufficientPrivilege && attempt == 1)
                {
                    // The tables are newer than the grants.
                }
                await Writer.GrantObserverAsync(Access.Address.Schema, Access.Observer.Username, ct);
            }
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, Access.Address, Access.Observer, "read the catalogue");
        }
    }

    /// <summary>
    /// Only revision and owner: of a catalogue at another revision nothing more is read, since its tables may look otherwise
    /// and a migration may hold them locked. <see cref="Snapshot"/> then has those two.
    /// </summary>
    /// <returns>The catalogue is at this head, or there is none: it may be read.</returns>
    /// <exception cref="DatabaseFault">Always typed.</exception>
    public async Task<bool> LookAtHeadAsync(string head, CancellationToken ct)
    {
        try
        {
            await using var connection = await _owner.OpenConnectionAsync(ct);
            PostgresMajor = connection.PostgreSqlVersion.Major;
            if (await CatalogueReader.HeadAsync(connection, ct) is not { Revision: { } revision } found || revision == head)
            {
                return true;
            }
            Snapshot = CatalogueSnapshot.Empty with { AlembicRevision = revision, Owner = found.Owner };
            return false;
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, Access.Address, Access.Owner, "read the revision of the catalogue");
        }
    }

    /// <summary>Major version of the server; known after <see cref="LookAtHeadAsync"/>.</summary>
    public int PostgresMajor { get; private set; }

    private async Task<bool> OwnerSeesTablesAsync(CancellationToken ct)
    {
        await using var command = _owner.CreateCommand("SELECT to_regclass('vos') IS NOT NULL AND to_regclass('alembic_version') IS NOT NULL");
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>One round trip as the owner of the schema.</summary>
    /// <exception cref="DatabaseFault">Cannot connect, or the schema is missing.</exception>
    public async Task ProbeAsync(CancellationToken ct)
    {
        try
        {
            await using var command = _owner.CreateCommand("""
                SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)
                AND EXISTS (SELECT FROM pg_db_role_setting s WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
                    AND s.setrole = (SELECT oid FROM pg_roles WHERE rolname = session_user) AND 'search_path=' || quote_ident($1) = ANY (s.setconfig))
                """);
            command.Parameters.Add(new() { Value = Access.Address.Schema });
            if (!(bool)(await command.ExecuteScalarAsync(ct))!)
            {
                var (schema, database) = (DatabaseProvisioner.Quote(Access.Address.Schema), DatabaseProvisioner.Quote(Access.Address.Name));
                await using var create = _owner.CreateBatch();
                create.BatchCommands.Add(new NpgsqlBatchCommand($"CREATE SCHEMA IF NOT EXISTS {schema}"));
                // Rucio's enum types ignore [database] schema: they are made, and looked for, where the role's search path leads.
                create.BatchCommands.Add(new NpgsqlBatchCommand($"ALTER ROLE CURRENT_USER IN DATABASE {database} SET search_path = {schema}"));
                await create.ExecuteNonQueryAsync(ct);
            }
        }
        catch (NpgsqlException error)
        {
            throw DatabaseFault.From(error, Access.Address, Access.Owner, $"use schema {Access.Address.Schema}");
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _owner.DisposeAsync();
        await _observer.DisposeAsync();
    }
}
