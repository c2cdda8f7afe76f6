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
        { Type: IdentityType.X509, Dn: { Length: > 0 and <= Longest } dn } => dn.All(c => c is >= ' ' and <= '~') && dn.Contains('='),
        { Type: IdentityType.Ssh, PublicKey: { Length: > 0 and <= Longest } key } => key.StartsWith("ssh-rsa AAAA", StringComparison.Ordinal) && key.All(c => c is >= ' ' and <= '~'),
        _ => false,
    };
}
