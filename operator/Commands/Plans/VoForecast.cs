using RucioOperator.Api;
using RucioOperator.Controllers;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.Runtime;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Commands.Plans;

/// <summary>A VO with its storages, all that the plans of both look at.</summary>
/// <param name="Instance">Null: it can't be seen from here, and is believed to offer what is asked for.</param>
/// <param name="Collisions">Storage → place that another VO has.</param>
/// <param name="Former">RSE → what an earlier forecast came to.</param>
internal sealed record VoSituation(RucioInstance? Instance, VirtualOrganisation Vo, IReadOnlyList<StorageElement> Storages, IReadOnlyDictionary<string, string> Collisions, IReadOnlyDictionary<string, EffectiveStorage> Former, string? FormerLongName);

/// <summary>
/// Pure: the rounds of plan and act that the loops would go through, played on a picture of Rucio. Both loops take turns, as they
/// do there: quotas wait for storages, storages for the VO.
/// </summary>
internal sealed class VoForecast
{
    private const string OfSuperRoot = "(those of super_root)";
    private const string OperatorsRoot = "(the operator's)";

    /// <summary>Of each loop; a plan that is not empty by then does not converge.</summary>
    private const int Rounds = 20;

    private readonly VoSituation _situation;
    private readonly RucioInstance _instance;
    private readonly List<VoChange> _changes = [];
    private readonly List<(string? Rse, string Words)> _storageChanges = [];
    private readonly Dictionary<string, string> _refused = [];
    private readonly Dictionary<string, EffectiveStorage> _effective = [];

    private VoForecast(VoSituation situation, ObservedVo start)
    {
        (_situation, _instance, Rucio) = (situation, situation.Instance ?? Believed(situation), start);
        IReadOnlyList<Problem> problems = [];
        for (var round = 0; round < Rounds; round++)
        {
            var plan = VoPlan.For(Desired(), Rucio);
            problems = plan.Problems;
            foreach (var change in plan.Changes)
                Rucio = VoEffects.Apply(Rucio, Desired(), change, OfSuperRoot);
            _changes.AddRange(plan.Changes);
            var storages = Rucio.Exists && Rucio.Claim == Claimant && plan.IsEmpty ? PlanStorages() : [];
            foreach (var change in storages)
                Rucio = StorageEffects.Apply(Rucio, change);
            _storageChanges.AddRange(storages.SelectMany(Words));
            if (plan.IsEmpty && storages.Count == 0)
                break;
        }
        Problems = problems;
    }

    /// <summary>Of the VO in the end.</summary>
    public ObservedVo Rucio { get; private set; }

    public IReadOnlyList<Problem> Problems { get; }

    /// <summary>Of the VO, distances between its storages among them.</summary>
    public IReadOnlyList<string> Changes => [.. _changes.Select(c => c.Describe()), .. _storageChanges.Where(c => c.Rse is null).Select(c => c.Words)];

    public IReadOnlyList<string> ChangesOf(string rse) => [.. _storageChanges.Where(c => c.Rse == rse).Select(c => c.Words)];

    /// <summary>StorageElement → why it would be left out.</summary>
    public IReadOnlyDictionary<string, string> Refused => _refused;

    /// <summary>By RSE.</summary>
    public IReadOnlyDictionary<string, EffectiveStorage> Effective => _effective;

    public static VoForecast Of(VoSituation situation, ObservedVo start) => new(situation, start);

    private string Claimant => ObjectKey.Of(_situation.Vo).ToString();

    private DesiredVo Desired()
    {
        var vo = _situation.Vo;
        var external = _instance.Spec.External is not null;
        return new(vo.Spec, Claimant, external || Tenancy.Grants(_instance, vo), ClaimantIsGone: false, TenantPolicyPackage.Name, OperatorsRoot, "", UserpassLogin.Of(vo.Spec).ToDictionary(login => login.Account.Name, _ => ""))
        {
            // What its tables allow is not known of somebody else's Rucio; that it takes what super_root may do is the usual case.
            Reach = external ? VoReach.SuperRoot : VoReach.Catalogue,
            FormerLongName = _situation.FormerLongName,
            Accounts = [.. vo.Spec.Accounts ?? []],
            Issuers = _situation.Instance is { Spec.External: null } known ? [.. (known.Spec.Oidc?.Issuers ?? []).Select(i => new TokenIssuer(i.Name, i.Url))] : null,
            SlashNames = _instance.Spec.External is { LegacyDn: true },
            Shared = new SharedIdentities(_instance.Spec.Tenancy?.SharedIdentities ?? []),
        };
    }

