namespace RucioOperator.Planning;

/// <summary>A change to one VO. Each belongs to the condition it works towards.</summary>
public abstract record VoChange(string Condition) : Change;

// Claimed
public sealed record ClaimTag(string Tag, string Claimant) : VoChange(VoConditions.Claimed)
{
    public override string Describe() => $"claim tag {Tag}";
}

/// <summary>The same namespace takes up a claim whose resource is gone.</summary>
public sealed record TakeUpClaim(string Tag, string From, string Claimant) : VoChange(VoConditions.Claimed)
{
    public override string Describe() => $"take up the claim on tag {Tag}";
}

// CredentialsSafe, in the only safe order
public sealed record SetPolicyPackage(string Tag, string Package) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"switch on policy package {Package} for VO {Tag}";
}

/// <summary>Gives an identity row a password nobody knows.</summary>
public sealed record NeutraliseIdentity(string Identity, string Account) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"replace the password of identity {Identity}";
}

public sealed record CreateVo(string Tag, string Description, string Email) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"create VO {Tag}";
}

public sealed record RecoverRoot(string Tag, string Identity) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"map the operator's identity to root of VO {Tag}";
}

public sealed record SetRootPassword(string Tag, string Identity) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"set the password of the operator's identity on VO {Tag}";
}

public sealed record UnmapRootIdentity(string Identity, string Type) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"unmap {Type} identity {Identity} from root";
}

public sealed record UpdateVo(string Tag, string Description, string Email) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"update description and email of VO {Tag}";
}

// AccountsReady
public sealed record CreateAccount(string Account, string Type, string Email) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"create account {Account}";
}

/// <param name="Key">A field of the account: <c>email</c> or <c>status</c>.</param>
public sealed record SetAccount(string Account, string Key, string Value) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"set {Key} of account {Account}";
}

public sealed record AddAccountAttribute(string Account, string Key, string Value) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"give account {Account} attribute {Key}";
}

public sealed record RemoveAccountAttribute(string Account, string Key) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"take attribute {Key} from account {Account}";
}

public sealed record SetPassword(string Account, string Identity) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"set the password of {Identity}";
}

public sealed record MapIdentity(string Account, string Identity) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"map identity {Identity} to account {Account}";
}

/// <summary>Where the password can't be read: proof that this one opens the account, before any older way in is closed.</summary>
public sealed record VerifyLogin(string Account, string Identity) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"log in as {Account} with {Identity}";
}

public sealed record UnmapIdentity(string Account, string Identity) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"unmap identity {Identity} from account {Account}";
}

// ScopesReady
public sealed record CreateScope(string Scope, string Owner) : VoChange(VoConditions.ScopesReady)
{
    public override string Describe() => $"create scope {Scope} of {Owner}";
}

public sealed record SetScopeOwner(string Scope, string Owner) : VoChange(VoConditions.ScopesReady)
{
    public override string Describe() => $"give scope {Scope} to {Owner}";
}

// QuotasReady
/// <param name="Bytes">−1 is unlimited.</param>
public sealed record SetQuota(string Account, string Rse, long Bytes) : VoChange(VoConditions.QuotasReady)
{
    public override string Describe() => $"set quota of {Account} on {Rse} to {(Bytes < 0 ? "unlimited" : $"{Bytes} bytes")}";
}

public sealed record RemoveQuota(string Account, string Rse) : VoChange(VoConditions.QuotasReady)
{
    public override string Describe() => $"remove quota of {Account} on {Rse}";
}

/// <summary>Condition types of a VirtualOrganisation besides Ready, Reconciling, Stalled.</summary>
public static class VoConditions
{
    public const string Claimed = nameof(Claimed);
    public const string CredentialsSafe = nameof(CredentialsSafe);
    public const string AccountsReady = nameof(AccountsReady);
    public const string ScopesReady = nameof(ScopesReady);
    public const string QuotasReady = nameof(QuotasReady);

    public static readonly IReadOnlyList<string> All = [Claimed, CredentialsSafe, AccountsReady, ScopesReady, QuotasReady];
}
