using System.Collections.Concurrent;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Apply;

/// <summary>
/// To a Rucio that somebody else runs: nothing but REST. What is there is read in bulk and kept; a drift look of a VO and
/// its storages together costs three calls, however many storages there are (see <see cref="VoSight"/>).
/// </summary>
public sealed class ExternalConnection : RucioConnection
{
    /// <summary>What Rucio gives root of every new VO (lib/rucio/core/vo.py).</summary>
    private const string PublishedPassword = "password";

    private readonly TimeProvider _time;
    private readonly TimeSpan _fresh;
    private readonly RestRecords _records;
    private readonly ConcurrentDictionary<string, (VoSight Sight, SemaphoreSlim Reading)> _sights = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<RucioCredential, bool> _proven = new();
    private DateTimeOffset _readAt;
    private IReadOnlyList<string> _tags = [];
    private IReadOnlyDictionary<string, (string? Description, string? Email)> _vos = new Dictionary<string, (string?, string?)>();

    /// <exception cref="System.Security.Cryptography.CryptographicException">No certificate in the CA's text.</exception>
    public ExternalConnection(ExternalAccess access, TimeProvider time, TimeSpan driftInterval)
    {
        (Access, _time, _fresh) = (access, time, driftInterval * 0.8);
        UseServer(RucioServer.Trusting(access.Api, access.Auth, access.CaPem));
        _records = new RestRecords(tag => As(access.Reach == VoReach.SuperRoot ? access.Credential : access.CredentialIn(tag), time));
        SuperRoot = access.Credential;
    }

    public ExternalAccess Access { get; }

    public override VoReach Reach => Access.Reach;

    public override bool IsOpen => Serving;

    public override IVoRecords Records => _records;

    /// <summary>False: claims are known in this cluster alone.</summary>
    public bool ClaimsAreKept => _records.Kept;

    /// <summary>Where claims aren't kept: who holds a tag in this cluster, as namespace/name.</summary>
    public Func<string, string?> HolderOf { private get; set; } = _ => null;

    /// <summary>The release that runs there.</summary>
    public string? Version { get; private set; }

    /// <summary>Looked at within a drift interval, and with these grants.</summary>
    public bool IsFresh(IReadOnlyList<string> tags) => Serving && _time.GetUtcNow() - _readAt < _fresh && tags.SequenceEqual(_tags);

    /// <summary>The server, the login, the list of VOs, the claims: four calls at most.</summary>
    /// <param name="tags">Those that are granted; the first is where an account that isn't super_root logs in.</param>
    public async Task RefreshAsync(IReadOnlyList<string> tags, CancellationToken ct)
    {
        Version = await Server!.PingAsync(ct);
        if (Reach == VoReach.SuperRoot)
        {
            await AsSuperRoot(_time).LoginAsync(ct);
            _vos = await AsSuperRoot(_time).ListVosAsync(ct);
            await _records.ReadAsync(BaseVo.Tag, ct);
        }
        else if (tags is [var first, ..])
        {
            await As(Access.CredentialIn(first), _time).LoginAsync(ct);
            await _records.ReadAsync(first, ct);
        }
        (_readAt, _tags, Serving) = (_time.GetUtcNow(), tags, true);
    }

    public override async ValueTask<ObservedVo> ObserveVoAsync(VoLook look, CancellationToken ct)
    {
        var (sight, reading) = SightOf(look.Tag);
        await reading.WaitAsync(ct);
        try
        {
            if (sight.ReadAt is not { } at || !sight.Knows(look.Accounts) || !sight.Opened && look.Root is not null)
            {
                await LookAsync(sight, look with { StoragesOnly = false }, full: true, ct);
            }
            else if (_time.GetUtcNow() - at >= _fresh)
            {
                await LookAsync(sight, look, full: false, ct);
            }
            return Observed(look.Tag, sight);
        }
        finally
        {
            reading.Release();
        }
    }

    public override async Task<ObservedVo> RefreshVoAsync(VoLook look, CancellationToken ct)
    {
        var (sight, reading) = SightOf(look.Tag);
        await reading.WaitAsync(ct);
        try
        {
            if (Reach == VoReach.SuperRoot && !look.StoragesOnly)
            {
                _vos = await AsSuperRoot(_time).ListVosAsync(ct);
            }
            await LookAsync(sight, look, full: true, ct);
            return Observed(look.Tag, sight);
        }
        finally
        {
            reading.Release();
        }
    }

    public override async Task<ObservedVo> RefreshSpaceAsync(VoLook look, IReadOnlyList<string> rses, CancellationToken ct)
    {
        var (sight, reading) = SightOf(look.Tag);
        await reading.WaitAsync(ct);
        try
        {
            await sight.ReadSpaceAsync(As(look.Root!, _time), rses, ct);
            return Observed(look.Tag, sight);
        }
        finally
        {
            reading.Release();
        }
    }

