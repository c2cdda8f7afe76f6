using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

/// <summary>What a VirtualOrganisation asks for, with the secrets it needs already read.</summary>
/// <param name="Claimant">namespace/name of the resource: what a claim says.</param>
/// <param name="Granted">The platform engineer lists this tag for this namespace in <c>tenancy.vos</c>.</param>
/// <param name="ClaimantIsGone">The claim's resource, in the same namespace, exists no more.</param>
/// <param name="Passwords">Account → password, for each account with a password login.</param>
public sealed record DesiredVo(
    VirtualOrganisationSpec Spec,
    string Claimant,
    bool Granted,
    bool ClaimantIsGone,
    string PolicyPackage,
    string RootIdentity,
    string RootPassword,
    IReadOnlyDictionary<string, string> Passwords)
{
    /// <summary>USERPASS names are global in Rucio; the tag keeps VOs apart.</summary>
    public static string IdentityOf(string account, string tag) => $"{account}@{tag}";

    public override string ToString() => Claimant;
}

/// <summary>
/// Pure: what to do now for one VO. Where a later step depends on what an earlier one brings about (which identities
/// <c>POST /vos</c> maps onto root), the plan ends there and the next round of observe and plan goes on.
/// </summary>
public static class VoPlan
{
    public const string TagTaken = nameof(TagTaken);
    public const string ExistsUnclaimed = nameof(ExistsUnclaimed);
    public const string WaitingForStorage = nameof(WaitingForStorage);
    public const string AccountTypeFixed = nameof(AccountTypeFixed);

    /// <summary>What Rucio gives root of every new VO (lib/rucio/core/vo.py).</summary>
    private const string PublishedPassword = "password";

    public static Plan<VoChange> For(DesiredVo desired, ObservedVo observed)
    {
        var tag = desired.Spec.Tag;
        if (observed.Claim != desired.Claimant)
        {
            return Claim(desired, observed);
        }
        // Root of the base VO is the instance's own account, and in the instance's care.
        var root = tag == BaseVo.Tag ? [] : RootChanges(desired, observed).ToList();
        if (!observed.Exists || root.Any(c => c is RecoverRoot or SetRootPassword))
        {
            // Which mappings root has is only known once it exists and answers to us.
            return new(root, []);
        }
        var problems = new List<Problem>();
        List<VoChange> changes = [.. root, .. Details(desired.Spec, observed), .. Accounts(desired, observed, problems), .. Scopes(desired.Spec, observed), .. Quotas(desired.Spec, observed, problems)];
        return new(changes, problems);
    }

    /// <summary>First rule that fits wins.</summary>
    private static Plan<VoChange> Claim(DesiredVo desired, ObservedVo observed)
    {
        var tag = desired.Spec.Tag;
        return observed switch
        {
            { Claim: null, Exists: true } when !desired.Granted => Blocked(ExistsUnclaimed, $"VO {tag} already exists in this Rucio and nobody holds it: the platform engineer grants it in spec.tenancy.vos of the RucioInstance"),
            { Claim: null } => new([new ClaimTag(tag, desired.Claimant)], []),
            { Claim: var claim } when desired.ClaimantIsGone => new([new TakeUpClaim(tag, claim, desired.Claimant)], []),
            _ => Blocked(TagTaken, $"tag {tag} is held by another VirtualOrganisation: choose another spec.tag"),
        };

        static Plan<VoChange> Blocked(string reason, string message) => new([], [new Problem(VoConditions.Claimed, reason, message)]);
    }

