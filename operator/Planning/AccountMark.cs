using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>
/// Account attribute that says the operator manages an account. It is in Rucio, so a re-created cluster finds it: an account
/// that leaves the spec is known by it, and accounts without it are nobody's business here.
/// </summary>
public static class AccountMark
{
    public const string Attribute = Api.AccountSpec.MarkAttribute;

    /// <summary>The operator made the account: whatever is mapped to it or set on it is the operator's.</summary>
    public const string Made = "made";

    /// <summary>It was there when it was listed first: what others gave it stays.</summary>
    public const string Listed = "listed";

    /// <summary>All values there can be.</summary>
    public static IReadOnlyList<string> Values { get; } = [Made, Listed];

    public static bool IsOn(ObservedAccount account) => account.Attributes.ContainsKey(Attribute);

    /// <summary>Once made by the operator, always made by it.</summary>
    public static bool IsMade(ObservedAccount account) => account.Attributes.GetValueOrDefault(Attribute) == Made;

    /// <param name="account">Null: there is none yet.</param>
    /// <param name="observed">In a VO of the operator's making nobody else makes accounts: one without a mark is one that it was stopped over.</param>
    public static string For(ObservedAccount? account, ObservedVo observed) => account is null || observed.CreatedByOperator || IsMade(account) ? Made : Listed;

    /// <summary>This one, and what else the operator keeps on accounts.</summary>
    public static bool IsOperators(string attribute) => attribute.StartsWith(Attribute, StringComparison.Ordinal);
}
