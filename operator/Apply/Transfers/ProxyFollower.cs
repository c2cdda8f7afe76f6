using RucioOperator.Grid;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Apply.Transfers;

/// <summary>One holder: keeps its proxy fresh, and that proxy delegated at each of its servers.</summary>
/// <param name="isWanted">By any holder: see <see cref="Wants"/>.</param>
internal sealed class ProxyFollower(TransferTools tools, Func<FormerDelegation, bool> isWanted, Action changed) : IDisposable
{
    private const int RetiredAtMost = 4;

    private readonly Lock _guard = new();
    private readonly double _spread = tools.Chance();
    private readonly Dictionary<Uri, DelegationFollower> _servers = [];
    private readonly Dictionary<(Uri, string), DelegationRevocation> _leaving = [];

    /// <summary>Taken back: a status of before may go on naming them for a while.</summary>
    private readonly HashSet<(Uri, string)> _settled = [];

    /// <summary>Delegations are taken back with the identity that made them.</summary>
    private readonly List<ClientCredential> _retired = [];
    private RepeatedStep? _step;
    private TransferWish? _wish;
    private string _authorities = "";
    private ClientCredential? _proxy;
    private KnownProxy? _known;
    private string? _savedBasis;
    private Failures _failures = Failures.None;
    private TransferFault? _fault;
    private bool _resting;
    private bool _over;

    /// <summary>Who asked last.</summary>
    public ObjectKey? Owner { get; private set; }

    public TransferWish? Wish => _wish;

    public TransferState State
    {
        get
        {
            lock (_guard)
            {
                return new(_known?.NotAfter > tools.Now ? _proxy : null, _fault, [.. (_wish?.FtsServers ?? []).Select(s => _servers.GetValueOrDefault(s)?.State).OfType<Delegation>()], [.. _leaving.Values.Select(l => l.State)]);
            }
        }
    }

    public TransferState Follow(TransferWish wish, Func<string?>? saved, bool now)
    {
        RepeatedStep step;
        List<DelegationFollower> awake;
        List<DelegationRevocation> leaving;
        lock (_guard)
        {
            if (_over)
            {
                return TransferState.Nothing;
            }
            Begin(wish.Owner);
            var first = _wish is null;
            now |= !first && !_wish!.SameAs(wish);
            (_wish, _authorities, Owner) = (wish, wish.Authorities, wish.Owner);
            if (first && _proxy is null && saved?.Invoke() is { } pem)
            {
                TakeUp(pem, wish);
            }
            _failures = now ? Failures.None : _failures;
            var (isNew, dropped) = Align(wish);
            awake = [.. _servers.Values];
            var rested = _resting;
            _resting = false;
            leaving = [.. wish.Former.Concat(dropped).Select(Leave).OfType<DelegationRevocation>()];
            leaving = now ? [.. _leaving.Values] : leaving;
            if (!first && !now && !isNew && !rested && leaving.Count == 0)
            {
                return State;
            }
            step = _step ??= new("make proxy", tools, () => Due().At, MakeAsync);
        }
        step.Wake();
        awake.ForEach(s => s.Wake(now));
        leaving.ForEach(l => l.Wake(now));
        return State;
    }

    /// <summary>Nothing is asked for any more: what was delegated is taken back. Empty: nothing is left.</summary>
    /// <param name="credentials">That may have delegated, besides those known here.</param>
    /// <param name="now">Somebody asks: try what failed.</param>
    public IReadOnlyList<LeavingDelegation> Release(ObjectKey owner, IReadOnlyList<FormerDelegation> former, IReadOnlyList<ClientCredential> credentials, string authorities, bool now)
    {
        List<DelegationRevocation> leaving;
        lock (_guard)
        {
            Begin(owner);
            Owner = owner;
            _resting = false;
            Stop();
            foreach (var credential in credentials)
            {
                Retire(credential);
            }
            _authorities = authorities;
            leaving = [.. former.Select(Leave).OfType<DelegationRevocation>()];
            leaving = now ? [.. _leaving.Values] : leaving;
        }
        leaving.ForEach(l => l.Wake(now));
        return State.Leaving;
    }

