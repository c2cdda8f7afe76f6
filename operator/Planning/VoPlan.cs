using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Planning;

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
    public const string IdentityTaken = nameof(IdentityTaken);
    public const string NotGranted = nameof(NotGranted);
    public const string NotReachable = nameof(NotReachable);
    public const string NotPermitted = nameof(NotPermitted);
    public const string LongNameTaken = nameof(LongNameTaken);

    public const string ScopeDeleted = nameof(ScopeDeleted);
    public const string SubscriptionTooLarge = nameof(SubscriptionTooLarge);
    public const string NoTransmogrifier = nameof(NoTransmogrifier);

    private delegate IEnumerable<VoChange> Part(DesiredVo desired, ObservedVo observed, List<Problem> problems);

    /// <summary>In the order of what builds on what.</summary>
    private static readonly IReadOnlyList<Part> Parts = [VoDetailsPart.Changes, VoLongNamePart.Changes, VoAccountsPart.Changes, VoScopesPart.Changes, VoQuotasPart.Changes, VoSubscriptionsPart.Changes];

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
        var root = tag == BaseVo.Tag ? [] : VoRootPart.Changes(desired, observed).ToList();
        if (!observed.Exists || root.Any(c => c is RecoverRoot or SetRootPassword))
        {
            // Which mappings root has is only known once it exists and answers to us.
            return new(root, []);
        }
        List<Problem> problems = [.. desired.Problems];
        return new([.. root, .. Parts.SelectMany(part => part(desired, observed, problems))], problems);
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
            { Reach: VoReach.Given, Spec.RootMappings: not null } => new(VoConditions.Claimed, NotPermitted, "spec.rootMappings: only super_root of that Rucio decides who is root; leave it out"),
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
            _ when desired.Granted && desired.Reach == VoReach.Catalogue => Blocked(TagTaken, $"tag {tag} is still held by another VirtualOrganisation: what spec.tenancy.vos of the RucioInstance grants is taken up when that one is deleted"),
            _ => Blocked(TagTaken, $"tag {tag} is held by another VirtualOrganisation: choose another spec.tag"),
        };

        static Plan<VoChange> Blocked(string reason, string message) => new([], [new Problem(VoConditions.Claimed, reason, message)]);
    }
}
