namespace RucioOperator.Planning;

// Claimed
public sealed record ClaimTag(string Tag, string Claimant) : VoChange(VoConditions.Claimed)
{
    public override string Describe() => $"claim tag {Tag}";
}

/// <summary>A claim whose resource is gone, taken up by the same namespace or by the one it is granted to.</summary>
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

/// <summary>The login that takes the place of the one in use: both open root until it has been tried.</summary>
public sealed record MapNextRoot(string Tag, string Identity) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"map the operator's next identity to root of VO {Tag}";
}

public sealed record UnmapRootIdentity(string Identity, string Type) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"unmap {Type} identity {Identity} from root";
}

public sealed record UpdateVo(string Tag, string Description, string Email) : VoChange(VoConditions.CredentialsSafe)
{
    public override string Describe() => $"update description and email of VO {Tag}";
}

// LongNameReady
public sealed record ClaimLongName(string Tag, string Name) : VoChange(VoConditions.LongNameReady)
{
    public override string Describe() => $"claim long name {Name} for VO {Tag}";
}

public sealed record ReleaseLongName(string Tag, string Name) : VoChange(VoConditions.LongNameReady)
{
    public override string Describe() => $"give up long name {Name} of VO {Tag}";
}
