using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>A Rucio that somebody else runs has an address and a login, and nothing that only its owner could do.</summary>
internal static class ExternalRules
{
    public static IEnumerable<FieldError> Check(RucioInstanceSpec s) => s.External is not { } external
        ? When(s.Version == "", Missing("spec.version"))
        :
        [
            .. When(!Forms.RucioUrl().IsMatch(external.ApiUrl), Invalid("spec.external.apiUrl", "must be http:// or https:// and a host, without user, query and fragment")),
            .. When(external.AuthUrl is { } auth && !Forms.RucioUrl().IsMatch(auth), Invalid("spec.external.authUrl", "must be http:// or https:// and a host, without user, query and fragment")),
            .. Secret("spec.external.caSecretRef", external.CaSecretRef),
            .. Secret("spec.external.credentialsSecretRef", external.CredentialsSecretRef),
            .. OwnersFields(s).Where(f => f.IsSet).Select(f => Invalid("spec.external", $"nothing is deployed for a Rucio that somebody else runs: leave out spec.{f.Field}")),
            .. When(s.DeletionPolicy == InstanceDeletionPolicy.Delete, Invalid("spec.deletionPolicy", "Delete drops what this operator provisioned, and for spec.external that is nothing")),
        ];

    private static IEnumerable<(string Field, bool IsSet)> OwnersFields(RucioInstanceSpec s) =>
    [
        ("version", s.Version != ""),
        ("database", s.Database is not { Engine: DatabaseEngine.PostgreSQL, Existing: null, Provision: null, CloudNativePG: null, Embedded: null }),
        ("images", s.Images is not null), ("api", s.Api is not null), ("auth", s.Auth is not null), ("webui", s.Webui is not null), ("trace", s.Trace is not null),
        ("daemons", s.Daemons is not null), ("oidc", s.Oidc is not null), ("trust", s.Trust is not null), ("messaging", s.Messaging is not null), ("mail", s.Mail is not null),
        ("config", s.Config is not null), ("configSecrets", s.ConfigSecrets is not null), ("cache", s.Cache is not null), ("policyPackages", s.PolicyPackages is not null), ("upgrade", s.Upgrade is not null), ("hibernate", s.Hibernate is not null),
        ("monitoring", s.Monitoring is not null), ("networkPolicy", s.NetworkPolicy is not null),
        ("transfers.credentialSecretRef", s.Transfers?.CredentialSecretRef is not null), ("transfers.voms", s.Transfers?.Voms is not null), ("transfers.proxy", s.Transfers?.Proxy is not null),
        ("transfers.mode", s.Transfers?.Mode is not null), ("transfers.schemes", s.Transfers?.Schemes is not null),
    ];
}
