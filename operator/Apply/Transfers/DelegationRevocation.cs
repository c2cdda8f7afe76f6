using RucioOperator.Grid;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Apply.Transfers;

/// <summary>Takes one delegation back, however often that has to be tried, until it is gone or over by itself.</summary>
/// <param name="credentials">Only who delegated may take it back.</param>
/// <param name="isWanted">By some other holder of the same identity: FTS knows only one of both.</param>
internal sealed class DelegationRevocation : IDisposable
{
    /// <summary>With what nobody has any more nobody can take it back: it ends by itself.</summary>
    public const string CredentialGone = nameof(CredentialGone);

    private readonly Lock _guard = new();
    private readonly TransferTools _tools;
    private readonly Func<(IReadOnlyList<ClientCredential> Credentials, string Authorities)> _credentials;
    private readonly Func<FormerDelegation, bool> _isWanted;
    private readonly Action<DelegationRevocation, bool> _changed;
    private readonly RepeatedStep _step;
    private Failures _failures = Failures.None;
    private TransferFault? _fault;
    private bool _over;

    public DelegationRevocation(FormerDelegation former, TransferTools tools, Func<(IReadOnlyList<ClientCredential> Credentials, string Authorities)> credentials, Func<FormerDelegation, bool> isWanted, Action<DelegationRevocation, bool> changed)
    {
        (Former, _tools, _credentials, _isWanted, _changed) = (former, tools, credentials, isWanted, changed);
        _step = new("revoke delegation", tools, Due, RunAsync);
    }

    public FormerDelegation Former { get; }

    public LeavingDelegation State
    {
        get
        {
            lock (_guard)
            {
                return new(Former, _fault);
            }
        }
    }

    /// <param name="now">Somebody asks: no waiting for failures of before.</param>
    public void Wake(bool now)
    {
        if (now)
        {
            lock (_guard)
            {
                _failures = Failures.None;
            }
        }
        _step.Wake();
    }

    public void Dispose() => _step.Dispose();

    private DateTimeOffset Due()
    {
        lock (_guard)
        {
            return _over ? DateTimeOffset.MaxValue : _failures.Count == 0 || Ended ? _tools.Now : Times.Earlier(_failures.LastAt + Renewal.RetryAfter(_failures.Count), Former.NotAfter!.Value);
        }
    }

    private bool Ended => Former.NotAfter is not { } until || until <= _tools.Now;

    private async Task RunAsync(CancellationToken ct)
    {
        TransferFault? fault = null;
        if (!Ended && !_isWanted(Former))
        {
            try
            {
                fault = await RevokeAsync(ct);
            }
            catch (Exception error) when (error is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                fault = _tools.Fault(TransferFault.RevocationStep, error);
            }
        }
        bool news;
        lock (_guard)
        {
            news = fault is null || fault.Message != _fault?.Message;
            _over = fault is null;
            (_fault, _failures) = (fault?.After(_fault), fault is null ? Failures.None : _failures.Next(_tools.Now));
        }
        if (news)
        {
            _changed(this, fault is null);
        }
    }

    private async Task<TransferFault?> RevokeAsync(CancellationToken ct)
    {
        var (credentials, authorities) = _credentials();
        GridRefusedException? refused = null;
        foreach (var credential in credentials.Where(c => c.Dn == Former.Dn && c.NotAfter > _tools.Now))
        {
            using var turn = await _tools.Turns.FtsAsync(Former.Server, credential, ct);
            using var fts = _tools.Servers.Fts(Former.Server, credential, authorities);
            try
            {
                if ((await fts.WhoAmIAsync(ct)).DelegationId != Former.Id)
                {
                    continue;
                }
                // Who came while this one waited for its turn has found the delegation good, and lives by it.
                if (!_isWanted(Former))
                {
                    await fts.DeleteAsync(Former.Id, ct);
                    ApplyLog.TakenBack(_tools.Logger, _tools.Holder, Former.Server);
                }
                return null;
            }
            catch (GridRefusedException error)
            {
                // Another of the same name may be taken where this one is not any more.
                refused = error;
            }
        }
        return refused is null ? _tools.Fault(TransferFault.RevocationStep, CredentialGone, "the credential that it was made with is gone") : throw refused;
    }
}
