using RucioOperator.Observed;

namespace RucioOperator.Planning;

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

public sealed record MapIdentity(string Account, ObservedIdentity Identity) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"map identity {WantedIdentities.Words(Identity)} to account {Account}";
}

/// <summary>Where the password can't be read: proof that this one opens the account, before any older way in is closed.</summary>
public sealed record VerifyLogin(string Account, string Identity) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"log in as {Account} with {Identity}";
}

public sealed record UnmapIdentity(string Account, ObservedIdentity Identity) : VoChange(VoConditions.AccountsReady)
{
    public override string Describe() => $"unmap identity {WantedIdentities.Words(Identity)} from account {Account}";
}
