using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>What the schema refuses, once more for objects older than the schema, and what a schema can't say.</summary>
public static class VirtualOrganisationRules
{
    public static IReadOnlyList<Rule<VirtualOrganisationSpec>> All { get; } =
    [
        new("an instance is named", s => When(s.InstanceRef.Name == "", Missing("spec.instanceRef.name"))),
        new("the tag can be a tenant", Tag),
        new("the long name is one", LongName),
        new("root of the one VO is the instance's", s => When(s.Tag == BaseVo.Tag && s.RootMappings is not null, Invalid("spec.rootMappings", $"root of VO {BaseVo.Tag} is in the care of the RucioInstance: leave it out"))),
        new("description and email fit", Contact),
        new("accounts are named and not the operator's", Accounts),
        new("attributes are what Rucio takes", s => Each(s.Accounts, "spec.accounts", AccountRules.Attributes)),
        new("identities can log in", s => Each(s.Accounts, "spec.accounts", AccountRules.Identities)),
        new("quotas say where and how much", s => Each(s.Accounts, "spec.accounts", Quotas)),
        .. MembershipRules.All,
        new("scopes are named and owned", Scopes),
        new("subscriptions stay within the VO and break nothing", SubscriptionRules.Check),
        new("the data path is checked where it can be", DataPath),
        new("checks come at sensible times", s => When(s.Check is { } check && !Forms.CheckInterval().IsMatch(check.Interval), Invalid("spec.check.interval", "must be a time such as 24h, 7d or 30m, at least 5m"))),
        new("the client's configuration is of one piece", ClientConfigRules.Check),
        new("distances are positive and between two", Distances),
        .. TransfersRules.OfVo,
    ];

    public static IReadOnlyList<FieldError> Validate(VirtualOrganisation vo) => All.Run(vo.Spec);

    private static IEnumerable<FieldError> Distances(VirtualOrganisationSpec s) => s.Distances is not { } d ? [] :
    [
        .. When(d.Default is < 1 or > 1_000_000, Invalid("spec.distances.default", "must be 1 to 1000000")),
        .. When(d is { Policy: DistancePolicy.Star, Hub: null }, Missing("spec.distances.hub")),
        .. When(d is { Policy: not DistancePolicy.Star, Hub: not null }, Invalid("spec.distances.hub", "is for policy Star")),
        .. When(d.Hub is { } hub && !Forms.Rse().IsMatch(hub), Invalid("spec.distances.hub", "must be the name of an RSE such as SKY_DISK")),
        .. d.Overrides.Items("spec.distances.overrides").SelectMany(o => (IEnumerable<FieldError>)
        [
            .. When(!Forms.Rse().IsMatch(o.Item.Source), Invalid($"{o.Path}.source", "must be the name of an RSE such as SKY_DISK")),
            .. When(!Forms.Rse().IsMatch(o.Item.Destination), Invalid($"{o.Path}.destination", "must be the name of an RSE such as SKY_DISK")),
            .. When(o.Item.Source == o.Item.Destination, Invalid($"{o.Path}.destination", "must be another RSE than source")),
            .. When(o.Item.Distance is < 1 or > 1_000_000, Invalid($"{o.Path}.distance", "must be 1 to 1000000")),
        ]),
        .. d.Overrides.Items("spec.distances.overrides").Unique(o => (o.Source, o.Destination), "another override has the same source and destination"),
    ];

    private static IEnumerable<FieldError> DataPath(VirtualOrganisationSpec s) =>
    [
        .. When(s.Check is { DataPath: false, Storages: not null }, Invalid("spec.check.storages", "means nothing without dataPath: true")),
        .. When(s.Check is { DataPath: false, CredentialSecretRef: not null }, Invalid("spec.check.credentialSecretRef", "means nothing without dataPath: true")),
        .. Each(s.Check?.Storages, "spec.check.storages", (path, rse) => When(!Forms.Rse().IsMatch(rse), Invalid(path, "must be the name of an RSE such as SKY_DISK"))),
        .. Secret("spec.check.credentialSecretRef", s.Check?.CredentialSecretRef),
    ];

