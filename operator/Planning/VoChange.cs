namespace RucioOperator.Planning;

/// <summary>A change to one VO. Each belongs to the condition it works towards.</summary>
public abstract record VoChange(string Condition) : Change
{
    public override IReadOnlyList<string> Parts => [Condition];
}

/// <summary>Condition types of a VirtualOrganisation besides Ready, Reconciling, Stalled.</summary>
public static class VoConditions
{
    public const string Claimed = nameof(Claimed);
    public const string CredentialsSafe = nameof(CredentialsSafe);

    /// <summary>Absent without a long name.</summary>
    public const string LongNameReady = nameof(LongNameReady);
    public const string AccountsReady = nameof(AccountsReady);
    public const string ScopesReady = nameof(ScopesReady);
    public const string QuotasReady = nameof(QuotasReady);

    /// <summary>Absent without subscriptions, once those of before are inactive.</summary>
    public const string SubscriptionsReady = nameof(SubscriptionsReady);

    /// <summary>Beside the others, and only where the operator runs the Rucio and it has several VOs.</summary>
    public const string Isolated = nameof(Isolated);

    /// <summary>Only where the spec asks for it, so not in <see cref="All"/>.</summary>
    public const string ClientConfigReady = nameof(ClientConfigReady);

    /// <summary>Only where the spec has membership.</summary>
    public const string MembershipSynced = nameof(MembershipSynced);

    /// <summary>Only where the spec has it on. Not a part of Ready.</summary>
    public const string DataPathVerified = nameof(DataPathVerified);

    /// <summary>Only while a VO leaves under deletionPolicy Offboard.</summary>
    public const string Offboarded = nameof(Offboarded);

    /// <summary>Only where a policy package is, or was, selected.</summary>
    public const string PolicyReady = nameof(PolicyReady);

    public static readonly IReadOnlyList<string> All = [Claimed, CredentialsSafe, LongNameReady, AccountsReady, ScopesReady, QuotasReady, SubscriptionsReady];
}
