using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

internal static class OidcRules
{
    private const string Path = "spec.oidc";

    public static IReadOnlyList<Rule<RucioInstanceSpec>> All { get; } =
    [
        new("token issuers can be told apart", s => s.Oidc is { } oidc ? Issuers(oidc) : []),
        new("the admin issuer is one of them", s => When(s.Oidc is { AdminIssuer: { } admin } oidc && oidc.Issuers.All(i => i.Name != admin), Invalid($"{Path}.adminIssuer", "names none of spec.oidc.issuers"))),
        new("what a token must carry is text", s => s.Oidc is { } oidc ? Expected(oidc) : []),
    ];

    private static IEnumerable<FieldError> Issuers(OidcSpec oidc)
    {
        var issuers = oidc.Issuers.Items($"{Path}.issuers").ToList();
        return
        [
            .. When(issuers.Count == 0, Invalid($"{Path}.issuers", "needs at least one issuer")),
            .. issuers.Where(i => !Forms.IssuerName().IsMatch(i.Item.Name)).Select(i => Invalid($"{i.Path}.name", "must have a-z, 0-9, _ and -, at most 63 characters")),
            .. issuers.Where(i => !Forms.IssuerUrl().IsMatch(i.Item.Url) || i.Item.Url.Length > 1024).Select(i => Invalid($"{i.Path}.url", "must be the issuer's https:// URL, without user, query or fragment")),
            .. issuers.Unique(i => i.Name, "this issuer is named twice"),
            // Rucio keeps its clients by URL: the second would replace the first.
            .. When(issuers.Select(i => i.Item.Url).Distinct().Count() != issuers.Count, Invalid($"{Path}.issuers", "two issuers have the same url")),
            .. issuers.SelectMany(i => Secret($"{i.Path}.clientSecretRef", i.Item.ClientSecretRef)),
            .. issuers.SelectMany(i => Secret($"{i.Path}.scimSecretRef", i.Item.ScimSecretRef)),
        ];
    }

    private static IEnumerable<FieldError> Expected(OidcSpec oidc) =>
    [
        .. When(!Forms.OneLine().IsMatch(oidc.ExpectedAudience), Invalid($"{Path}.expectedAudience", "must be one line of 1 to 255 characters")),
        .. When(!Forms.OneLine().IsMatch(oidc.ExpectedScope), Invalid($"{Path}.expectedScope", "must be one line of 1 to 255 characters")),
    ];
}