    /// <summary>A file on its servers may say so, too; that can't be seen from outside.</summary>
    public override async Task RequireEditModeAsync(IEnumerable<StorageChange> changes, RucioSession root, CancellationToken ct)
    {
        if (!changes.Any(c => c is ImportRses or ImportDistances))
        {
            return;
        }
        var options = await (Reach == VoReach.SuperRoot ? AsSuperRoot(_time) : root).FindConfigAsync("importer", ct);
        foreach (var (option, mode) in (options ?? new Dictionary<string, string>()).Where(o => o is { Key: "rse_sync_method" or "attr_sync_method", Value: not "edit" }))
        {
            throw new ImportModeException(option, mode);
        }
    }

    public override async Task<ReplicaCount> CountReplicasAsync(ObservedRse rse, RucioSession root, CancellationToken ct)
    {
        var space = await root.SpaceAsync(rse.Name, ct);
        return new(space.Files ?? 0, space.Used ?? 0);
    }

    public override async Task<(long Files, long Bytes, long? Rules)> CountDataAsync(ObservedVo vo, RucioSession root, CancellationToken ct)
    {
        var (files, bytes) = (0L, 0L);
        foreach (var rse in vo.Rses.Values.Where(r => !r.Deleted))
        {
            var count = await CountReplicasAsync(rse, root, ct);
            (files, bytes) = (files + count.Files, bytes + count.Bytes);
        }
        return (files, bytes, null);
    }

    /// <summary>
    /// As good as it can be told: Rucio names the accounts of an identity in all VOs without their VO, so more of them than
    /// this VO has are elsewhere. Where that can't be asked, it is for that Rucio's people to know.
    /// </summary>
    public override async Task MapIdentityAsync(IdentityMapping mapping, RucioSession root, CancellationToken ct)
    {
        var (identity, type) = (mapping.Identity.Identity, mapping.Identity.Type);
        if (!mapping.IsShared && await root.CountAccountsOfAsync(identity, type, ct) is > 0 and var all && all > (await root.ListAccountsAsync(ct, ("identity", identity))).Count)
        {
            throw new IdentityTakenException(mapping.Identity);
        }
        await root.MapIdentityAsync(mapping.Account, identity, type, "", "", ct);
    }

    /// <summary>Proven once for each password: over REST nobody can change it, so it stays true.</summary>
    public async Task<bool> OpensAsync(RucioCredential credential, CancellationToken ct)
    {
        if (_proven.ContainsKey(credential))
        {
            return true;
        }
        try
        {
            await TryLoginAsync(credential, _time, ct);
            _proven[credential] = true;
            return true;
        }
        catch (RucioRejectedException refused) when (refused.Status == 401)
        {
            return false;
        }
    }

    private async Task LookAsync(VoSight sight, VoLook look, bool full, CancellationToken ct)
    {
        if (look.Root is not { } root || Reach == VoReach.SuperRoot && !_vos.ContainsKey(look.Tag))
        {
            sight.Closed();
            return;
        }
        try
        {
            var session = As(root, _time);
            await (full switch
            {
                true when look.StoragesOnly => sight.ReadStoragesAsync(session, distances: true, ct),
                true => sight.ReadAllAsync(session, look, ct),
                _ => sight.ReadShareAsync(session, look, ct),
            });
        }
        catch (RucioRejectedException refused) when (refused.ExceptionClass == "CannotAuthenticate" || refused.Status == 401 && refused.ExceptionClass.StartsWith("Identity", StringComparison.Ordinal))
        {
            sight.Closed();
            return;
        }
        if (full && !look.StoragesOnly)
        {
            var published = DesiredVo.IdentityOf("root", look.Tag);
            sight.PublishedRootOpens = look.Tag != BaseVo.Tag && sight.Vo.Accounts.GetValueOrDefault("root")?.Identities.Any(i => i.Type == "USERPASS" && i.Identity == published) == true
                && await PublishedOpensAsync(published, look.Tag, ct);
        }
    }

    private async Task<bool> PublishedOpensAsync(string identity, string tag, CancellationToken ct)
    {
        try
        {
            await TryLoginAsync(new RucioCredential(identity, PublishedPassword, "root", tag), _time, ct);
            return true;
        }
        catch (RucioRejectedException refused) when (refused.Status == 401)
        {
            return false;
        }
    }

    private ObservedVo Observed(string tag, VoSight sight)
    {
        var (exists, about) = Reach == VoReach.SuperRoot ? (_vos.TryGetValue(tag, out var listed), listed) : (sight.Opened, default);
        var seen = sight.Opened ? sight.Vo : new ObservedVo(tag);
        return seen with
        {
            Exists = exists,
            Description = about.Description,
            Email = about.Email,
            Claim = _records.Kept ? _records.Claim(tag) : HolderOf(tag),
            CreatedByOperator = _records.IsCreatedByUs(tag),
        };
    }

    private (VoSight Sight, SemaphoreSlim Reading) SightOf(string tag) => _sights.GetOrAdd(tag, t => (new VoSight(t, _time), new SemaphoreSlim(1, 1)));
}
