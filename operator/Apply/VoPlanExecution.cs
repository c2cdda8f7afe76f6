using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>Carries out a VO's plan: a dumb loop, one call a change. The first failure ends it; the next pass observes again.</summary>
public sealed class VoPlanExecution(RucioConnection instance, DesiredVo desired, TimeProvider time, ILogger logger)
{
    /// <summary>In days: as far off as an end of a subscription is put.</summary>
    private const int ACentury = 36_500;

    private readonly IVoRecords _catalogue = instance.Records;

    private RucioSession SuperRoot => instance.AsSuperRoot(time);

    private RucioSession Root => instance.As(new RucioCredential(desired.RootIdentity, desired.RootPassword, desired.RootAccount, desired.Spec.Tag), time);

    /// <exception cref="PlanStoppedException">Names the change that failed.</exception>
    public async Task RunAsync(IEnumerable<VoChange> changes, CancellationToken ct)
    {
        foreach (var change in changes)
        {
            using var span = RuntimeTracing.Part("change");
            span?.SetTag("change", change.Describe());
            try
            {
                await ApplyAsync(change, ct);
                ApplyLog.Made(logger, desired.Claimant, change);
            }
            catch (Npgsql.NpgsqlException error) when (instance is InstanceConnection { Access: var access })
            {
                throw new PlanStoppedException(change, DatabaseFault.From(error, access.Address, access.Owner, change.Describe()));
            }
            catch (Exception error) when (error is RucioRejectedException or RucioUnavailableException or DatabaseFault or IdentityTakenException)
            {
                throw new PlanStoppedException(change, error);
            }
        }
    }

    private Task ApplyAsync(VoChange change, CancellationToken ct) => change switch
    {
        ClaimTag c => _catalogue.ClaimAsync(c.Tag, c.Claimant, ct),
        TakeUpClaim c => _catalogue.TakeUpClaimAsync(c.Tag, c.From, c.Claimant, ct),
        SetPolicyPackage c => SuperRoot.SetConfigAsync("policy", $"package-{c.Tag}", c.Package, ct),
        NeutraliseIdentity c => _catalogue.SetPasswordAsync(c.Identity, GeneratedSecrets.RandomText(48), c.Account, ct),
        CreateVo c => CreateAsync(c, ct),
        RecoverRoot c => SuperRoot.RecoverRootAsync(c.Tag, c.Identity, desired.RootPassword, ct),
        MapNextRoot c => SuperRoot.RecoverRootAsync(c.Tag, c.Identity, desired.RootPasswordOf(c.Identity), ct),
        SetRootPassword c => _catalogue.SetPasswordAsync(c.Identity, desired.RootPasswordOf(c.Identity), BaseVo.Internal("root", c.Tag), ct),
        UnmapRootIdentity c => ClosingAsync(UnmapFormerAsync(c, ct), "root", c.Identity, ct),
        ClaimLongName c => _catalogue.ClaimLongNameAsync(c.Name, c.Tag, ct),
        ReleaseLongName c => _catalogue.ReleaseLongNameAsync(c.Name, c.Tag, ct),
        UpdateVo { Tag: BaseVo.Tag } c => _catalogue.DescribeVoAsync(c.Tag, c.Description, c.Email, ct),
        UpdateVo c => SuperRoot.UpdateVoAsync(c.Tag, c.Description, c.Email, ct),
        CreateAccount c => Root.CreateAccountAsync(c.Account, c.Type, c.Email, ct),
        SetAccount { Key: "status", Value: "SUSPENDED" } c => ClosingAsync(Root.SetAccountAsync(c.Account, c.Key, c.Value, ct), c.Account, null, ct),
        SetAccount c => Root.SetAccountAsync(c.Account, c.Key, c.Value, ct),
        AddAccountAttribute c => Root.AddAccountAttributeAsync(c.Account, c.Key, c.Value, ct),
        RemoveAccountAttribute c => Root.RemoveAccountAttributeAsync(c.Account, c.Key, ct),
        SetPassword c => ClosingAsync(_catalogue.SetPasswordAsync(c.Identity, desired.Passwords[c.Account], BaseVo.Internal(c.Account, desired.Spec.Tag), ct), c.Account, c.Identity, ct),
        MapIdentity { Identity: { Type: "USERPASS" } login } c => Root.MapIdentityAsync(c.Account, login.Identity, login.Type, desired.Passwords[c.Account], "", ct),
        MapIdentity c => instance.MapIdentityAsync(new(c.Identity, c.Account, desired.Spec.Tag, desired.Shared.Has(c.Identity)), Root, ct),
        VerifyLogin c => instance.TryLoginAsync(new RucioCredential(c.Identity, desired.Passwords[c.Account], c.Account, desired.Spec.Tag), time, ct),
        UnmapIdentity c => ClosingAsync(Root.UnmapIdentityAsync(c.Account, c.Identity.Identity, c.Identity.Type, ct), c.Account, c.Identity.Identity, ct),
        CreateScope c => Root.CreateScopeAsync(c.Owner, c.Scope, ct),
        SetScopeOwner c => Root.SetScopeOwnerAsync(c.Owner, c.Scope, ct),
        SetQuota c => Root.SetLocalLimitAsync(c.Account, c.Rse, c.Bytes, ct),
        RemoveQuota c => Root.RemoveLocalLimitAsync(c.Account, c.Rse, ct),
        CreateSubscription { Subscription: var x } => Root.CreateSubscriptionAsync(x.Owner, x.Name, SubscriptionDocument.Filter(x, desired.Spec.Tag), SubscriptionDocument.Rules(x), SubscriptionDocument.Comments(x), x.Priority, ct),
        UpdateSubscription { Subscription: var x } c => Root.UpdateSubscriptionAsync(x.Owner, x.Name, SubscriptionDocument.Filter(x, desired.Spec.Tag), SubscriptionDocument.Rules(x), SubscriptionDocument.Comments(x), x.Priority, c.Extend ? ACentury : null, ct),
        DeactivateSubscription c => Root.DeactivateSubscriptionAsync(c.Owner, c.Name, ct),
        SetTotal c => Root.SetGlobalLimitAsync(c.Account, c.RseExpression, c.Bytes, ct),
        RemoveTotal c => Root.RemoveGlobalLimitAsync(c.Account, c.RseExpression, ct),
        CloseIdentity c => Root.UnmapIdentityAsync(c.Account, c.Identity, c.Type, ct),
        CloseStorage c => Root.CloseRseAsync(c.Rse, ct),
        _ => throw new ArgumentOutOfRangeException(nameof(change), change.GetType().Name, null),
    };

