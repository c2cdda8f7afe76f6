using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>Attributes and identities of one account.</summary>
internal static class AccountRules
{
    public static IEnumerable<FieldError> Attributes(string path, AccountSpec a) => (a.Attributes ?? new Dictionary<string, string>()).SelectMany(attribute =>
    {
        var at = $"{path}.attributes[{attribute.Key}]";
        return (IEnumerable<FieldError>)
        [
            .. When(attribute.Key == "admin", Reserved(at, "is the field admin of the account")),
            .. When(attribute.Key.StartsWith(AccountSpec.MarkAttribute, StringComparison.Ordinal), Reserved(at, "belongs to the operator")),
            .. When(!Forms.AccountAttributeKey().IsMatch(attribute.Key), Invalid(at, "a key has 1 to 30 of letters, digits, _, . and -, and does not begin with .")),
            .. When(!Forms.AccountAttributeValue().IsMatch(attribute.Value), Invalid(at, "a value has 1 to 30 of letters, digits, _, ., / and -")),
        ];
    });

    public static IEnumerable<FieldError> Identities(string path, AccountSpec a) =>
    [
        .. When(a.Identities?.Count(i => i.Type == IdentityType.Userpass) > 1, Invalid($"{path}.identities", "an account has at most one identity of type Userpass")),
        .. a.Identities.Items($"{path}.identities").SelectMany(i => Identity(i.Path, i.Item)),
    ];

    private static IEnumerable<FieldError> Identity(string path, IdentitySpec i) =>
    [
        .. Belongs($"{path}.secretRef", i.SecretRef, i.Type == IdentityType.Userpass, "Userpass"),
        .. Belongs($"{path}.dn", i.Dn, i.Type == IdentityType.X509, "X509"),
        .. Belongs($"{path}.subject", i.Subject, i.Type == IdentityType.Oidc, "Oidc"),
        .. Belongs($"{path}.issuer", i.Issuer, i.Type == IdentityType.Oidc, "Oidc"),
        .. Belongs($"{path}.publicKey", i.PublicKey, i.Type == IdentityType.Ssh, "Ssh"),
        .. i.Type switch
        {
            IdentityType.X509 => i.Dn is null ? [Missing($"{path}.dn")] : Dn($"{path}.dn", i.Dn),
            IdentityType.Oidc =>
            [
                .. i.Subject is null ? [Missing($"{path}.subject")] : When(!Forms.TokenSubject().IsMatch(i.Subject), Invalid($"{path}.subject", "must be the sub of the token: 1 to 255 ASCII characters without blanks")),
                .. When(i.Issuer is { } issuer && !Forms.IssuerName().IsMatch(issuer) && !Forms.IssuerUrl().IsMatch(issuer), Invalid($"{path}.issuer", "must be the name or the https:// URL of one of the instance's issuers")),
            ],
            IdentityType.Ssh => i.PublicKey is null ? [Missing($"{path}.publicKey")] : When(SshKey.Parse(i.PublicKey) is null, Invalid($"{path}.publicKey", "must be an RSA key of at least 2048 bits, as in id_rsa.pub: Rucio knows no other kind")),
            _ => Secret($"{path}.secretRef", i.SecretRef),
        },
    ];

    private static IEnumerable<FieldError> Belongs(string path, object? value, bool fits, string type) =>
        When(value is not null && !fits, Invalid(path, $"belongs to an identity of type {type}"));

    private static IEnumerable<FieldError> Dn(string path, string dn) =>
        DistinguishedName.Parse(dn, out var problem) is null ? [Invalid(path, problem!)] : [];
}
