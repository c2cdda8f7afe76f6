using System.Collections.Concurrent;
using RucioOperator.Catalogue;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Apply;

/// <summary>Open ways to one running Rucio, and what was last seen of its VOs.</summary>
public abstract class RucioConnection : IAsyncDisposable
{
    private readonly ConcurrentDictionary<RucioCredential, RucioSession> _sessions = new();

    private readonly ConcurrentDictionary<(string Username, string Vo), bool> _retired = new();

    private string? _instance;

    protected RucioServer? Server { get; private set; }

    /// <summary>Whose it is, as namespace/name, in figures.</summary>
    public string? Instance
    {
        get => _instance;
        set
        {
            _instance = value;
            Server?.Instance = value;
        }
    }

    public abstract VoReach Reach { get; }

    /// <summary>The ruling account answered: VOs and storages may be worked on.</summary>
    public bool Serving { get; set; }

    /// <summary>Serving, and seen at least once.</summary>
    public abstract bool IsOpen { get; }

    public abstract IVoRecords Records { get; }

    public RucioCredential? SuperRoot { get; protected set; }

    public RucioSession As(RucioCredential credential, TimeProvider time)
    {
        var session = _sessions.GetOrAdd(credential, static (c, state) => state.Server!.As(c, state.time), (Server, time));
        if (_retired.ContainsKey((credential.Username, credential.Vo)))
        {
            session.Retire();
        }
        return session;
    }

    /// <summary>
    /// Before one of the operator's logins is closed: some pass may be logging in with it this moment, and Rucio would keep a token that
    /// came after its tokens were ended.
    /// </summary>
    /// <param name="username">Never used there again: each login has a name of its own. In another VO it may be in use.</param>
    public async Task RetireAsync(string username, string vo, CancellationToken ct)
    {
        _retired[(username, vo)] = true;
        foreach (var (_, session) in _sessions.Where(s => (s.Key.Username, s.Key.Vo) == (username, vo)))
        {
            await session.RetireAsync(ct);
        }
    }

    public RucioSession AsSuperRoot(TimeProvider time) => As(SuperRoot!, time);

    /// <summary>One login, kept by nobody.</summary>
    /// <exception cref="RucioRejectedException">CannotAuthenticate: not with this password.</exception>
    public Task TryLoginAsync(RucioCredential credential, TimeProvider time, CancellationToken ct) => Server!.As(credential, time).LoginAsync(ct);

    /// <summary>As last seen, within a drift interval.</summary>
    public abstract ValueTask<ObservedVo> ObserveVoAsync(VoLook look, CancellationToken ct);

    /// <summary>As it is now: before changes to it, and after them.</summary>
    public abstract Task<ObservedVo> RefreshVoAsync(VoLook look, CancellationToken ct);

    /// <summary>The same, with the space of these RSEs as it is now.</summary>
    public abstract Task<ObservedVo> RefreshSpaceAsync(VoLook look, IReadOnlyList<string> rses, CancellationToken ct);

    /// <summary>What Rucio knows on one RSE.</summary>
    public abstract Task<ReplicaCount> CountReplicasAsync(ObservedRse rse, RucioSession root, CancellationToken ct);

    /// <summary>Files, bytes and, where tables can be counted, rules of a whole VO.</summary>
    public abstract Task<(long Files, long Bytes, long? Rules)> CountDataAsync(ObservedVo vo, RucioSession root, CancellationToken ct);

    /// <summary>Imports add and change, and never take anything away: Rucio's mode <c>edit</c>.</summary>
    /// <exception cref="ImportModeException">Not so here.</exception>
    public virtual Task RequireEditModeAsync(IEnumerable<StorageChange> changes, RucioSession root, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Maps an identity that needs no password, unless another VO has it.</summary>
    /// <exception cref="IdentityTakenException">Nothing was mapped.</exception>
    public abstract Task MapIdentityAsync(IdentityMapping mapping, RucioSession root, CancellationToken ct);

    /// <summary>Of these, those that another VO has, and that may not be shared with it, as last seen.</summary>
    public virtual IReadOnlySet<ObservedIdentity> TakenElsewhere(string tag, IReadOnlySet<ObservedIdentity> wanted, SharedIdentities shared) => new HashSet<ObservedIdentity>();

    /// <summary>Ends what a login began, where tokens are within reach; servers remember one they have seen for up to 15 minutes.</summary>
    /// <param name="account">As Rucio stores it.</param>
    /// <param name="identity">Null: of all identities.</param>
    public virtual Task EndSessionsAsync(string account, string? identity, CancellationToken ct) => Task.CompletedTask;

    /// <summary>Tokens of an earlier server are worth nothing.</summary>
    protected void UseServer(RucioServer server)
    {
        Server?.Dispose();
        Server = server;
        server.Instance = Instance;
        _sessions.Clear();
    }

    public virtual ValueTask DisposeAsync()
    {
        Serving = false;
        Server?.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <param name="IsShared">Another VO may have it, too.</param>
public sealed record IdentityMapping(ObservedIdentity Identity, string Account, string Tag, bool IsShared);

/// <summary>Another VO has the identity. Which one is nobody's business.</summary>
public sealed class IdentityTakenException(ObservedIdentity identity)
    : Exception($"{WantedIdentities.Words(identity)} is in use elsewhere in this Rucio"), Runtime.IReportableError
{
    public string Reason => VoPlan.IdentityTaken;
    public string Report => Message;
}

/// <summary>In mode hard an import deletes every empty RSE that it doesn't name, of all VOs; in mode append it changes nothing (lib/rucio/core/importer.py).</summary>
public sealed class ImportModeException(string option, string mode)
    : Exception($"this Rucio's config table has {option} = {mode} in section importer: storages are not touched unless it is edit, Rucio's default"), Runtime.IReportableError
{
    public string Reason => "ImportModeNotEdit";
    public string Report => Message;
}

/// <summary>Which part of a Rucio to look at, and as whom where tables are out of reach.</summary>
public sealed record VoLook(string Tag)
{
    /// <summary>Null: nothing opens this VO yet.</summary>
    public RucioCredential? Root { get; init; }

    /// <summary>Whose identities, attributes and quotas matter; over REST each costs calls of its own.</summary>
    public IReadOnlyList<string> Accounts { get; init; } = [];

    /// <summary>Account → expressions of its totals, for a server that can't list them while one of them means no storage.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Totals { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>RSEs and distances alone.</summary>
    public bool StoragesOnly { get; init; }
}
