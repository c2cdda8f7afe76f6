using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>How data moves, and in whose name: of an instance, and of a VO.</summary>
internal static class TransfersRules
{
    private const string Path = "spec.transfers";

    /// <summary>FTS takes nothing with less than an hour left, and a server that is down must have time to come back.</summary>
    private static readonly TimeSpan ShortestLife = TimeSpan.FromHours(12), LongestLife = TimeSpan.FromDays(30), LatestRenewal = TimeSpan.FromHours(4);

    public static IReadOnlyList<Rule<RucioInstanceSpec>> OfInstance { get; } =
    [
        new("FTS servers are URLs", s => (s.Transfers?.FtsServers).Items($"{Path}.ftsServers").SelectMany(f => Server(f.Path, f.Item))),
        new("transfer schemes are schemes", Schemes),
        new("tokens come from somewhere", s => When(s is { Transfers.Mode: TransferMode.Tokens, External: null } && s.Oidc?.AdminIssuer is null, Invalid($"{Path}.mode", "Tokens needs spec.oidc.adminIssuer: Rucio gets its tokens from there"))),
        new("the default credential can be found", s => s.Transfers is { } t ? Credential(t.CredentialSecretRef, t.Voms) : []),
        new("proxies live long enough and are renewed in time", s => s.Transfers?.Proxy is { } proxy ? Proxy(proxy) : []),
    ];

    public static IReadOnlyList<Rule<VirtualOrganisationSpec>> OfVo { get; } =
    [
        new("the VO's credential can be found", s => s.Transfers is { } t ? Credential(t.CredentialSecretRef, t.Voms) : []),
        new("the FTS server is a URL", s => s.Transfers?.Fts is { } fts ? Server($"{Path}.fts", fts) : []),
    ];

    private static IEnumerable<FieldError> Server(string path, string url) =>
        When(!Forms.FtsServer().IsMatch(url) || url.Length > 255, Invalid(path, "must be https://host[:port], such as https://fts.example.org:8446"));

    private static IEnumerable<FieldError> Schemes(RucioInstanceSpec s) =>
    [
        .. (s.Transfers?.Schemes).Items($"{Path}.schemes").Where(f => !Forms.Scheme().IsMatch(f.Item))
            .Select(f => Invalid(f.Path, "must be a URL scheme in lower case, such as davs")),
        .. When(s.Transfers?.Schemes is not null && s.Config?.GetValueOrDefault("conveyor")?.ContainsKey("scheme") == true,
            Invalid("spec.config[conveyor][scheme]", "is given twice, also as spec.transfers.schemes")),
    ];

    private static IEnumerable<FieldError> Credential(SecretRef? secret, VomsSpec? voms) =>
    [
        .. Secret($"{Path}.credentialSecretRef", secret),
        .. When(voms is not null && secret is null, Invalid($"{Path}.voms", "needs spec.transfers.credentialSecretRef")),
        .. voms is null ? [] : Voms($"{Path}.voms", voms),
    ];

    private static IEnumerable<FieldError> Voms(string path, VomsSpec v)
    {
        var vomses = v.Vomses is null ? null : Forms.Vomses().Match(v.Vomses);
        var vo = vomses is { Success: true } ? vomses.Groups["vo"].Value : v.Vo;
        return
        [
            .. When(v.Vomses is null ? v.Vo is null || v.Host is null || v.Port is null : v.Vo is not null || v.Host is not null || v.Port is not null || v.ServerDn is not null,
                Invalid(path, "needs exactly one of: vomses, or vo with host and port")),
            .. When(v.Vo is { } name && (name.Length > 255 || !Forms.VomsVo().IsMatch(name)), Invalid($"{path}.vo", "must be the VO's name in VOMS: letters, digits, ., _ and -")),
            .. When(v.Host is { } host && (host.Length > 253 || !Forms.HostName().IsMatch(host)), Invalid($"{path}.host", "must be a host name, without scheme, port or path")),
            .. When(v.Port is < 1 or > 65535, Invalid($"{path}.port", "must be 1 to 65535")),
            .. v.ServerDn is { } dn ? Subject($"{path}.serverDn", dn) : [],
            .. When(vomses is { } line && (!line.Success || !int.TryParse(line.Groups["port"].Value, out var port) || port is < 1 or > 65535),
                Invalid($"{path}.vomses", "must be a line of a vomses file: \"alias\" \"host\" \"port\" \"subject\" \"vo\", each in double quotes")),
            .. vomses is { Success: true } ? Subject($"{path}.vomses", vomses.Groups["subject"].Value) : [],
            .. When(v.Fqans is { Count: 0 }, Invalid($"{path}.fqans", "needs at least one; leave it out for the VO itself")),
            .. v.Fqans.Items($"{path}.fqans").Where(f => f.Item.Length > 255 || !Forms.Fqan().IsMatch(f.Item)).Select(f => Invalid(f.Path, "must be a group such as /escape/data, or with a role, /escape/Role=production")),
            .. v.Fqans.Items($"{path}.fqans").Where(f => vo is not null && f.Item != $"/{vo}" && !f.Item.StartsWith($"/{vo}/", StringComparison.Ordinal)).Select(f => Invalid(f.Path, $"must begin with /{vo}, the VO's name in VOMS")),
            .. v.Fqans.Items($"{path}.fqans").Unique(f => f, "is listed twice"),
        ];
    }

    private static IEnumerable<FieldError> Subject(string path, string dn)
    {
        DistinguishedName.Parse(dn, out var problem);
        return When(problem is not null, Invalid(path, $"the server's subject {problem}"));
    }

    private static IEnumerable<FieldError> Proxy(ProxySpec proxy)
    {
        var lives = Forms.Age().IsMatch(proxy.Lifetime) ? proxy.Lives : (TimeSpan?)null;
        var renewed = proxy.RenewBefore is { } before && Forms.Age().IsMatch(before) ? Age.Parse(before) : (TimeSpan?)null;
        return
        [
            .. When(lives is null || lives < ShortestLife || lives > LongestLife, Invalid($"{Path}.proxy.lifetime", "must be 12h to 30d")),
            .. When(proxy.RenewBefore is not null && (renewed is null || renewed < LatestRenewal), Invalid($"{Path}.proxy.renewBefore", "must be hours or days, at least 4h")),
            .. When(renewed >= lives, Invalid($"{Path}.proxy.renewBefore", "must be less than lifetime")),
        ];
    }
}
