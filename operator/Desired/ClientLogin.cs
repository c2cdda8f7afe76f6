using RucioOperator.Api;

namespace RucioOperator.Desired;

/// <summary>How a VO's users log in.</summary>
/// <param name="Issuer">Nickname of the token issuer; null: not by token, or whichever the server takes first.</param>
public sealed record ClientLogin(ClientAuthType Type, string? Issuer)
{
    public const string IssuerNotOffered = nameof(IssuerNotOffered);
    public const string NoCertificateLogins = nameof(NoCertificateLogins);
    public const string AccountNotFound = nameof(AccountNotFound);

    /// <summary>As asked for, else as most accounts can; of equally many, the first in this order.</summary>
    public static ClientLogin Of(ClientConfigSpec config, RucioInstance instance, IReadOnlyList<AccountSpec> accounts)
    {
        var identities = (config.Account is { } only ? accounts.Where(a => a.Name == only) : accounts)
            .SelectMany(a => (a.Identities ?? []).DistinctBy(i => i.Type)).Select(i => i.Type).ToList();
        (ClientAuthType Type, int Accounts)[] ways =
        [
            (ClientAuthType.Userpass, identities.Count(t => t == IdentityType.Userpass)),
            (ClientAuthType.Oidc, identities.Count(t => t == IdentityType.Oidc)),
            (ClientAuthType.X509Proxy, identities.Count(t => t == IdentityType.X509)),
        ];
        var type = config.AuthType ?? (config.Issuer is null ? ways.MaxBy(w => w.Accounts).Type : ClientAuthType.Oidc);
        return new(type, type != ClientAuthType.Oidc ? null : config.Issuer ?? IssuerOf(instance, accounts));
    }

    private static string? IssuerOf(RucioInstance instance, IReadOnlyList<AccountSpec> accounts)
    {
        var used = accounts.SelectMany(a => a.Identities ?? []).Where(i => i.Type == IdentityType.Oidc).Select(i => i.Issuer).ToList();
        return (instance.Spec.Oidc?.Issuers ?? []).OrderByDescending(issuer => used.Count(u => u == issuer.Url || u == issuer.Name)).FirstOrDefault()?.Name;
    }

    /// <summary>First rule that fits wins; null: people can log in like this. What somebody else's Rucio offers isn't known here.</summary>
    public (string Reason, string Message)? Problem(ClientConfigSpec config, RucioInstance instance, IReadOnlyList<AccountSpec> accounts)
    {
        var (spec, name) = (instance.Spec, $"RucioInstance {instance.Metadata.NamespaceProperty}/{instance.Metadata.Name}");
        if (config.Account is { } account && accounts.All(a => a.Name != account))
        {
            return (AccountNotFound, $"spec.clientConfig.account: there is no account {account} in this VO");
        }
        if (spec.External is not null)
        {
            return null;
        }
        if (Type == ClientAuthType.Oidc && (spec.Oidc?.Issuers is not { Count: > 0 } issuers || issuers.All(i => i.Name != Issuer)))
        {
            return (IssuerNotOffered, Issuer is null
                ? $"spec.clientConfig: {name} has no token issuer: use another authType, or ask its platform engineer for spec.oidc"
                : $"spec.clientConfig.issuer: {name} has no token issuer {Issuer}{Known(spec)}");
        }
        if (Type is ClientAuthType.X509 or ClientAuthType.X509Proxy && (spec.Auth is null || spec.Trust?.CaBundles is not { Count: > 0 }))
        {
            return (NoCertificateLogins, $"spec.clientConfig: {name} takes no certificates: use another authType, or ask its platform engineer for spec.auth with spec.trust");
        }
        return null;
    }

    private static string Known(RucioInstanceSpec spec) => spec.Oidc?.Issuers is { Count: > 0 } issuers ? $": it has {string.Join(", ", issuers.Select(i => i.Name))}" : "";
}
