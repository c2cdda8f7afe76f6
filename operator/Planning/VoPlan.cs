using System.Text.RegularExpressions;
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
    /// <summary>Whom the root identity opens.</summary>
    public string RootAccount { get; init; } = "root";

    public VoReach Reach { get; init; } = VoReach.Catalogue;

    /// <summary>Account → user name, where that is not the usual one: over REST a password can't be changed, so a new one comes with a new name.</summary>
    public IReadOnlyDictionary<string, string> Identities { get; init; } = new Dictionary<string, string>();

    /// <summary>USERPASS names are global in Rucio; the tag keeps VOs apart.</summary>
    public static string IdentityOf(string account, string tag) => $"{account}@{tag}";

    /// <summary>A name nobody can have taken: over REST an existing row keeps its password, whoever's it is.</summary>
    public static string NewIdentityOf(string account, string tag, string random) => $"{account}@{tag}-{random.ToLowerInvariant()}";

    public string IdentityOf(string account) => Identities.GetValueOrDefault(account) ?? IdentityOf(account, Spec.Tag);

    public override string ToString() => Claimant;
}

/// <summary>
/// Pure: what to do now for one VO. Where a later step depends on what an earlier one brings about (which identities
/// <c>POST /vos</c> maps onto root), the plan ends there and the next round of observe and plan goes on.
/// </summary>
public static partial class VoPlan
{
    public const string TagTaken = nameof(TagTaken);
    public const string ExistsUnclaimed = nameof(ExistsUnclaimed);
    public const string WaitingForStorage = nameof(WaitingForStorage);
    public const string AccountTypeFixed = nameof(AccountTypeFixed);
    public const string NotGranted = nameof(NotGranted);
    public const string NotReachable = nameof(NotReachable);
    public const string NotPermitted = nameof(NotPermitted);

    /// <summary>What Rucio gives root of every new VO (lib/rucio/core/vo.py).</summary>
    private const string PublishedPassword = "password";

    public static Plan<VoChange> For(DesiredVo desired, ObservedVo observed)
    {
        if (desired.Reach != VoReach.Catalogue && Refusal(desired, observed) is { } refusal)
        {
            return new([], [refusal]);
        }
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

    /// <summary>What a Rucio that somebody else runs does not allow; first rule that fits wins.</summary>
    private static Problem? Refusal(DesiredVo desired, ObservedVo observed)
    {
        var tag = desired.Spec.Tag;
        return desired switch
        {
            { Granted: false } => new(VoConditions.Claimed, NotGranted, $"this Rucio is somebody else's: the platform engineer grants tag {tag} to this namespace in spec.tenancy.vos of the RucioInstance"),
            { Reach: VoReach.Given } when !observed.Exists => new(VoConditions.Claimed, NotReachable, $"the account in spec.external.credentialsSecretRef of the RucioInstance does not open VO {tag}: the VO is missing there, or the account in it"),
            { Reach: VoReach.Given, Spec: { Description: not null } or { Email: not null } } => new(VoConditions.Claimed, NotPermitted, "spec.description and spec.email: only super_root of that Rucio may set them; leave them out"),
            _ => null,
        };
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
        if (desired.Reach == VoReach.Catalogue && observed.PolicyPackage != desired.PolicyPackage)
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
        var ours = desired.Reach == VoReach.Given || mapped.Any(i => i is { Type: "USERPASS" } && i.Identity == desired.RootIdentity);
        if (!ours)
        {
            yield return new RecoverRoot(tag, desired.RootIdentity);
        }
        else if (desired.Reach == VoReach.Catalogue && observed.Passwords.GetValueOrDefault(desired.RootIdentity)?.Matches(desired.RootPassword) != true)
        {
            yield return new SetRootPassword(tag, desired.RootIdentity);
        }
        else
        {
            foreach (var other in mapped.Where(i => i.Identity != desired.RootIdentity || i.Type != "USERPASS"))
            {
                // On a VO somebody else made, only the published identity and an earlier operator's are ours to remove.
                if (desired.Reach != VoReach.Given && (observed.CreatedByOperator || IsOperators(other, tag))
                    || other.Identity == published && (desired.Reach == VoReach.Catalogue || observed.PublishedRootOpens))
                {
                    yield return new UnmapRootIdentity(other.Identity, other.Type);
                }
            }
        }
    }

    /// <summary>A re-created cluster has new Secrets, and the old ones must be dead.</summary>
    private static bool IsOperators(ObservedIdentity identity, string tag) => identity.Type == "USERPASS" && OperatorIdentity().Match(identity.Identity) is { Success: true } match && match.Groups[1].Value == tag;

    [GeneratedRegex(@"^operator-[a-z0-9]{8}@(...)\z")]
    private static partial Regex OperatorIdentity();

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
