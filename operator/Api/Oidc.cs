namespace RucioOperator.Api;

/// <summary>Token issuers, the same for all VOs: Rucio's idpsecrets.json knows no VO (lib/rucio/core/oidc.py).</summary>
public sealed record OidcSpec
{
    public IReadOnlyList<OidcIssuer> Issuers { get; set; } = [];

    /// <summary>Name of the issuer that gives Rucio its own tokens for transfers and deletions.</summary>
    public string? AdminIssuer { get; init; }
    public string ExpectedAudience { get; set; } = "rucio";

    /// <summary>Separated by blanks.</summary>
    public string ExpectedScope { get; set; } = "openid profile";
}

public sealed record OidcIssuer
{
    /// <summary>Clients name it (<c>oidc_issuer</c>).</summary>
    public string Name { get; set; } = "";

    /// <summary>Exactly as in the <c>iss</c> of its tokens.</summary>
    public string Url { get; set; } = "";

    /// <summary>Secret with keys <c>client-id</c> and <c>client-secret</c>.</summary>
    public SecretRef ClientSecretRef { get; set; } = new();

    /// <summary>The same keys for the SCIM client; absent: the client's.</summary>
    public SecretRef? ScimSecretRef { get; init; }

    /// <summary>In front of <c>/Users</c> and <c>/Groups</c>; absent: <c>scim</c> below <see cref="Url"/>, as INDIGO IAM has it.</summary>
    public string? ScimUrl { get; init; }

    /// <summary>VOs whose <c>membership</c> may be filled from here.</summary>
    public IReadOnlyList<MembershipGrant>? ScimGrants { get; init; }
}
