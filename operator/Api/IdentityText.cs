namespace RucioOperator.Api;

/// <summary>How Rucio writes who somebody is.</summary>
public static class IdentityText
{
    /// <summary>lib/rucio/core/oidc.py, oidc_identity_string: comma and blank, exactly.</summary>
    public static string Oidc(string subject, string issuer) => $"SUB={subject}, ISS={issuer}";

    /// <summary>One text for one identity, however a DN is written or a key commented; null: none of those that VOs could share.</summary>
    public static string? Canonical(string text) => text switch
    {
        _ when text.StartsWith("SUB=", StringComparison.Ordinal) => text.Contains(", ISS=", StringComparison.Ordinal) ? text : null,
        _ when text.StartsWith("ssh-", StringComparison.Ordinal) => SshKey.Parse(text),
        _ => DistinguishedName.Parse(text, out _)?.Rfc2253,
    };
}