    private static IEnumerable<FieldError> Tag(VirtualOrganisationSpec s) =>
        When(!Forms.VoTag().IsMatch(s.Tag), Invalid("spec.tag", "must be a lower-case letter and two lower-case letters or digits"));

    private static IEnumerable<FieldError> LongName(VirtualOrganisationSpec s) =>
    [
        .. When(s.LongName is { } name && (name.Length > 63 || !Forms.VoLongName().IsMatch(name)), Invalid("spec.longName", "must be 4 to 63 of a-z, 0-9, . and -, with a letter or digit at both ends")),
        .. When(s.LongName is not null && s.Tag == BaseVo.Tag, Invalid("spec.longName", $"a Rucio for one experiment has no names for VOs: leave it out with tag {BaseVo.Tag}")),
    ];

    private static IEnumerable<FieldError> Contact(VirtualOrganisationSpec s) =>
    [
        .. When(s.Description is { Length: > 255 }, Invalid("spec.description", "must have at most 255 characters")),
        .. Email("spec.email", s.Email),
    ];

    private static IEnumerable<FieldError> Email(string path, string? email) =>
        When(email is not null && (email.Length > 255 || !Forms.Email().IsMatch(email)), Invalid(path, "must be a mail address of at most 255 characters"));

    private static IEnumerable<FieldError> Accounts(VirtualOrganisationSpec s) =>
    [
        .. Each(s.Accounts, "spec.accounts", (path, a) =>
        [
            .. When(!Forms.Account().IsMatch(a.Name), Invalid($"{path}.name", "must be 1 to 25 of a-z, 0-9, - and _")),
            .. When(a.Name is "root" or "super_root", Reserved($"{path}.name", "accounts root and super_root belong to the operator; choose another name")),
            .. Email($"{path}.email", a.Email),
        ]),
        .. s.Accounts.Items("spec.accounts").Unique(a => a.Name, "an account of this name is listed before"),
    ];

    private static IEnumerable<FieldError> Quotas(string path, AccountSpec a) => Quotas(path, a.Quotas);

    internal static IEnumerable<FieldError> Quotas(string path, IReadOnlyList<QuotaSpec>? quotas) =>
    [
        .. Each(quotas, $"{path}.quotas", (p, q) =>
        [
            .. SubscriptionRules.RseExpressionAt($"{p}.rseExpression", q.RseExpression),
            .. Bytes($"{p}.bytes", q.Bytes),
            .. Bytes($"{p}.total", q.Total ?? Quantity.Unlimited),
        ]),
        .. quotas.Items($"{path}.quotas").Unique(q => q.RseExpression, "a quota for this is listed before"),
    ];

    private static IEnumerable<FieldError> Bytes(string path, string bytes) =>
        When(!Forms.Bytes().IsMatch(bytes) || !Quantity.TryBytes(bytes, out _), Invalid(path, "must be bytes such as 10Ti or 500G, below 8Ei, or unlimited"));

    private static IEnumerable<FieldError> Scopes(VirtualOrganisationSpec s) =>
    [
        .. Each(s.Scopes, "spec.scopes", (path, scope) =>
        [
            .. When(!Forms.Scope().IsMatch(scope.Name), Invalid($"{path}.name", "must be 1 to 25 of letters, digits, ., - and _")),
            .. When(scope.Name == "mock", Reserved($"{path}.name", "scope mock is open to everybody in Rucio; choose another name")),
            .. When(!Forms.Account().IsMatch(scope.Owner), Invalid($"{path}.owner", "must be root or an account: 1 to 25 of a-z, 0-9, - and _")),
        ]),
        .. s.Scopes.Items("spec.scopes").Unique(scope => scope.Name, "a scope of this name is listed before"),
    ];

    private static IEnumerable<FieldError> Each<T>(IReadOnlyList<T>? list, string path, Func<string, T, IEnumerable<FieldError>> check) =>
        list.Items(path).SelectMany(i => check(i.Path, i.Item));
}
