using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>What a VO is in Rucio once a change was carried out: for forecasts, and for tests of plans.</summary>
public static class VoEffects
{
    /// <param name="ofSuperRoot">User names of super_root: <c>POST /vos</c> maps them to root of a new VO, too.</param>
    public static ObservedVo Apply(ObservedVo vo, DesiredVo desired, VoChange change, string ofSuperRoot) => change switch
    {
        ClaimTag c => vo with { Claim = c.Claimant },
        TakeUpClaim c => vo with { Claim = c.Claimant },
        SetPolicyPackage c => vo with { PolicyPackage = c.Package },
        NeutraliseIdentity c => WithPassword(vo, c.Identity, "nobody knows"),
        CreateVo c => Created(vo, c, ofSuperRoot),
        // Rucio leaves an identity that exists as it is, password and all, and maps it.
        RecoverRoot c => Mapped(vo.Passwords.ContainsKey(c.Identity) ? vo : WithPassword(vo, c.Identity, desired.RootPassword), "root", c.Identity),
        MapNextRoot c => Mapped(vo.Passwords.ContainsKey(c.Identity) ? vo : WithPassword(vo, c.Identity, desired.RootPasswordOf(c.Identity)), "root", c.Identity),
        SetRootPassword c => WithPassword(vo, c.Identity, desired.RootPasswordOf(c.Identity)),
        ClaimLongName c => vo with { LongNames = new Dictionary<string, string>(vo.LongNames) { [c.Name] = c.Tag } },
        ReleaseLongName c => vo with { LongNames = vo.LongNames.Where(n => n.Key != c.Name).ToDictionary() },
        UnmapRootIdentity c => With(vo, "root", a => a with { Identities = [.. a.Identities.Where(i => i.Identity != c.Identity || i.Type != c.Type)] }),
        UpdateVo c => vo with { Description = c.Description, Email = c.Email },
        CreateAccount c => vo with { Accounts = new Dictionary<string, ObservedAccount>(vo.Accounts) { [c.Account] = new(c.Account, c.Type, "ACTIVE", c.Email) } },
        SetAccount c => With(vo, c.Account, a => c.Key == "email" ? a with { Email = c.Value } : a with { Status = c.Value }),
        AddAccountAttribute c => With(vo, c.Account, a => a with { Attributes = new Dictionary<string, string>(a.Attributes) { [c.Key] = c.Value } }),
        RemoveAccountAttribute c => With(vo, c.Account, a => a with { Attributes = a.Attributes.Where(x => x.Key != c.Key).ToDictionary() }),
        SetPassword c => WithPassword(vo, c.Identity, desired.Passwords[c.Account]),
        MapIdentity c => With(vo, c.Account, a => a.Identities.Contains(c.Identity) ? a : a with { Identities = [.. a.Identities, c.Identity] }),
        VerifyLogin => vo,
        UnmapIdentity c => With(vo, c.Account, a => a with { Identities = [.. a.Identities.Where(i => i != c.Identity)] }),
        CreateScope c => vo with { Scopes = new Dictionary<string, string>(vo.Scopes) { [c.Scope] = c.Owner } },
        SetScopeOwner c => vo with { Scopes = new Dictionary<string, string>(vo.Scopes) { [c.Scope] = c.Owner } },
        SetQuota c => With(vo, c.Account, a => a with { Limits = new Dictionary<string, long>(a.Limits) { [c.Rse] = c.Bytes } }),
        SetTotal c => With(vo, c.Account, a => a with { Totals = new Dictionary<string, long>(a.Totals) { [c.RseExpression] = c.Bytes } }),
        RemoveTotal c => With(vo, c.Account, a => a with { Totals = a.Totals.Where(x => x.Key != c.RseExpression).ToDictionary() }),
        RemoveQuota c => With(vo, c.Account, a => a with { Limits = a.Limits.Where(x => x.Key != c.Rse).ToDictionary() }),
        CreateSubscription c => vo with { Subscriptions = [.. vo.Subscriptions, Kept(c.Subscription, vo.Tag)] },
        UpdateSubscription c => vo with { Subscriptions = [.. vo.Subscriptions.Select(s => s.Name == c.Subscription.Name && s.Owner == c.Subscription.Owner ? Kept(c.Subscription, vo.Tag) with { State = 'U', EndsAt = c.Extend ? new(2126, 1, 1) : s.EndsAt } : s)] },
        DeactivateSubscription c => vo with { Subscriptions = [.. vo.Subscriptions.Select(s => s.Name == c.Name && s.Owner == c.Owner ? s with { State = 'I' } : s)] },
        _ => throw new ArgumentOutOfRangeException(nameof(change), change, null),
    };

    public static ObservedSubscription Kept(Api.SubscriptionSpec s, string tag) =>
        new(s.Name, s.Owner, SubscriptionDocument.Filter(s, tag).ToJsonString(), SubscriptionDocument.Rules(s).ToJsonString()) { Priority = s.Priority, Comments = SubscriptionDocument.Comments(s) };

    /// <summary>POST /vos: root gets root@tag with the published password, unless that row is there, and every identity of super_root.</summary>
    private static ObservedVo Created(ObservedVo vo, CreateVo c, string ofSuperRoot)
    {
        var published = DesiredVo.IdentityOf("root", c.Tag);
        vo = vo with { Exists = true, CreatedByOperator = true, Description = c.Description, Email = c.Email };
        vo = vo with { Accounts = new Dictionary<string, ObservedAccount>(vo.Accounts) { ["root"] = new("root", "SERVICE", "ACTIVE", c.Email) { Identities = [new(ofSuperRoot, "USERPASS")] } } };
        return Mapped(vo.Passwords.ContainsKey(published) ? vo : WithPassword(vo, published, "password"), "root", published);
    }

    private static PasswordHash Of(string password) => new(PasswordHash.Of(password, [1, 2, 3]), [1, 2, 3]);

    private static ObservedVo WithPassword(ObservedVo vo, string identity, string password) => vo with { Passwords = new Dictionary<string, PasswordHash>(vo.Passwords) { [identity] = Of(password) } };

    private static ObservedVo Mapped(ObservedVo vo, string account, string identity) =>
        With(vo, account, a => a.Identities.Any(i => i.Identity == identity) ? a : a with { Identities = [.. a.Identities, new ObservedIdentity(identity, "USERPASS")] });

    private static ObservedVo With(ObservedVo vo, string account, Func<ObservedAccount, ObservedAccount> change) =>
        vo with { Accounts = new Dictionary<string, ObservedAccount>(vo.Accounts) { [account] = change(vo.Accounts[account]) } };
}
