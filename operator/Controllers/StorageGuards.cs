using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Controllers;

/// <summary>What the rules on one storage may look at.</summary>
/// <param name="Collisions">Storage → place that another VO has.</param>
/// <param name="ClosedHosts">Host → why it may not be named.</param>
internal sealed record StorageGuardFacts(
    RucioInstance Instance, VirtualOrganisation Vo, ObservedVo Observed, IReadOnlyDictionary<string, string> Collisions, IReadOnlyDictionary<string, string> ClosedHosts)
{
    /// <summary>RSE → name of the StorageElement that describes it.</summary>
    public IReadOnlyDictionary<string, string> Holders { get; init; } = new Dictionary<string, string>();

    /// <summary>How many storages of the VO come before this one.</summary>
    public int Place { get; init; }
}

/// <summary>A VO's storages, those that may be planned and those that may not.</summary>
/// <param name="Wanted">By RSE.</param>
internal sealed record SiftedStorages(IReadOnlyDictionary<string, (StorageElement Storage, DesiredRse Rse)> Wanted, IReadOnlyList<(StorageElement Storage, Outcome Why)> Refused);

/// <param name="Refuses">Why the storage must stay out of the plan; null: it need not, for this rule.</param>
internal sealed record StorageGuard(string Name, Func<StorageElement, StorageGuardFacts, Outcome?> Refuses);

/// <summary>What keeps storages out of the plan. In both lists the first rule that fits wins.</summary>
internal static class StorageGuards
{
    public const string VoNotFound = "VirtualOrganisationNotFound";
    public const string VoNotReady = "VirtualOrganisationNotReady";
    public const string PathAlgorithmUnknown = nameof(PathAlgorithmUnknown);

    private static readonly IReadOnlyList<StorageGuard> Rules =
    [
        new("the spec is valid", (s, _) => Invalid(s)),
        new("one StorageElement describes an RSE", (s, f) => f.Holders[s.Spec.Rse] == s.Metadata.Name ? null
            : new Outcome.Rejected("Conflict", $"spec.rse: {s.Spec.Rse} is already described by StorageElement {f.Holders[s.Spec.Rse]}")),
        new("a tenant may name the host", (s, f) => Indexes.HostsOf(s).Select(h => f.ClosedHosts.GetValueOrDefault(h)).OfType<string>().FirstOrDefault() is not { } closed ? null
            : new Outcome.Blocked(HostGuard.HostNotAllowed, $"spec.endpoints: {closed}")),
        new("another VO's files are elsewhere", (s, f) => !f.Collisions.TryGetValue(ObjectKey.Of(s).ToString(), out var taken) ? null
            : new Outcome.Blocked("PrefixTaken", $"spec.endpoints: {taken} overlaps with a storage of another VO, and Rucio's paths do not carry the VO: choose another prefix", TimeSpan.FromMinutes(1))),
        new("the instance allows one more", (s, f) => f.Instance.Spec.Tenancy?.Limits?.Storages is not { } limit || f.Place < limit ? null
            : new Outcome.Blocked(Tenancy.LimitExceeded, $"RucioInstance {ObjectKey.Of(f.Instance)} allows {limit} storages for a VO")),
        new("the VO's FTS server is the storage's", (s, f) => s.Spec.Fts is not { } own || f.Vo.Spec.Transfers?.Fts is not { } vos || own == vos ? null
            : new Outcome.Blocked("FtsNotOfVo", $"spec.fts: {own} is not the server of VirtualOrganisation {ObjectKey.Of(f.Vo)} (spec.transfers.fts: {vos}), and its credential is delegated to no other: leave the field out")),
        new("the instance offers the FTS server", (s, f) => (s.Spec.Fts ?? f.Vo.Spec.Transfers?.Fts) is not { } fts || f.Instance.Spec.Transfers?.FtsServers?.Contains(fts) == true ? null
            : new Outcome.Blocked("FtsNotOffered", $"{(s.Spec.Fts is null ? $"spec.transfers.fts of VirtualOrganisation {ObjectKey.Of(f.Vo)}" : "spec.fts")}: {fts} is not among spec.transfers.ftsServers of RucioInstance {ObjectKey.Of(f.Instance)}")),
        new("somebody makes the paths", PathAlgorithm),
        new("replicas keep their paths", (s, f) => f.Observed.Rses.GetValueOrDefault(s.Spec.Rse) is not { } have || have.Deterministic == s.Spec.Deterministic ? null
            : new Outcome.Rejected("DeterministicFixed", $"spec.deterministic: RSE {s.Spec.Rse} exists with {have.Deterministic}, and its replicas keep their paths")),
    ];

