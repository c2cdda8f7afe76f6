using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>Accounts, their attributes, and who logs in to them.</summary>
internal static class VoAccountsPart
{
    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        foreach (var account in desired.Accounts)
        {
            var email = account.Email ?? "";
            var type = account.Type.ToString().ToUpperInvariant();
            var have = observed.Accounts.GetValueOrDefault(account.Name);
            if (have is null)
            {
                yield return new CreateAccount(account.Name, type, email);
            }
            else
            {
                if (have.Type != type)
                {
                    problems.Add(new Problem(VoConditions.AccountsReady, VoPlan.AccountTypeFixed, $"account {account.Name} is of type {have.Type} and Rucio cannot change that: set its type in spec.accounts back, or use another name"));
                }
                if (have.Status != "ACTIVE")
                {
                    yield return new SetAccount(account.Name, "status", "ACTIVE");
                }
                if (account.Email is not null && have.Email != email)
                {
                    yield return new SetAccount(account.Name, "email", email);
                }
            }
            var isAdmin = have?.Attributes.ContainsKey("admin") == true;
            if (account.Admin && !isAdmin)
            {
                yield return new AddAccountAttribute(account.Name, "admin", "true");
            }
            if (!account.Admin && isAdmin)
            {
                yield return new RemoveAccountAttribute(account.Name, "admin");
            }
            if (desired.Passwords.TryGetValue(account.Name, out var password))
            {
                var identity = desired.IdentityOf(account.Name);
                var mapped = have?.Identities.Any(i => i.Identity == identity && i.Type == "USERPASS") == true;
                // The row first: a mapping made before it would log in with whatever password the row had.
                if (desired.Reach == VoReach.Catalogue && observed.Passwords.GetValueOrDefault(identity)?.Matches(password) != true)
                {
                    yield return new SetPassword(account.Name, identity);
                }
                if (!mapped)
                {
                    yield return new MapIdentity(account.Name, identity);
                }
                if (desired.Reach != VoReach.Catalogue)
                {
                    var former = have?.Identities.Where(i => i.Identity != identity && IsFormer(i, account.Name, desired.Spec.Tag)).Select(i => i.Identity).Order(StringComparer.Ordinal).ToList() ?? [];
                    if (!mapped || former.Count > 0)
                    {
                        yield return new VerifyLogin(account.Name, identity);
                    }
                    foreach (var old in former)
                    {
                        yield return new UnmapIdentity(account.Name, old);
                    }
                }
            }
        }
    }

    /// <summary>One that the operator made for this account before, see <see cref="DesiredVo.NewIdentityOf"/>.</summary>
    private static bool IsFormer(ObservedIdentity identity, string account, string tag) =>
        identity.Type == "USERPASS" && identity.Identity.StartsWith($"{account}@{tag}-", StringComparison.Ordinal) && identity.Identity.Length == account.Length + tag.Length + 10;
}