    private IReadOnlyList<StorageChange> PlanStorages()
    {
        // As far as names go: nobody is asked where they lead, and which ranges are the cluster's own only the operator knows.
        var closed = HostGuard.RefusedByName(_instance, _situation.Storages.SelectMany(Indexes.HostsOf), new ClosedHosts([]));
        var sifted = StorageGuards.Sift([.. _situation.Storages.Select(Remembering)], new(_instance, _situation.Vo, Rucio, _situation.Collisions, closed));
        _refused.Clear();
        foreach (var (storage, why) in sifted.Refused)
            _refused[storage.Metadata.Name] = Words(why);
        // One that is only watched has its place, but nothing is done to it.
        var wanted = sifted.Wanted.Where(w => w.Value.Storage.Spec.ManagementPolicy == ManagementPolicy.Full).ToDictionary(StringComparer.Ordinal);
        var distances = DesiredDistances.For(_situation.Vo.Spec.Distances, wanted.Values.Select(w => w.Storage));
        var linked = wanted.ToDictionary(w => w.Key, w => new LinkedStorage(DesiredDistances.Read(w.Value.Storage.Status!.Effective), Settled: false), StringComparer.Ordinal);
        var pairs = new DistanceDifferences(distances, linked, _situation.Storages.Select(s => s.Spec.Rse).ToHashSet(StringComparer.Ordinal), Rucio).Find();
        _effective.Clear();
        foreach (var (rse, (storage, desired)) in wanted)
            _effective[rse] = DesiredDistances.Write(DesiredStorage.Effective(storage, desired), distances, rse);
        return StoragePlan.For(wanted.Values.Select(w => w.Rse), Rucio, [.. pairs.Select(p => p.Pair)]).Changes;
    }

    /// <summary>With what an earlier forecast came to in place of what the operator wrote there.</summary>
    private StorageElement Remembering(StorageElement storage) => storage with { Status = (storage.Status ?? new()) with { Effective = _situation.Former.GetValueOrDefault(storage.Spec.Rse) } };

    private static IEnumerable<(string?, string)> Words(StorageChange change) => change is ImportRses import
        ? import.Rses.Select(rse => ((string?)rse.Name, (import with { Rses = [rse] }).Describe()))
        : [(change.Rse, change.Describe())];

    private static string Words(Outcome outcome) => outcome switch
    {
        Outcome.Blocked blocked => blocked.Message,
        Outcome.Rejected rejected => rejected.Message,
        _ => outcome.ToString()!,
    };

    private static RucioInstance Believed(VoSituation s) => new()
    {
        Metadata = new() { Name = s.Vo.Spec.InstanceRef.Name, NamespaceProperty = Indexes.InstanceOf(s.Vo).Namespace },
        Spec = new()
        {
            Version = ReleaseCatalogue.Lines[0].Versions[^1],
            MultiVo = s.Vo.Spec.Tag != BaseVo.Tag,
            Transfers = new() { FtsServers = [.. s.Storages.Select(x => x.Spec.Fts).Append(s.Vo.Spec.Transfers?.Fts).OfType<string>().Distinct()] },
            Tenancy = new() { AllowedHosts = [.. s.Storages.SelectMany(Indexes.HostsOf).Distinct()] },
        },
    };

    /// <summary>Storages of several VOs that would write into one another's folders.</summary>
    public static IReadOnlyDictionary<string, string> Collisions(ResourceSet all) => PrefixCollisions.Find(
        from storage in all.Storages.Values
        let vo = all.Vos.GetValueOrDefault(Indexes.VoOf(storage))
        where vo is not null
        from endpoint in storage.Spec.Endpoints ?? []
        let place = Endpoint.TryParse(endpoint.Url, out var url, out _) ? url : null
        where place is not null
        let key = ObjectKey.Of(storage).ToString()
        select new StoragePlace(key, Indexes.TagOf(vo), place.Host, place.Prefix, (storage.Status?.RseId is null ? PlaceRank.Asked : PlaceRank.Standing, storage.Metadata.CreationTimestamp ?? DateTime.MaxValue, key)));
}
