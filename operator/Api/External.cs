namespace RucioOperator.Api;

/// <summary>A Rucio that somebody else runs: nothing is deployed, VOs and storages are managed over REST alone.</summary>
public sealed record ExternalSpec
{
    /// <summary>Such as <c>https://rucio.example.org</c>.</summary>
    public string ApiUrl { get; set; } = "";

    /// <summary>Where logins go; absent: the API's.</summary>
    public string? AuthUrl { get; init; }

    /// <summary>Secret with key <c>ca.crt</c>: the only authorities that may vouch for the servers.</summary>
    public SecretRef? CaSecretRef { get; init; }

    /// <summary>Secret with <c>username</c>, <c>password</c> and, where it is not super_root (multiVo: false: root), <c>account</c>.</summary>
    public SecretRef CredentialsSecretRef { get; set; } = new();

    /// <summary>Its httpd has <c>LegacyDNStringFormat</c>: subjects of certificates come with slashes.</summary>
    public bool LegacyDn { get; init; }
}
