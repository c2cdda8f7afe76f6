using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>
/// Accounts, their attributes, and who logs in to them. What the operator made is exactly as the spec says; what was there
/// before keeps what others gave it. An account that leaves the spec is closed, never deleted.
/// </summary>
internal static class VoAccountsPart
{
    private const string Active = "ACTIVE";
    private const string Admin = "admin";

    public static IEnumerable<VoChange> Changes(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        var listed = desired.Accounts.Select(a => a.Name).ToHashSet(StringComparer.Ordinal);
        return
        [
            // Whoever leaves first: an identity may move to another account of the VO.
            .. observed.Accounts.Values.Where(a => HasLeft(a, listed, desired)).OrderBy(a => a.Name, StringComparer.Ordinal).SelectMany(Close),
            .. desired.Accounts.SelectMany(a => a.Suspended ? Suspend(a, observed) : new AccountSteps(a, desired, observed, problems).Changes()),
        ];
    }

    private static bool HasLeft(ObservedAccount account, HashSet<string> listed, DesiredVo desired) =>
        !listed.Contains(account.Name) && account.Name is not ("root" or "super_root") && AccountMark.IsOn(account)
        && !desired.Held.Contains(account.Name);

    private static IEnumerable<VoChange> Suspend(AccountSpec account, ObservedVo observed)
    {
        if (observed.Accounts.GetValueOrDefault(account.Name) is not { } have)
        {
            return [];
        }
        return have.Status == Active ? [.. Mark(account, have, observed), .. Close(have)] : Close(have);
    }

    /// <summary>
    /// No way in is left, and nothing can be placed. Quotas go while the account is active, since Rucio changes none of
    /// another; identities too, since a token of an OIDC identity is taken whatever the account's status
    /// (lib/rucio/core/oidc.py, validate_jwt).
    /// </summary>
    private static IEnumerable<VoChange> Close(ObservedAccount account) =>
    [
        .. account.Status == Active ? VoQuotasPart.Release(account) : [],
        .. account.Identities.OrderBy(i => i.ToString(), StringComparer.Ordinal).Select(i => new UnmapIdentity(account.Name, i)),
        .. account.Status == Active ? (VoChange[])[new SetAccount(account.Name, "status", "SUSPENDED")] : [],
    ];

    private static IEnumerable<VoChange> Mark(AccountSpec account, ObservedAccount? have, ObservedVo observed) =>
        SetAttribute(account.Name, have, AccountMark.Attribute, AccountMark.For(have, observed));

    /// <summary>Rucio refuses a key that is there, so another value is delete and add.</summary>
    private static IEnumerable<VoChange> SetAttribute(string account, ObservedAccount? have, string key, string value) => have?.Attributes.GetValueOrDefault(key) switch
    {
        null => [new AddAccountAttribute(account, key, value)],
        var present when present == value => [],
        _ => [new RemoveAccountAttribute(account, key), new AddAccountAttribute(account, key, value)],
    };

