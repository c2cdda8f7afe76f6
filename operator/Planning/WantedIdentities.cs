using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Identities of the spec in the text that Rucio compares them by.</summary>
public static class WantedIdentities
{
    public const string IssuerUnknown = nameof(IssuerUnknown);
    public const string IdentityInvalid = nameof(IdentityInvalid);

    /// <summary>All but user names, whose password is a matter of its own.</summary>
    /// <param name="problems">Of identities that can't be; the others are wanted all the same.</param>
    public static IReadOnlyList<ObservedIdentity> Of(AccountSpec account, DesiredVo desired, List<Problem> problems)
    {
        var wanted = new List<ObservedIdentity>();
        foreach (var identity in account.Identities ?? [])
        {
            if (identity.Type != IdentityType.Userpass && TextOf(identity, desired, account.Name, problems) is { } text)
            {
                wanted.Add(new ObservedIdentity(text, identity.Type.ToString().ToUpperInvariant()));
            }
        }
        return [.. wanted.Distinct()];
    }

    private static string? TextOf(IdentitySpec identity, DesiredVo desired, string account, List<Problem> problems)
    {
        switch (identity.Type)
        {
            case IdentityType.X509:
                var name = DistinguishedName.Parse(identity.Dn ?? "", out var problem);
                return (desired.SlashNames ? name?.Slashes : name?.Rfc2253) ?? Refuse(IdentityInvalid, $"the dn of account {account} {problem}");
            case IdentityType.Ssh:
                return SshKey.Parse(identity.PublicKey ?? "") ?? Refuse(IdentityInvalid, $"the publicKey of account {account} must be an RSA key of at least 2048 bits, as in id_rsa.pub");
            default:
                return Issuer(identity.Issuer, desired) is { } issuer
                    ? IdentityText.Oidc(identity.Subject ?? "", issuer)
                    : Refuse(IssuerUnknown, $"the issuer of an identity of account {account} must be one of spec.oidc.issuers of the RucioInstance, by name or url{(desired.Issuers is { Count: > 0 } known ? $": {string.Join(", ", known.Select(i => i.Name))}" : ", and it has none")}");
        }

        string? Refuse(string reason, string message)
        {
            problems.Add(new Problem(VoConditions.AccountsReady, reason, message));
            return null;
        }
    }

    private static string? Issuer(string? asked, DesiredVo desired) => (asked, desired.Issuers) switch
    {
        (_, null) => asked,
        (null, [var only]) => only.Url,
        (null, _) => null,
        var (named, known) => known.FirstOrDefault(i => i.Url == named || i.Name == named)?.Url,
    };

    /// <summary>Short enough for a sentence.</summary>
    public static string Words(ObservedIdentity identity) => identity switch
    {
        { Type: "USERPASS" } => identity.Identity,
        { Type: "SSH", Identity: var key } => $"SSH key …{key[^Math.Min(12, key.Length)..]}",
        _ => $"{identity.Type} {identity.Identity}",
    };
}
