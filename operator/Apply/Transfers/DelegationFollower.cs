using RucioOperator.Grid;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Apply.Transfers;

/// <summary>What a delegation is made with.</summary>
internal sealed record Delegator(ClientCredential Proxy, KnownProxy Known, RenewalTerms Terms, string Authorities);

/// <summary>One holder at one FTS server: sees to it that its credential is there, whatever becomes of others.</summary>
/// <param name="delegator">Null: there is no proxy.</param>
/// <param name="madeFrom">What one that is there already was made from, as far as it is known.</param>
/// <param name="changed">Somebody should know.</param>
internal sealed class DelegationFollower : IDisposable
{
    /// <summary>A server's clock may be off by so much: proxies are dated back by it.</summary>
    internal static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private readonly Lock _guard = new();
    private readonly TransferTools _tools;
    private readonly Func<Delegator?> _delegator;
    private readonly string? _madeFrom;
    private readonly Action<FormerDelegation?> _changed;
    private readonly RepeatedStep _step;
    private KnownDelegation _known = new(null, null, null);
    private Failures _failures = Failures.None;
    private Delegation _state;

    public DelegationFollower(Uri server, TransferTools tools, Func<Delegator?> delegator, string? madeFrom, Action<FormerDelegation?> changed)
    {
        (_tools, _delegator, _madeFrom, _changed) = (tools, delegator, madeFrom, changed);
        _state = new(server, false, null, null, [], null, null);
        _step = new("delegate", tools, () => Due().At, RunAsync);
    }

    public Delegation State
    {
        get
        {
            lock (_guard)
            {
                return _state;
            }
        }
    }

    public void Wake(bool now)
    {
        if (now)
        {
            lock (_guard)
            {
                _failures = Failures.None;
                _known = _known with { LookedAt = null };
            }
        }
        _step.Wake();
    }

    public void Dispose() => _step.Dispose();

    private RenewalStep Due()
    {
        if (_delegator() is not { } with)
        {
            return RenewalStep.Rest;
        }
        lock (_guard)
        {
            return Renewal.Delegation(with.Terms, with.Known, _known, _failures, _tools.Now);
        }
    }

    private async Task RunAsync(CancellationToken ct)
    {
        if (_delegator() is not { } with)
        {
            return;
        }
        TransferFault? fault;
        try
        {
            using var turn = await _tools.Turns.FtsAsync(_state.Server, with.Proxy, ct);
            using var fts = _tools.Servers.Fts(_state.Server, with.Proxy, with.Authorities);
            fault = await ServeAsync(fts, with, ct);
        }
        catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            fault = _tools.Fault(TransferFault.DelegationStep, error);
        }
        Take(fault);
    }

    /// <summary>Looks first, always: another holder of the same identity may just have been here.</summary>
    private async Task<TransferFault?> ServeAsync(IFtsServer fts, Delegator with, CancellationToken ct)
    {
        var identity = await fts.WhoAmIAsync(ct);
        Seen(identity, await fts.EndsAsync(identity.DelegationId, ct));
        var off = identity.ClockOff is { } by && by.Duration() > ClockTolerance ? by : (TimeSpan?)null;
        if (Due() is { Act: RenewalAct.Delegate } due && due.At <= _tools.Now)
        {
            try
            {
                await DelegateAsync(fts, identity, with, ct);
            }
            catch (GridRefusedException refused) when (off is not null && refused.Reason is GridRefusedException.DelegationRejected)
            {
                return Skew(off.Value);
            }
        }
        return off is { } ahead ? Skew(ahead) : null;
    }

    private async Task DelegateAsync(IFtsServer fts, FtsIdentity identity, Delegator with, CancellationToken ct)
    {
        var now = _tools.Now;
        string proxy;
        try
        {
            proxy = ProxyCertificate.Sign(with.Proxy, await fts.RequestAsync(identity.DelegationId, ct), now, with.Terms.Lifetime);
        }
        catch (FormatException)
        {
            throw new GridRefusedException(GridRefusedException.DelegationRejected, "the certificate request of this server is not signed with its own key");
        }
        await fts.PutAsync(identity.DelegationId, proxy, ct);
        var until = await fts.EndsAsync(identity.DelegationId, ct);
        var expected = Times.Earlier(now + with.Terms.Lifetime, with.Proxy.NotAfter);
        Seen(identity, until, with.Known.Basis);
        if (until is { } end)
        {
            ApplyLog.Delegated(_tools.Logger, _tools.Holder, _state.Server, $"{end:u}");
        }
        if (until is null || until < expected - ClockTolerance)
        {
            throw new GridRefusedException(GridRefusedException.DelegationRejected, until is null ? "it took the credential and shows none" : $"it took a credential until {expected:u} and shows one until {until:u}");
        }
    }

    private void Seen(FtsIdentity identity, DateTimeOffset? until, string? madeFrom = null)
    {
        FormerDelegation? former = null;
        lock (_guard)
        {
            if (_state is { Id: { } before, Dn: not null } && before != identity.DelegationId)
            {
                former = new(_state.Server, before, _state.Dn, _state.Fqans, _state.NotAfter);
                _known = new(null, null, null);
            }
            _known = new(_tools.Now, madeFrom ?? (_known.LookedAt is null && _known.MadeFrom is null ? _madeFrom : _known.MadeFrom), until);
            _state = _state with { Id = identity.DelegationId, Dn = identity.Dn, Fqans = identity.Fqans };
        }
        if (former is not null)
        {
            _changed(former);
        }
    }

    private void Take(TransferFault? fault)
    {
        bool news;
        lock (_guard)
        {
            var before = _state;
            _failures = fault is null ? Failures.None : _failures.Next(_tools.Now);
            // A clock that is off is told; nothing is tried again for it before the next look.
            if (fault?.Reason == TransferFault.ClockSkew && _known.NotAfter > _tools.Now)
            {
                _failures = Failures.None;
            }
            _state = _state with { IsKnown = before.IsKnown || _known.LookedAt is not null, NotAfter = _known.NotAfter, Fault = fault?.After(before.Fault) };
            news = before with { Fault = null } != _state with { Fault = null, Fqans = before.Fqans } || before.Fault?.Reason != _state.Fault?.Reason || before.Fault?.Message != _state.Fault?.Message;
        }
        if (news)
        {
            _changed(null);
        }
    }

    private TransferFault Skew(TimeSpan ahead) => _tools.Fault(TransferFault.DelegationStep, TransferFault.ClockSkew,
        $"its clock is {ahead.Duration().TotalMinutes:0} minutes {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the operator's (which says {_tools.Now:u}): one of them is wrong, and proxies are refused for it");
}
