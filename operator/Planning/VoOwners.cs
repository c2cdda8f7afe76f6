using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Who may own scopes and subscriptions: root, the accounts that are asked for, and those that live in the VO besides.</summary>
internal static class VoOwners
{
    public const string OwnerMissing = nameof(OwnerMissing);

    public static bool MayOwn(string account, DesiredVo desired, ObservedVo observed) =>
        account == "root" || desired.Accounts.Any(a => a.Name == account) || observed.Accounts.GetValueOrDefault(account) is { Status: "ACTIVE" };

    public static string Message(string field, string account) => $"{field}: there is no account {account} in this VO, or it is suspended; list it in spec.accounts, or name another";
}
