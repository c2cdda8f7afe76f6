using static RucioOperator.Api.Validation.Rules;

namespace RucioOperator.Api.Validation;

/// <summary>
/// The transmogrifier compiles each filter and evaluates each expression of all VOs in one process, and one that fails there stops it
/// for all (daemons/transmogrifier/transmogrifier.py): so nothing gets through that could.
/// </summary>
internal static class SubscriptionRules
{
    /// <summary>SCHEMAS['activity'] of common/schema/generic_multi_vo.py; the default of Rucio itself is refused.</summary>
    public static readonly IReadOnlyList<string> Activities =
    [
        "Data Brokering", "Data Consolidation", "Data Rebalancing", "Debug", "Express", "Functional Test", "Group Subscriptions", "Production Input", "Production Output",
        "Analysis Input", "Analysis Output", "Staging", "T0 Export", "T0 Tape", "Upload/Download (Job)", "Upload/Download (User)", "User Subscriptions",
    ];

    public static IEnumerable<FieldError> Check(VirtualOrganisationSpec s) =>
    [
        .. s.Subscriptions.Items("spec.subscriptions").SelectMany(i => One(i.Path, i.Item)),
        .. s.Subscriptions.Items("spec.subscriptions").Unique(x => x.Name, "a subscription of this name is listed before"),
    ];

    private static IEnumerable<FieldError> One(string path, SubscriptionSpec s) =>
    [
        .. When(!Forms.SubscriptionName().IsMatch(s.Name), Invalid($"{path}.name", "must be 1 to 64 letters, digits, ., - and _, the first a letter or digit")),
        .. When(!Forms.Account().IsMatch(s.Owner), Invalid($"{path}.owner", "must be an account: 1 to 25 of a-z, 0-9, - and _")),
        .. When(s.Owner is "root" or "super_root", Reserved($"{path}.owner", "root has no quota to make rules with; choose one of spec.accounts")),
        .. When(s.Priority is < 1 or > 5, Invalid($"{path}.priority", "must be 1 to 5")),
        .. When(s.Comments is { } text && !Forms.Comments().IsMatch(text), Invalid($"{path}.comments", "must be one line of 1 to 250 characters")),
        .. Filter($"{path}.filter", s.Filter),
        .. When(s.Rules.Count == 0, Missing($"{path}.rules")),
        .. s.Rules.Items($"{path}.rules").SelectMany(r => Rule(r.Path, r.Item)),
    ];

    private static IEnumerable<FieldError> Filter(string path, SubscriptionFilter f) =>
    [
        .. When(f.Scopes.Count == 0, Missing($"{path}.scopes")),
        .. f.Scopes.Items($"{path}.scopes").SelectMany(i => When(!Forms.ScopePattern().IsMatch(i.Item), Invalid(i.Path, "must be a scope's name, in which * stands for any characters"))),
        .. f.Accounts.Items($"{path}.accounts").SelectMany(i => When(!Forms.Account().IsMatch(i.Item), Invalid(i.Path, "must be an account: 1 to 25 of a-z, 0-9, - and _"))),
        .. NamePattern($"{path}.pattern", f.Pattern),
        .. NamePattern($"{path}.excludedPattern", f.ExcludedPattern),
        .. (f.Metadata ?? new()).Columns().SelectMany(c => When(!Forms.MetadataPattern().IsMatch(c.Text), Invalid($"{path}.metadata.{c.Field}", "must be 1 to 255 printable characters, in which * stands for any"))),
    ];

    private static IEnumerable<FieldError> NamePattern(string path, string? pattern) =>
        When(pattern is not null && !Forms.DidPattern().IsMatch(pattern), Invalid(path, "must be letters, digits, /, ., - and _, in which * stands for any characters"));

    private static IEnumerable<FieldError> Rule(string path, SubscriptionRule r) =>
    [
        .. RseExpressionAt($"{path}.rseExpression", r.RseExpression),
        .. When(r.Copies is < 1 or > 100, Invalid($"{path}.copies", "must be 1 to 100")),
        .. When(!Activities.Contains(r.Activity), Invalid($"{path}.activity", $"must be one of {string.Join(", ", Activities)}")),
        .. When(r.Lifetime is { } text && !Forms.Lifetime().IsMatch(text), Invalid($"{path}.lifetime", "must be a time such as 30d or 12h")),
    ];

    public static IEnumerable<FieldError> RseExpressionAt(string path, string expression) =>
        RseExpression.TryParse(expression, out _, out var problem) ? [] : [Invalid(path, $"{problem}; a storage's RSE name, key=value, *, or several joined by |, & and \\")];
}
