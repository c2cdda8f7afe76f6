using RucioOperator.Api;

namespace RucioOperator.Planning;

/// <summary>What an issuer has of a person is not always what Rucio can take.</summary>
internal static class MemberIdentities
{
    /// <summary>In the one form it is compared by; null: Rucio can't take it.</summary>
    public static IdentitySpec? Usable(IdentitySpec identity) => identity switch
    {
        // SUB=…, ISS=… is taken apart at the first comma and blank (lib/rucio/core/oidc.py, validate_jwt).
        { Type: IdentityType.Oidc, Subject: { Length: > 0 and <= 1024 } subject } => subject.All(c => c is > ' ' and <= '~' and not ',') ? identity : null,
        { Type: IdentityType.X509, Dn: { } dn } => DistinguishedName.Parse(dn, out _) is { } name ? identity with { Dn = name.Rfc2253 } : null,
        { Type: IdentityType.Ssh, PublicKey: { } line } => SshKey.Parse(line) is { } key ? identity with { PublicKey = key } : null,
        _ => null,
    };
}
