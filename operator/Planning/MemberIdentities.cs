using RucioOperator.Api;

namespace RucioOperator.Planning;

/// <summary>What an issuer has of a person is not always what Rucio can take.</summary>
internal static class MemberIdentities
{
    private const int Longest = 2048;

    public static bool IsUsable(IdentitySpec identity) => identity switch
    {
        // The form SUB=…, ISS=… is taken apart at the first comma and blank (lib/rucio/core/oidc.py, validate_jwt).
        { Type: IdentityType.Oidc, Subject: { Length: > 0 and <= 1024 } subject } => subject.All(c => c is > ' ' and <= '~' and not ','),
        { Type: IdentityType.X509, Dn: { Length: <= Longest } dn } => DistinguishedName.Parse(dn, out _) is not null,
        { Type: IdentityType.Ssh, PublicKey: { Length: <= Longest } key } => SshKey.Parse(key) is not null,
        _ => false,
    };
}
