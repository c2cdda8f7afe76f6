using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>A login with user name and password that a VO's spec asks for.</summary>
public sealed record UserpassLogin(AccountSpec Account, IdentitySpec Identity)
{
    /// <summary>The first of each account that may log in.</summary>
    public static IEnumerable<UserpassLogin> Of(VirtualOrganisationSpec spec) =>
        from account in spec.Accounts ?? []
        where !account.Suspended
        let identity = account.Identities?.FirstOrDefault(i => i.Type == IdentityType.Userpass)
        where identity is not null
        select new UserpassLogin(account, identity);

    /// <summary>The operator makes a Secret with it: on a Rucio of somebody else for the user name at least.</summary>
    public bool IsGenerated(RucioInstance? instance) => Identity.SecretRef is null || instance?.Spec.External is not null;
}