    /// <summary>No more calls; what is known stays.</summary>
    public void Rest()
    {
        lock (_guard)
        {
            _resting = true;
            // Servers hold what was delegated with it, whoever follows them next.
            _savedBasis = _known?.Basis ?? _savedBasis;
            _step?.Dispose();
            _step = null;
            foreach (var server in _servers.Values)
            {
                server.Dispose();
            }
            _servers.Clear();
            DropLeaving();
        }
    }

    /// <summary>It lives, or will live, by this delegation.</summary>
    public bool Wants(FormerDelegation delegation)
    {
        lock (_guard)
        {
            return _wish is { } wish && !_over && wish.FtsServers.Contains(delegation.Server)
                && (_servers.GetValueOrDefault(delegation.Server)?.State.Id is { } id
                    ? id == delegation.Id
                    : wish.Credential.Dn == delegation.Dn && (wish.Voms is null && wish.Credential.Fqans.Count == 0) == (delegation.Fqans.Count == 0));
        }
    }

    public void Dispose()
    {
        lock (_guard)
        {
            _over = true;
            Stop();
            DropLeaving();
        }
    }

    /// <summary>A tag that changes hands takes nothing along that was made for the holder before.</summary>
    private void Begin(ObjectKey owner)
    {
        if (Owner is null || Owner == owner)
        {
            return;
        }
        Stop();
        DropLeaving();
        _settled.Clear();
        _retired.Clear();
        (_savedBasis, _failures) = (null, Failures.None);
    }

    private void Stop()
    {
        if (_proxy is { } proxy)
        {
            Retire(proxy);
        }
        if (_wish is { } wish)
        {
            Retire(wish.Credential);
        }
        (_wish, _proxy, _known, _fault) = (null, null, null, null);
        _step?.Dispose();
        _step = null;
        foreach (var server in _servers.Values)
        {
            server.Dispose();
        }
        _servers.Clear();
    }

    private void DropLeaving()
    {
        foreach (var leaving in _leaving.Values)
        {
            leaving.Dispose();
        }
        _leaving.Clear();
    }

    /// <summary>A proxy from before a restart is as good as a new one, if it was made from the same.</summary>
    private void TakeUp(string pem, TransferWish wish)
    {
        if (ProxyKeeper.Read(pem) is not { Chain.Count: > 1 } saved || saved.NotAfter <= tools.Now)
        {
            return;
        }
        if (saved.Dn != wish.Credential.Dn)
        {
            // Of somebody else, who had the tag before, or of another name: good for taking back what was delegated with it, and for nothing else.
            Retire(saved);
            return;
        }
        var same = saved.Chain[1].RawDataMemory.Span.SequenceEqual(wish.Credential.Chain[0].RawDataMemory.Span)
            && (wish.Voms is null ? saved.Fqans.SequenceEqual(wish.Credential.Fqans) : ProxyMaking.Missing(wish.Voms.Fqans, saved.Fqans).Count == 0 && saved.Attributes?.Vo == wish.Voms.Server.Vo);
        _savedBasis = same ? wish.Basis : "of before";
        (_proxy, _known) = (saved, Known(saved, _savedBasis));
    }