    /// <summary>One that nobody registered breaks every URL of the storage; see lib/rucio/common/plugins.py for the names.</summary>
    private static Outcome.Blocked? PathAlgorithm(StorageElement s, StorageGuardFacts f) => s.Spec.Lfn2pfn switch
    {
        null or "hash" or "identity" => null,
        // What package a VO of somebody else's Rucio has can't be seen from here.
        _ when f.Instance.Spec.External is not null => null,
        { } name when f.Vo.Spec.PolicyPackageName is null => new Outcome.Blocked(PathAlgorithmUnknown, $"spec.lfn2pfn: {name} is neither hash nor identity, and VirtualOrganisation {ObjectKey.Of(f.Vo)} has no policy package that could bring it (spec.policyPackageName)"),
        { } name when f.Instance.Spec.MultiVo && !name.StartsWith(f.Vo.Spec.Tag, StringComparison.OrdinalIgnoreCase) => new Outcome.Blocked(PathAlgorithmUnknown, $"spec.lfn2pfn: Rucio takes no algorithm from the policy package of VO {f.Vo.Spec.Tag} whose name does not begin with {f.Vo.Spec.Tag}"),
        _ => null,
    };

    public static Outcome? Refuses(StorageElement storage, StorageGuardFacts facts) =>
        Rules.Select(r => r.Refuses(storage, facts)).OfType<Outcome>().FirstOrDefault();

    /// <summary>Living and not suspended: those that something is said of.</summary>
    public static bool IsActive(StorageElement storage) => storage.Metadata.DeletionTimestamp is null && !storage.Suspended;

    /// <param name="all">Of the VO, those that are suspended or being deleted among them.</param>
    public static SiftedStorages Sift(IReadOnlyCollection<StorageElement> all, StorageGuardFacts facts)
    {
        facts = facts with { Holders = Describing(all).ToDictionary(s => s.Spec.Rse, s => s.Metadata.Name, StringComparer.Ordinal) };
        var (wanted, refused) = (new Dictionary<string, (StorageElement, DesiredRse)>(StringComparer.Ordinal), new List<(StorageElement, Outcome)>());
        foreach (var storage in BySeniority(all.Where(IsActive)))
        {
            if (Refuses(storage, facts with { Place = wanted.Count }) is { } why)
            {
                refused.Add((storage, why));
            }
            else
            {
                wanted[storage.Spec.Rse] = (storage, DesiredStorage.For(storage, StorageDefaults.Of(facts.Instance, facts.Vo)));
            }
        }
        return new(wanted, refused);
    }

    public static Outcome? Invalid(StorageElement storage) => StatusPass.Invalid(StorageElementRules.Validate(storage));

    /// <summary>Rules about the VO, which hold for all of its storages.</summary>
    public static Outcome? OfVo(StorageWork work, out RucioInstance? instance)
    {
        instance = null;
        if (work.Vo is not { } vo)
        {
            return new Outcome.Blocked(VoNotFound, $"spec.voRef: VirtualOrganisation {work.VoKey} does not exist");
        }
        if (vo.Metadata.DeletionTimestamp is not null)
        {
            // Under Offboard it is making its storages unavailable.
            return new Outcome.Blocked(VoNotFound, $"spec.voRef: VirtualOrganisation {work.VoKey} is being deleted");
        }
        if (work.Parts.Tenancy.Refuses(vo, out instance) is { } refused)
        {
            return refused;
        }
        return vo.Status is { Tag: not null, Conditions: { } conditions } && conditions.Any(c => c is { Type: VoConditions.CredentialsSafe } and ({ Status: "True" } or { Reason: StatusPass.DriftReported or StatusPass.PlanOnlyReason })) && vo.Status.Tag == vo.Spec.Tag
            ? null
            : new Outcome.Blocked(VoNotReady, $"VirtualOrganisation {work.VoKey} is not ready for storages yet: see its conditions");
    }

