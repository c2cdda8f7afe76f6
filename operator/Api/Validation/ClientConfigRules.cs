using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary><c>spec.clientConfig</c> of a VirtualOrganisation.</summary>
internal static class ClientConfigRules
{
    private const string Path = "spec.clientConfig";

    public static IEnumerable<FieldError> Check(VirtualOrganisationSpec s) => s.ClientConfig is not { } config ? [] :
    [
        .. Form("configMapName", config.ConfigMapName, Forms.ObjectName().IsMatch, "must be a name of lower-case letters, digits, - and ."),
        .. Form("mountPath", config.MountPath, Forms.Folder().IsMatch, "must be a path such as /opt/rucio/etc"),
        .. Form("issuer", config.Issuer, Forms.IssuerName().IsMatch, "must be the name of a token issuer"),
        .. When(config is { Issuer: not null, AuthType: not null and not ClientAuthType.Oidc }, Invalid($"{Path}.issuer", "is for authType Oidc")),
        .. Form("account", config.Account, Forms.Account().IsMatch, "must be 1 to 25 of a-z, 0-9, - and _"),
        .. Jupyter(config.Jupyter),
        .. When(config.ServiceAccount is { } service && s.Accounts?.Any(a => a.Name == service.Name && a.Identities?.Any(i => i.Type == IdentityType.Userpass) == true) != true,
            Invalid($"{Path}.serviceAccount.name", "must be one of spec.accounts with an identity of type Userpass: only a password can be written down for it")),
    ];

    private static IEnumerable<FieldError> Jupyter(JupyterSpec? jupyter) => jupyter is null ? [] :
    [
        .. When(jupyter.DisplayName is { } name && !Forms.OneLine().IsMatch(name), Invalid($"{Path}.jupyter.displayName", "must be one line")),
        .. Form("jupyter.destinationRse", jupyter.DestinationRse, Forms.Rse().IsMatch, "must be the name of an RSE"),
        .. Form("jupyter.rseMountPath", jupyter.RseMountPath, Forms.Folder().IsMatch, "must be a path such as /eos/rucio"),
        .. Form("jupyter.siteName", jupyter.SiteName, Forms.SiteName().IsMatch, "must be letters, digits, ., - and _"),
        .. Form("jupyter.tokenVariable", jupyter.TokenVariable, Forms.EnvironmentName().IsMatch, "must be the name of an environment variable"),
        .. When(jupyter.DestinationRse is null != jupyter.RseMountPath is null, Invalid($"{Path}.jupyter.rseMountPath", "destinationRse and rseMountPath go together")),
        .. When(jupyter is { DestinationRse: null, PathBeginsAt: not null }, Invalid($"{Path}.jupyter.pathBeginsAt", "is for a destinationRse")),
        .. When(jupyter is { DestinationRse: null, RuleLifetimeDays: not null }, Invalid($"{Path}.jupyter.ruleLifetimeDays", "is for a destinationRse")),
        .. When(jupyter.PathBeginsAt is < 0 or > 32, Invalid($"{Path}.jupyter.pathBeginsAt", "must be 0 to 32")),
        .. When(jupyter.RuleLifetimeDays is < 1 or > 36500, Invalid($"{Path}.jupyter.ruleLifetimeDays", "must be 1 to 36500")),
    ];

    private static IEnumerable<FieldError> Form(string field, string? text, Func<string, bool> fits, string otherwise) =>
        When(text is not null && !fits(text), Invalid($"{Path}.{field}", otherwise));
}