    /// <returns>Whether there are servers that were not followed, and what those that are no longer wanted hold.</returns>
    private (bool IsNew, IReadOnlyList<FormerDelegation> Dropped) Align(TransferWish wish)
    {
        var (isNew, dropped) = (false, new List<FormerDelegation>());
        foreach (var gone in _servers.Keys.Except(wish.FtsServers).ToList())
        {
            _servers.Remove(gone, out var server);
            if (server!.State is { Id: { } id, Dn: { } dn, NotAfter: not null } held)
            {
                dropped.Add(new(gone, id, dn, held.Fqans, held.NotAfter));
            }
            server.Dispose();
        }
        foreach (var server in wish.FtsServers.Where(s => !_servers.ContainsKey(s)))
        {
            isNew = true;
            _servers[server] = new(server, tools, Delegator, _savedBasis, former =>
            {
                DelegationRevocation? leaving = null;
                lock (_guard)
                {
                    leaving = former is null ? null : Leave(former);
                }
                leaving?.Wake(now: false);
                changed();
            });
        }
        return (isNew, dropped);
    }

    /// <summary>Null: it is wanted, or followed already.</summary>
    private DelegationRevocation? Leave(FormerDelegation former)
    {
        if (Wants(former))
        {
            _settled.Remove((former.Server, former.Id));
            return null;
        }
        if (_over || _resting || _leaving.ContainsKey((former.Server, former.Id)) || _settled.Contains((former.Server, former.Id)))
        {
            return null;
        }
        return _leaving[(former.Server, former.Id)] = new(former, tools, () =>
        {
            lock (_guard)
            {
                return ([.. new[] { _proxy, _wish?.Credential }.OfType<ClientCredential>(), .. _retired], _authorities);
            }
        }, isWanted, (follower, over) =>
        {
            if (over)
            {
                lock (_guard)
                {
                    _leaving.Remove((former.Server, former.Id));
                    _settled.Add((former.Server, former.Id));
                }
                follower.Dispose();
            }
            changed();
        });
    }

    private void Retire(ClientCredential credential)
    {
        _retired.RemoveAll(r => ReferenceEquals(r, credential) || r.NotAfter <= tools.Now);
        _retired.Insert(0, credential);
        if (_retired.Count > RetiredAtMost)
        {
            _retired.RemoveAt(RetiredAtMost);
        }
    }

    private RenewalStep Due()
    {
        lock (_guard)
        {
            return _wish is null || _over ? RenewalStep.Rest : Renewal.Proxy(_wish.Terms(_spread), _known, _failures, tools.Now);
        }
    }

    private Delegator? Delegator()
    {
        lock (_guard)
        {
            return _wish is null || _proxy is null || _known is null || _over ? null : new(_proxy, _known, _wish.Terms(_spread), _wish.Authorities);
        }
    }

    private async Task MakeAsync(CancellationToken ct)
    {
        if (Wish is not { } wish)
        {
            return;
        }
        ClientCredential? made = null;
        TransferFault? fault;
        try
        {
            (made, fault) = await ProxyMaking.MakeAsync(tools, wish, ct);
        }
        catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            fault = tools.Fault(error is GridRefusedException ? TransferFault.VomsStep : TransferFault.ProxyStep, error);
        }
        List<DelegationFollower> servers;
        bool news;
        lock (_guard)
        {
            if (_over || _wish is null || _wish.Basis != wish.Basis)
            {
                // Somebody else's by now: the next turn makes the right one.
                return;
            }
            if (made is not null)
            {
                if (_proxy is { } before)
                {
                    Retire(before);
                }
                (_proxy, _known) = (made, Known(made, wish.Basis));
            }
            news = made is not null || fault?.Reason != _fault?.Reason || fault?.Message != _fault?.Message;
            (_fault, _failures) = (fault?.After(_fault), fault is null ? Failures.None : _failures.Next(tools.Now));
            servers = made is null ? [] : [.. _servers.Values];
        }
        if (made is not null)
        {
            ApplyLog.Proxy(tools.Logger, wish.Holder, $"{made.NotAfter:u}");
        }
        servers.ForEach(s => s.Wake(now: false));
        if (news)
        {
            changed();
        }
    }

    private static KnownProxy Known(ClientCredential proxy, string basis) => new(basis, new DateTimeOffset(proxy.Chain[0].NotBefore.ToUniversalTime()), proxy.NotAfter);
}