    private static IEnumerable<VoChange> RootChanges(DesiredVo desired, ObservedVo observed)
    {
        var tag = desired.Spec.Tag;
        var published = DesiredVo.IdentityOf("root", tag);
        if (observed.PolicyPackage != desired.PolicyPackage)
        {
            yield return new SetPolicyPackage(tag, desired.PolicyPackage);
        }
        var row = observed.Passwords.GetValueOrDefault(published);
        if (row is null ? !observed.Exists : row.Matches(PublishedPassword))
        {
            yield return new NeutraliseIdentity(published, $"root@{tag}");
        }
        if (!observed.Exists)
        {
            yield return new CreateVo(tag, desired.Spec.Description ?? "", desired.Spec.Email ?? "");
            yield return new RecoverRoot(tag, desired.RootIdentity);
            yield break;
        }
        var mapped = observed.Accounts.GetValueOrDefault("root")?.Identities ?? [];
        var ours = mapped.Any(i => i is { Type: "USERPASS" } && i.Identity == desired.RootIdentity);
        if (!ours)
        {
            yield return new RecoverRoot(tag, desired.RootIdentity);
        }
        else if (observed.Passwords.GetValueOrDefault(desired.RootIdentity)?.Matches(desired.RootPassword) != true)
        {
            yield return new SetRootPassword(tag, desired.RootIdentity);
        }
        else
        {
            foreach (var other in mapped.Where(i => i.Identity != desired.RootIdentity || i.Type != "USERPASS"))
            {
                // On a VO somebody else made, only the published identity is ours to remove.
                if (observed.CreatedByOperator || other.Identity == published)
                {
                    yield return new UnmapRootIdentity(other.Identity, other.Type);
                }
            }
        }
    }

    private static IEnumerable<VoChange> Details(VirtualOrganisationSpec spec, ObservedVo observed)
    {
        var (description, email) = (spec.Description ?? observed.Description ?? "", spec.Email ?? observed.Email ?? "");
        if (description != (observed.Description ?? "") || email != (observed.Email ?? ""))
        {
            yield return new UpdateVo(spec.Tag, description, email);
        }
    }

    private static IEnumerable<VoChange> Accounts(DesiredVo desired, ObservedVo observed, List<Problem> problems)
    {
        foreach (var account in desired.Spec.Accounts ?? [])
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
                    problems.Add(new Problem(VoConditions.AccountsReady, AccountTypeFixed, $"account {account.Name} is of type {have.Type} and Rucio cannot change that: set its type in spec.accounts back, or use another name"));
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
                var identity = DesiredVo.IdentityOf(account.Name, desired.Spec.Tag);
                // The row first: a mapping made before it would log in with whatever password the row had.
                if (observed.Passwords.GetValueOrDefault(identity)?.Matches(password) != true)
                {
                    yield return new SetPassword(account.Name, identity);
                }
                if (have?.Identities.Any(i => i.Identity == identity && i.Type == "USERPASS") != true)
                {
                    yield return new MapIdentity(account.Name, identity);
                }
            }
        }
    }

    private static IEnumerable<VoChange> Scopes(VirtualOrganisationSpec spec, ObservedVo observed)
    {
        foreach (var scope in spec.Scopes ?? [])
        {
            if (!observed.Scopes.TryGetValue(scope.Name, out var owner))
            {
                yield return new CreateScope(scope.Name, scope.Owner);
            }
            else if (owner != scope.Owner)
            {
                yield return new SetScopeOwner(scope.Name, scope.Owner);
            }
        }
    }

    private static IEnumerable<VoChange> Quotas(VirtualOrganisationSpec spec, ObservedVo observed, List<Problem> problems)
    {
        var rses = observed.Rses.Values.Where(r => !r.Deleted).Select(r => r.Name).Order(StringComparer.Ordinal).ToList();
        foreach (var account in spec.Accounts ?? [])
        {
            var wanted = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var quota in account.Quotas ?? [])
            {
                var bytes = Quantity.Bytes(quota.Bytes);
                if (quota.RseExpression == "*")
                {
                    foreach (var rse in rses)
                    {
                        wanted.TryAdd(rse, bytes);
                    }
                }
                else if (rses.Contains(quota.RseExpression))
                {
                    wanted[quota.RseExpression] = bytes;
                }
                else
                {
                    problems.Add(new Problem(VoConditions.QuotasReady, WaitingForStorage, $"the quota of account {account.Name} waits for storage {quota.RseExpression}: no StorageElement of this VO has made it yet"));
                }
            }
            var have = observed.Accounts.GetValueOrDefault(account.Name)?.Limits ?? new Dictionary<string, long>();
            foreach (var (rse, bytes) in wanted)
            {
                if (!have.TryGetValue(rse, out var limit) || limit != bytes)
                {
                    yield return new SetQuota(account.Name, rse, bytes);
                }
            }
            foreach (var rse in have.Keys.Where(r => !wanted.ContainsKey(r)).Order(StringComparer.Ordinal))
            {
                yield return new RemoveQuota(account.Name, rse);
            }
        }
    }
}
