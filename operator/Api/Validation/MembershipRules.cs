using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

internal static class MembershipRules
{
    private const string Path = "spec.membership";

    /// <summary>Reading all people of a community is a burden for its issuer.</summary>
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMinutes(1), LongestInterval = TimeSpan.FromDays(1);

    public static IReadOnlyList<Rule<VirtualOrganisationSpec>> All { get; } =
    [
        new("members come from groups of an issuer", s => s.Membership is { } m ? Members(m) : []),
        new("what members get can be given", s => (s.Membership?.Groups).Items($"{Path}.groups").SelectMany(g => Gets(g.Path, g.Item))),
    ];

    public static IReadOnlyList<Rule<RucioInstanceSpec>> Grants { get; } =
    [
        new("grants name a VO and its groups", s => (s.Oidc?.Issuers).Items("spec.oidc.issuers").SelectMany(i => Granted(i.Path, i.Item))),
    ];

    private static IEnumerable<FieldError> Members(MembershipSpec m) =>
    [
        .. When(!Forms.IssuerName().IsMatch(m.Issuer), Invalid($"{Path}.issuer", "must be the name of one of the instance's oidc.issuers")),
        .. When(m.Groups.Count == 0, Invalid($"{Path}.groups", "needs at least one group")),
        .. m.Groups.Items($"{Path}.groups").Where(g => !Forms.OneLine().IsMatch(g.Item.Name)).Select(g => Invalid($"{g.Path}.name", "must be one line of 1 to 255 characters")),
        .. m.Groups.Items($"{Path}.groups").Unique(g => g.Name, "this group is listed before"),
        .. When(!DurationText.TryParse(m.Interval, out var interval) || interval < ShortestInterval || interval > LongestInterval, Invalid($"{Path}.interval", "must be 1m to 1d, such as 10m or 1h")),
        .. When(m.MaxLeavingPercent is < 1 or > 100, Invalid($"{Path}.maxLeavingPercent", "must be 1 to 100")),
    ];

    private static IEnumerable<FieldError> Gets(string path, MemberGroup group) =>
    [
        .. (group.Attributes ?? new Dictionary<string, string>()).Where(a => a.Key == "admin").Select(_ => Reserved($"{path}.attributes[admin]", $"attribute admin is set by {path}.admin")),
        .. (group.Attributes ?? new Dictionary<string, string>()).Where(a => a.Key.StartsWith(ReservedAttributes, StringComparison.Ordinal)).Select(a => Reserved($"{path}.attributes[{a.Key}]", $"attributes that begin with {ReservedAttributes} are the operator's own")),
        .. (group.Attributes ?? new Dictionary<string, string>()).Where(a => !Forms.AccountAttribute().IsMatch(a.Key) || !Forms.AccountAttribute().IsMatch(a.Value)).Select(a => Invalid($"{path}.attributes[{a.Key}]", "key and value must have 1 to 30 of letters, digits, -, _, / and .")),
        .. VirtualOrganisationRules.Quotas(path, group.Quotas),
    ];

    /// <summary>Of account attributes.</summary>
    internal const string ReservedAttributes = "rucio-operator";

    private static IEnumerable<FieldError> Granted(string path, OidcIssuer issuer)
    {
        var grants = issuer.ScimGrants.Items($"{path}.scimGrants").ToList();
        return
        [
            .. When(issuer.ScimUrl is { } url && (!Forms.IssuerUrl().IsMatch(url) || url.Length > 1024), Invalid($"{path}.scimUrl", "must be an https:// URL, without user, query or fragment")),
            .. grants.Where(g => !Forms.VoTag().IsMatch(g.Item.Tag)).Select(g => Invalid($"{g.Path}.tag", "must be the tag of a VO")),
            .. grants.Where(g => !Forms.Namespace().IsMatch(g.Item.Namespace)).Select(g => Invalid($"{g.Path}.namespace", "must be the name of a namespace")),
            .. grants.Where(g => g.Item.Groups.Count == 0).Select(g => Invalid($"{g.Path}.groups", "needs at least one group")),
            .. grants.SelectMany(g => g.Item.Groups.Items($"{g.Path}.groups").Where(n => !Forms.OneLine().IsMatch(n.Item)).Select(n => Invalid(n.Path, "must be one line of 1 to 255 characters"))),
            .. grants.Unique(g => (g.Tag, g.Namespace), "a grant for this VO is listed before"),
        ];
    }
}