    /// <summary>One listed account.</summary>
    private sealed class AccountSteps(AccountSpec account, DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        private readonly ObservedAccount? _have = observed.Accounts.GetValueOrDefault(account.Name);

        /// <summary>What one of the identities is can't be said now: those that are mapped stay.</summary>
        private bool _unclear;

        private string Name => account.Name;

        /// <summary>Nobody else has given the account anything.</summary>
        private bool IsOurs => _have is null || observed.CreatedByOperator || AccountMark.IsMade(_have);

        private bool WantsPassword => account.Identities?.Any(i => i.Type == IdentityType.Userpass) == true;

        public List<VoChange> Changes()
        {
            var wanted = Wanted();
            var (gone, isActive) = (Gone(wanted), _have is null or { Status: Active });
            List<VoChange> changes = [.. Existence(isActive ? [] : gone)];
            changes.AddRange(Mark(account, _have, observed));
            changes.AddRange(Attributes().SelectMany(a => SetAttribute(Name, _have, a.Key, a.Value)));
            changes.AddRange(Mappings(wanted));
            // After the new ones: whoever has two ways in is never without one.
            changes.AddRange(isActive ? gone.Select(i => new UnmapIdentity(Name, i)) : []);
            return changes;
        }

        /// <param name="leftovers">Of an account that is to be revived: nobody of those may come in with it.</param>
        private IEnumerable<VoChange> Existence(IReadOnlyList<ObservedIdentity> leftovers)
        {
            var type = account.Type.ToString().ToUpperInvariant();
            if (_have is null)
            {
                return [new CreateAccount(Name, type, account.Email ?? "")];
            }
            if (_have.Type != type)
            {
                problems.Add(new Problem(VoConditions.AccountsReady, VoPlan.AccountTypeFixed, $"account {Name} is of type {_have.Type} and Rucio cannot change that: set its type in spec.accounts back, or use another name"));
            }
            return
            [
                .. leftovers.Select(i => new UnmapIdentity(Name, i)),
                .. Surplus().Select(key => new RemoveAccountAttribute(Name, key)),
                .. _have.Status == Active ? (VoChange[])[] : [new SetAccount(Name, "status", Active)],
                .. account.Email is { } email && _have.Email != email ? (VoChange[])[new SetAccount(Name, "email", email)] : [],
            ];
        }

        /// <summary>Rucio stores <c>True</c> as <c>true</c> (BooleanString in lib/rucio/db/sqla/types.py).</summary>
        private Dictionary<string, string> Attributes()
        {
            var wanted = (account.Attributes ?? new Dictionary<string, string>()).ToDictionary(a => a.Key, a => bool.TryParse(a.Value, out var flag) ? flag ? "true" : "false" : a.Value, StringComparer.Ordinal);
            if (account.Admin && _have?.Attributes.ContainsKey(Admin) != true)
            {
                wanted[Admin] = "true";
            }
            return wanted;
        }

        private IEnumerable<string> Surplus() => _have!.Attributes.Keys
            .Where(key => key == Admin ? !account.Admin : IsOurs && !AccountMark.IsOperators(key) && account.Attributes?.ContainsKey(key) != true)
            .Order(StringComparer.Ordinal);

        private List<ObservedIdentity> Wanted()
        {
            var wanted = new List<ObservedIdentity>();
            var before = problems.Count;
            var texts = WantedIdentities.Of(account, desired, problems);
            _unclear = problems.Count > before;
            foreach (var identity in texts)
            {
                if (desired.Taken.Contains(identity))
                {
                    problems.Add(new Problem(VoConditions.AccountsReady, VoPlan.IdentityTaken, $"identity {WantedIdentities.Words(identity)} of account {Name} is in use elsewhere in this Rucio: use another one, or ask its platform engineer to list it in spec.tenancy.sharedIdentities of the RucioInstance"));
                }
                wanted.Add(identity);
            }
            if (desired.Passwords.ContainsKey(Name))
            {
                wanted.Add(new ObservedIdentity(desired.IdentityOf(Name), "USERPASS"));
            }
            return wanted;
        }

        private IReadOnlyList<ObservedIdentity> Gone(List<ObservedIdentity> wanted) => [.. (_have?.Identities ?? [])
            .Where(i => !wanted.Contains(i) && (IsOurName(i) ? !IsUndecided : IsOurs && !_unclear))
            .OrderBy(i => i.ToString(), StringComparer.Ordinal)];

        /// <summary>A login is asked for and its Secret can't be read: the one there is stays.</summary>
        private bool IsUndecided => WantsPassword && !desired.Passwords.ContainsKey(Name);

        /// <summary>
        /// A user name of the operator's making. On a Rucio of somebody else those have a random ending
        /// (<see cref="DesiredVo.NewIdentityOf"/>), since no password can be changed there.
        /// </summary>
        private bool IsOurName(ObservedIdentity identity)
        {
            var plain = DesiredVo.IdentityOf(Name, desired.Spec.Tag);
            return identity.Type == "USERPASS" && (desired.Reach == VoReach.Catalogue
                ? identity.Identity == plain
                : identity.Identity.StartsWith($"{plain}-", StringComparison.Ordinal) && identity.Identity.Length == plain.Length + 9);
        }

        private IEnumerable<VoChange> Mappings(List<ObservedIdentity> wanted)
        {
            foreach (var identity in wanted)
            {
                var isMapped = _have?.Identities.Contains(identity) == true;
                var isLogin = identity.Type == "USERPASS";
                // The row first: a mapping made before it would log in with whatever password the row had.
                if (isLogin && desired.Reach == VoReach.Catalogue && observed.Passwords.GetValueOrDefault(identity.Identity)?.Matches(desired.Passwords[Name]) != true)
                {
                    yield return new SetPassword(Name, identity.Identity);
                }
                if (!isMapped && !desired.Taken.Contains(identity))
                {
                    yield return new MapIdentity(Name, identity);
                }
                if (isLogin && desired.Reach != VoReach.Catalogue && (!isMapped || _have!.Identities.Any(i => i != identity && IsOurName(i))))
                {
                    yield return new VerifyLogin(Name, identity.Identity);
                }
            }
        }
    }
}