    /// <summary>A status is only what somebody wrote there: the catalogue says whose the VO is.</summary>
    public static Outcome? OfClaim(StorageWork work, ObservedVo seen) =>
        seen.Claim == work.VoKey.ToString() ? null : new Outcome.Blocked(VoNotReady, $"VirtualOrganisation {work.VoKey} does not hold tag {work.Vo!.Spec.Tag}: see its conditions");

    /// <summary>Oldest first: who was there keeps the RSE, and the place within a limit. One that is still a file is the newest.</summary>
    public static IEnumerable<StorageElement> BySeniority(IEnumerable<StorageElement> storages) =>
        storages.OrderBy(s => s.Metadata.CreationTimestamp ?? DateTime.MaxValue).ThenBy(s => s.Metadata.Name, StringComparer.Ordinal);

    /// <summary>Where several describe one RSE, the one that counts.</summary>
    public static IEnumerable<StorageElement> Describing(IEnumerable<StorageElement> storages) =>
        storages.GroupBy(s => s.Spec.Rse).Select(same => BySeniority(same).OrderBy(s => s.Metadata.DeletionTimestamp is not null).ThenBy(s => s.Suspended).First());

    /// <summary>Only those that share a host with this VO matter, and the same validity that keeps them out of Rucio is their own pass's business.</summary>
    public static IEnumerable<StoragePlace> Places(StorageWork work)
    {
        var parts = work.Parts;
        var hosts = work.All.SelectMany(Indexes.HostsOf).Select(StoragePlace.HostOf).ToHashSet(StringComparer.Ordinal);
        foreach (var storage in hosts.SelectMany(host => parts.Storages.Store.ByIndex(Indexes.ByHost, host)).Distinct())
        {
            if (parts.Vos.Store.Get(Indexes.VoOf(storage)) is not { } vo || !HoldsItsTag(parts, vo))
            {
                continue;
            }
            var made = parts.Connections.FindCatalogue(Indexes.InstanceOf(vo))?.Snapshot?.Vo(vo.Spec.Tag).Rses.GetValueOrDefault(storage.Spec.Rse);
            foreach (var endpoint in storage.Spec.Endpoints ?? [])
            {
                if (Endpoint.TryParse(endpoint.Url, out var url, out _))
                {
                    var rank = made is { Deleted: false } && made.Protocols.Any(p => p.Hostname == url.Host && p.Prefix == url.Prefix) ? PlaceRank.Standing : PlaceRank.Asked;
                    yield return new StoragePlace(ObjectKey.Of(storage).ToString(), PlaceOf(vo), url.Host, url.Prefix, (rank, storage.Metadata.CreationTimestamp ?? DateTime.MaxValue, ObjectKey.Of(storage).ToString()));
                }
            }
        }
        // Under Retain a StorageElement goes, and its RSE stays with all its files.
        foreach (var other in parts.Connections.FindCatalogue(ObjectKey.Of(work.Instance))?.Snapshot?.Vos.Values ?? [])
        {
            if (other.Tag == work.Vo!.Spec.Tag)
            {
                continue;
            }
            foreach (var protocol in other.Rses.Values.Where(r => !r.Deleted).SelectMany(r => r.Protocols).Where(p => hosts.Contains(StoragePlace.HostOf(p.Hostname))))
            {
                yield return new StoragePlace(PrefixCollisions.Nobody, $"{ObjectKey.Of(work.Instance)} {other.Tag}", protocol.Hostname, protocol.Prefix, (PlaceRank.Left, DateTime.MinValue, ""));
            }
        }
    }

    private static string PlaceOf(VirtualOrganisation vo) => $"{Indexes.InstanceOf(vo)} {vo.Spec.Tag}";

    /// <summary>Who only says so, from a namespace that is not allowed for example, keeps nobody from a prefix.</summary>
    private static bool HoldsItsTag(StorageParts parts, VirtualOrganisation vo) =>
        parts.Connections.FindCatalogue(Indexes.InstanceOf(vo))?.Snapshot is not { } snapshot || snapshot.Vo(vo.Spec.Tag).Claim == ObjectKey.Of(vo).ToString();
}
