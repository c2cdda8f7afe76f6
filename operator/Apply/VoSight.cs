using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Apply;

/// <summary>
/// One VO as REST showed it, piece by piece. A full look reads all; a drift look reads the storages in one call and a
/// share of the rest, so that within eight looks each piece was read once, distances within six. The space of storages is
/// read one by one, with every second look.
/// </summary>
internal sealed class VoSight(string tag, TimeProvider time)
{
    private const int LooksPerRound = 6;

    /// <summary>Pieces besides the storages that one look may always read.</summary>
    private const int SmallShare = 2;

    private readonly Dictionary<string, AccountDetail> _details = new(StringComparer.Ordinal);
    private IReadOnlyDictionary<string, ObservedRse> _rses = new Dictionary<string, ObservedRse>();
    private IReadOnlyDictionary<(string, string), int> _distances = new Dictionary<(string, string), int>();
    private IReadOnlyDictionary<string, ObservedAccount> _accounts = new Dictionary<string, ObservedAccount>();
    private IReadOnlyDictionary<string, string> _scopes = new Dictionary<string, string>();
    private IReadOnlyList<ObservedSubscription> _subscriptions = [];
    private readonly Dictionary<string, ObservedSpace> _spaces = new(StringComparer.Ordinal);
    private int _looks;
    private int _nextSpace;
    private int _next;

    /// <summary>Of the last look of any kind; null: storages or accounts were never seen.</summary>
    public DateTimeOffset? ReadAt { get; private set; }

    /// <summary>Something opens the VO.</summary>
    public bool Opened { get; private set; }

    public bool PublishedRootOpens { get; set; }

    public bool Knows(IEnumerable<string> accounts) => accounts.All(a => !_accounts.ContainsKey(a) || _details.ContainsKey(a));

    public void Closed() => (Opened, ReadAt) = (false, time.GetUtcNow());

    public async Task ReadStoragesAsync(RucioSession root, bool distances, CancellationToken ct)
    {
        var (rses, pairs) = await root.ExportAsync(distances, ct);
        _rses = rses;
        _distances = pairs ?? _distances;
        Opened = true;
    }

    public async Task ReadSpaceAsync(RucioSession root, IEnumerable<string> rses, CancellationToken ct)
    {
        foreach (var rse in rses.Where(_rses.ContainsKey))
        {
            _spaces[rse] = await root.SpaceAsync(rse, ct);
        }
    }

    public async Task ReadAllAsync(RucioSession root, VoLook look, CancellationToken ct)
    {
        await ReadStoragesAsync(root, distances: true, ct);
        var listed = new Dictionary<string, ObservedAccount>(await root.ListAccountsAsync(ct), StringComparer.Ordinal);
        foreach (var missing in look.Accounts.Where(a => !listed.ContainsKey(a)))
        {
            // A suspended or deleted one can't be made again, only revived.
            if (await root.FindAccountAsync(missing, ct) is { } inactive)
            {
                listed[missing] = inactive;
            }
        }
        _accounts = listed;
        _details.Clear();
        var marked = new List<string>();
        foreach (var mark in AccountMark.Values)
        {
            marked.AddRange((await root.ListAccountsAsync(ct, (AccountMark.Attribute, mark))).Keys);
        }
        foreach (var piece in Pieces(look with { Accounts = [.. look.Accounts.Union(marked)] }))
        {
            await piece(root, ct);
        }
        ReadAt = time.GetUtcNow();
    }

    public async Task ReadShareAsync(RucioSession root, VoLook look, CancellationToken ct)
    {
        await ReadStoragesAsync(root, distances: ++_looks % LooksPerRound == 0, ct);
        List<Func<RucioSession, CancellationToken, Task>> pieces = [async (s, c) => _accounts = await s.ListAccountsAsync(c), .. Pieces(look)];
        // Every second look gives one of its calls to the space of one storage.
        var share = Math.Min(pieces.Count, Math.Max(SmallShare, (pieces.Count + LooksPerRound - 1) / LooksPerRound));
        if (_looks % 2 == 1 && _rses.Count > 0)
        {
            share--;
            await ReadSpaceAsync(root, [_rses.Keys.Order(StringComparer.Ordinal).ElementAt(_nextSpace++ % _rses.Count)], ct);
        }
        for (var i = 0; i < share; i++)
        {
            await pieces[_next++ % pieces.Count](root, ct);
        }
        ReadAt = time.GetUtcNow();
    }

    /// <summary>One call each.</summary>
    private IEnumerable<Func<RucioSession, CancellationToken, Task>> Pieces(VoLook look)
    {
        yield return async (s, ct) => _scopes = await s.ScopeOwnersAsync(ct);
        yield return async (s, ct) => _subscriptions = await s.SubscriptionsAsync(ct);
        yield return async (s, ct) => Detail("root", await s.IdentitiesAsync("root", ct), (d, v) => d with { Identities = v });
        foreach (var name in look.Accounts.Where(a => _accounts.TryGetValue(a, out var known) && known.Status == "ACTIVE"))
        {
            yield return OfAccount(name, async (s, ct) => Detail(name, await s.IdentitiesAsync(name, ct), (d, v) => d with { Identities = v }));
            yield return OfAccount(name, async (s, ct) => Detail(name, await s.AccountAttributesAsync(name, ct), (d, v) => d with { Attributes = v }));
            yield return OfAccount(name, async (s, ct) => Detail(name, await s.LocalLimitsAsync(name, ct), (d, v) => d with { Limits = v }));
            yield return OfAccount(name, async (s, ct) => Detail(name, await s.GlobalLimitsAsync(name, look.Totals.GetValueOrDefault(name) ?? [], ct), (d, v) => d with { Totals = v }));
        }
    }

    /// <summary>Rucio says that there is no such account once it is suspended or deleted, which may come between its listing and this.</summary>
    private Func<RucioSession, CancellationToken, Task> OfAccount(string name, Func<RucioSession, CancellationToken, Task> read) => async (s, ct) =>
    {
        try
        {
            await read(s, ct);
        }
        catch (RucioRejectedException gone) when (gone.ExceptionClass == "AccountNotFound")
        {
            var others = _accounts.Where(a => a.Key != name);
            _accounts = (await s.FindAccountAsync(name, ct) is { } now ? others.Append(KeyValuePair.Create(name, now)) : others).ToDictionary(StringComparer.Ordinal);
        }
    };

    private void Detail<T>(string account, T value, Func<AccountDetail, T, AccountDetail> with) => _details[account] = with(_details.GetValueOrDefault(account) ?? new(), value);

    public ObservedVo Vo => new(tag)
    {
        Accounts = _accounts.ToDictionary(a => a.Key, a => _details.TryGetValue(a.Key, out var detail) ? a.Value with { Identities = detail.Identities, Attributes = detail.Attributes, Limits = detail.Limits, Totals = detail.Totals } : a.Value, StringComparer.Ordinal),
        Scopes = _scopes,
        Subscriptions = _subscriptions,
        Rses = _rses.ToDictionary(r => r.Key, r => r.Value with { Space = _spaces.GetValueOrDefault(r.Key) }, StringComparer.Ordinal),
        Distances = _distances,
        PublishedRootOpens = PublishedRootOpens,
    };

    private sealed record AccountDetail
    {
        public IReadOnlyList<ObservedIdentity> Identities { get; init; } = [];
        public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
        public IReadOnlyDictionary<string, long> Limits { get; init; } = new Dictionary<string, long>();
        public IReadOnlyDictionary<string, long> Totals { get; init; } = new Dictionary<string, long>();
    }
}
