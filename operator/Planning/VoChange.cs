namespace RucioOperator.Planning;

/// <summary>A change to one VO. Each belongs to the condition it works towards.</summary>
public abstract record VoChange(string Condition) : Change
{
    public override IReadOnlyList<string> Parts => [Condition];
}

/// <summary>Condition types of a VirtualOrganisation besides Ready, Reconciling, Stalled.</summary>
public static class VoConditions
{
    /// <summary>The tag is this VirtualOrganisation's.</summary>
    public const string Claimed = nameof(Claimed);

    /// <summary>Root of the VO has one identity, the operator's.</summary>
    public const string CredentialsSafe = nameof(CredentialsSafe);

    /// <summary>Only with <c>longName</c>: the name is this VirtualOrganisation's.</summary>
    public const string LongNameReady = nameof(LongNameReady);

    /// <summary>Accounts, identities and attributes are as the spec says.</summary>
    public const string AccountsReady = nameof(AccountsReady);

    /// <summary>The scopes are there, with their owners.</summary>
    public const string ScopesReady = nameof(ScopesReady);

    /// <summary>Limits on all storages that match are as the spec says.</summary>
    public const string QuotasReady = nameof(QuotasReady);

    /// <summary>Only with subscriptions, and until those of before are inactive.</summary>
    public const string SubscriptionsReady = nameof(SubscriptionsReady);

    /// <summary>Root of this VO was refused what no VO may do. Only where the operator runs the Rucio and it has several VOs.</summary>
    public const string Isolated = nameof(Isolated);

    /// <summary>Only with <c>clientConfig</c>: the ConfigMap is as it should be.</summary>
    public const string ClientConfigReady = nameof(ClientConfigReady);

    /// <summary>Only with <c>membership</c>: accounts are those of the issuer's groups.</summary>
    public const string MembershipSynced = nameof(MembershipSynced);

    /// <summary>Only with <c>check.dataPath</c>: a file was uploaded, found, ruled and given up. Not a part of Ready.</summary>
    public const string DataPathVerified = nameof(DataPathVerified);

    /// <summary>Only while a VO leaves under deletionPolicy Offboard: what is left to do.</summary>
    public const string Offboarded = nameof(Offboarded);

    /// <summary>Only where a policy package is, or was, selected: servers and daemons decide with it.</summary>
    public const string PolicyReady = nameof(PolicyReady);

    public static readonly IReadOnlyList<string> All = [Claimed, CredentialsSafe, LongNameReady, AccountsReady, ScopesReady, QuotasReady, SubscriptionsReady];
}