    private async Task UnmapFormerAsync(UnmapRootIdentity c, CancellationToken ct)
    {
        if (c.Identity != desired.RootIdentity)
        {
            await instance.RetireAsync(c.Identity, desired.Spec.Tag, ct);
        }
        await Root.UnmapIdentityAsync("root", c.Identity, c.Type, ct);
    }

    /// <summary>A way in is closed, and with it what came in that way: Rucio itself lets tokens live on for an hour.</summary>
    /// <param name="identity">Null: all of them.</param>
    private async Task ClosingAsync(Task closing, string account, string? identity, CancellationToken ct)
    {
        await closing;
        await instance.EndSessionsAsync(BaseVo.Internal(account, desired.Spec.Tag), identity, ct);
    }

    private async Task CreateAsync(CreateVo c, CancellationToken ct)
    {
        var marked = await _catalogue.MarkCreatedAsync(c.Tag, ct);
        try
        {
            await SuperRoot.CreateVoAsync(c.Tag, c.Description, c.Email, ct);
        }
        catch (RucioRejectedException taken) when (taken.ExceptionClass == "Duplicate")
        {
            if (marked)
            {
                // Not our own call of an earlier life: somebody was faster, and what is theirs must not look like ours.
                await _catalogue.UnmarkCreatedAsync(c.Tag, ct);
                throw;
            }
        }
    }
}

/// <summary>A change could not be made; what comes after it was not tried.</summary>
public sealed class PlanStoppedException(VoChange change, Exception error) : Exception($"cannot {change.Describe()}: {error.Message}", error), Runtime.IReportableError
{
    public VoChange Change { get; } = change;
    public string Reason => (InnerException as Runtime.IReportableError)?.Reason ?? "Failed";
    public string Report => Message;

    /// <summary>The same call can't pass until something else changes.</summary>
    public bool IsPermanent => InnerException is RucioRejectedException { IsTransient: false, ExceptionClass: not "CannotAuthenticate" and not "AccessDenied" } or DatabaseFault { IsTransient: false } or IdentityTakenException;
}
