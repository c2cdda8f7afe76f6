using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Commands.Manifests;
using RucioOperator.Controllers;
using RucioOperator.Controllers.Stages;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Releases;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Plans;

/// <summary>Pure: the difference of two states of a cluster. Rucio itself is not asked: what somebody changed there behind the operator's back is not seen.</summary>
/// <param name="before">What is there.</param>
/// <param name="after">The same with the files applied.</param>
/// <param name="files">The resources of the files, with their places.</param>
/// <param name="labelsOf">Of a namespace; null where it isn't there.</param>
/// <param name="unseen">Instances that exist and may not be read.</param>
internal sealed class PlanMaker(ResourceSet before, ResourceSet after, IReadOnlyList<(ManifestDocument Document, IRucioResource Resource)> files, ApiKinds kinds, Func<string, IDictionary<string, string>?> labelsOf, IReadOnlySet<ObjectKey> unseen)
{
    private const string NotSeen = "(not seen)";

    private readonly IReadOnlyDictionary<string, string> _collisionsBefore = VoForecast.Collisions(before), _collisions = VoForecast.Collisions(after);

    private readonly Dictionary<ObjectKey, VoForecast?> _forecasts = [];

    public IReadOnlyList<ResourcePlan> Make()
    {
        foreach (var key in Touched(files.Select(f => f.Resource), after))
            _forecasts[key] = Forecast(key);
        List<ResourcePlan> own = [.. files.Select(file => Plan(file.Resource.Kind, ObjectKey.Of(file.Resource), file.Document.Place("metadata.name")))];
        var named = own.Select(p => (p.Kind, p.Key)).ToHashSet();
        // Beside the files: instances that serve a new VO, VOs whose quotas mean a new storage.
        IEnumerable<(string Kind, ObjectKey Key)> beside =
        [
            .. _forecasts.Keys.Select(key => (RucioInstance.KubeKind, Indexes.InstanceOf(after.Vos[key]))).Distinct(),
            .. _forecasts.Keys.Select(key => (VirtualOrganisation.KubeKind, key)),
        ];
        return [.. own, .. beside.Where(one => !named.Contains(one) && after.Find(one.Kind, one.Key) is not null).Select(one => Plan(one.Kind, one.Key, null)).Where(p => p.HasChanges || IsBeyond(p.Kind, p.Key))];
    }

    /// <summary>VOs that are in the files, have a storage there, or whose instance is.</summary>
    public static IEnumerable<ObjectKey> Touched(IEnumerable<IRucioResource> applied, ResourceSet after) => applied.SelectMany(resource => resource switch
    {
        VirtualOrganisation vo => [ObjectKey.Of(vo)],
        StorageElement storage => after.Vos.ContainsKey(Indexes.VoOf(storage)) ? [Indexes.VoOf(storage)] : [],
        var instance => after.VosOf(ObjectKey.Of(instance)).Select(vo => ObjectKey.Of(vo)),
    }).Distinct();

    /// <summary>An instance of a release that this binary doesn't know: not a word would look like no change.</summary>
    private bool IsBeyond(string kind, ObjectKey key) => kind == RucioInstance.KubeKind && after.Instances[key].Spec is { External: null } spec && !ReleaseCatalogue.Find(spec.Version).Found;

    private VoForecast? Forecast(ObjectKey key)
    {
        var vo = after.Vos[key];
        if (Obstacle(vo) is not null || vo.Suspended || vo.Spec.ManagementPolicy == ManagementPolicy.ObserveOnly)
            return null;
        var (start, live) = (Beginning(vo), before.Vos.GetValueOrDefault(key));
        IReadOnlyDictionary<string, EffectiveStorage> former = new Dictionary<string, EffectiveStorage>();
        if (live is not null && Holds(live))
        {
            var made = before.StoragesOf(key).Where(s => s.Status?.RseId is not null).ToList();
            var then = VoForecast.Of(new(before.Instances.GetValueOrDefault(Indexes.InstanceOf(live)), live, made, _collisionsBefore, former, live.Spec.LongName), start);
            (start, former) = (then.Rucio, then.Effective);
        }
        return VoForecast.Of(new(after.Instances.GetValueOrDefault(Indexes.InstanceOf(vo)), vo, after.StoragesOf(key), _collisions, former, live?.Spec.LongName), start);
    }

    /// <summary>The base VO is there from the start, with its root.</summary>
    private ObservedVo Beginning(VirtualOrganisation vo) => vo.Spec.Tag != BaseVo.Tag ? ObservedVo.Absent(vo.Spec.Tag) : ObservedVo.Absent(vo.Spec.Tag) with
    {
        Exists = true,
        Accounts = new Dictionary<string, ObservedAccount> { ["root"] = new("root", "SERVICE", "ACTIVE", null) },
    };

    private ResourcePlan Plan(string kind, ObjectKey key, string? place)
    {
        var (live, next) = (before.Find(kind, key), after.Find(kind, key)!);
        var fields = live is null ? [] : SpecDifferences.Of(SpecOf(live), SpecOf(next));
        var action = live is null ? PlannedAction.Create : fields.Count > 0 ? PlannedAction.Change : PlannedAction.Unchanged;
        var (objects, rucio, waits) = next switch
        {
            RucioInstance instance => Of((RucioInstance?)live, instance),
            VirtualOrganisation vo => Of((VirtualOrganisation?)live, vo, _forecasts.GetValueOrDefault(key)),
            _ => Of((StorageElement)next, _forecasts.GetValueOrDefault(Indexes.VoOf((StorageElement)next))),
        };
        if (Rests(next) is { } rests)
            (objects, rucio, waits) = ([], [], [rests]);
        return new(kind, key, place, action, fields, objects, rucio, waits);
    }

    private (IReadOnlyList<PlannedObject>, IReadOnlyList<string>, IReadOnlyList<string>) Of(RucioInstance? live, RucioInstance next)
    {
        var waits = RequiredKinds.Of(next.Spec).Where(r => !kinds.Has(r.Kind)).Select(r => $"{r.Field} needs objects of kind {r.Kind}, which this cluster does not serve: install {r.Kind.Product}").ToList();
        if (next.Spec.External is not null)
            return ([], [], waits);
        var (key, begins, was) = (ObjectKey.Of(next), live?.Status?.AlembicRevision is null, live is null ? null : ReleaseCatalogue.Find(live.Spec.Version));
        var lookup = ReleaseCatalogue.Find(next.Spec.Version);
        if ((lookup.Error ?? (begins ? null : was?.Error)) is { } unknown)
            return ([], [], [.. waits, $"spec.version: {unknown}: what would change of it can't be told; ask the rucio-operator that is installed there"]);
        var release = lookup.Release!;
        var objects = ObjectDifferences.Of(
            begins ? new Dictionary<(string, ObjectKey), ForecastObject>() : InstanceForecast.Objects(live!, was!.Release!, [.. before.VosOf(key).Where(Holds).Select(Standing)], kinds, begins: false),
            InstanceForecast.Objects(next, release, [.. after.VosOf(key).Select(Coming).OfType<ForecastTenant>()], kinds, begins));
        if (begins)
            return ([.. objects], [next.Spec.Database.Existing is null ? new MakeDatabase().Describe() : new MakeCatalogue().Describe()], waits);
        var decision = PhaseDecision.For(new PhaseFacts { Version = next.Spec.Version, Release = release, Lines = ReleaseCatalogue.Lines, RanVersion = live!.Status!.Version, Revision = live.Status.AlembicRevision, HadCatalogue = true, Complete = true, Hibernate = next.Spec.Hibernate == true });
        return decision.Problem is { } problem ? ([], [], [.. waits, problem.Message])
            : ([.. objects], decision.Phase.IsUpgrade() ? [$"migrate the catalogue from revision {live.Status.AlembicRevision} to {release.AlembicHead} for Rucio {next.Spec.Version}: stop daemons, maintenance, backup, migration, start"] : [], waits);
    }

    private (IReadOnlyList<PlannedObject>, IReadOnlyList<string>, IReadOnlyList<string>) Of(VirtualOrganisation? live, VirtualOrganisation next, VoForecast? forecast)
    {
        if (forecast is null)
            return ([], [], Obstacle(next) is { } obstacle ? [obstacle] : []);
        var former = live is not null && Holds(live) ? InstanceForecast.Objects(live, before.Instances.GetValueOrDefault(Indexes.InstanceOf(live))) : new Dictionary<(string, ObjectKey), ForecastObject>();
        List<string> waits = [.. forecast.Problems.Select(p => p.Message)];
        if (!after.Instances.ContainsKey(Indexes.InstanceOf(next)))
            waits.Add($"RucioInstance {Indexes.InstanceOf(next)} {(unseen.Contains(Indexes.InstanceOf(next)) ? "can't be read with your rights" : "is not among the files")}: believed to be there and to allow this");
        if (next.Spec.Membership is not null)
            waits.Add("spec.membership: accounts that come from the issuer's groups are not known here");
        return ([.. ObjectDifferences.Of(former, InstanceForecast.Objects(next, after.Instances.GetValueOrDefault(Indexes.InstanceOf(next)), former))], forecast.Changes, waits);
    }

    private (IReadOnlyList<PlannedObject>, IReadOnlyList<string>, IReadOnlyList<string>) Of(StorageElement next, VoForecast? forecast) => (after.Vos.ContainsKey(Indexes.VoOf(next)), forecast) switch
    {
        (false, _) => ([], [], [$"spec.voRef: VirtualOrganisation {Indexes.VoOf(next)} does not exist"]),
        (_, null) => ([], [], [$"VirtualOrganisation {Indexes.VoOf(next)} is not ready for storages: see there"]),
        (_, { } f) => ([], f.Refused.ContainsKey(next.Metadata.Name) ? [] : f.ChangesOf(next.Spec.Rse), f.Refused.GetValueOrDefault(next.Metadata.Name) is { } why ? [why] : []),
    };

    /// <summary>Why nothing is done for this VO; null: go on. An instance that nobody sees is believed to allow it.</summary>
    private string? Obstacle(VirtualOrganisation vo)
    {
        var key = Indexes.InstanceOf(vo);
        if (after.Instances.GetValueOrDefault(key) is not { } instance)
            return before == ResourceSet.Empty || unseen.Contains(key) ? null : $"spec.instanceRef: RucioInstance {key} does not exist";
        if (Tenancy.Refuses(vo, instance, () => labelsOf(vo.Metadata.NamespaceProperty)) is { } refused)
            return refused is Outcome.Blocked blocked ? blocked.Message : ((Outcome.Rejected)refused).Message;
        if (Tenancy.Pauses(instance) is { } pause)
            return pause;
        return after.VosOf(key).Where(other => other.Spec.Tag == vo.Spec.Tag).OrderBy(other => !before.Vos.ContainsKey(ObjectKey.Of(other))).ThenBy(other => other.Metadata.CreationTimestamp).First() is var first && ObjectKey.Of(first) != ObjectKey.Of(vo)
            ? $"spec.tag: {vo.Spec.Tag} is VirtualOrganisation {(first.Metadata.NamespaceProperty == vo.Metadata.NamespaceProperty ? first.Metadata.Name : NotSeen)}'s: choose another" : null;
    }

    /// <summary>Nothing is done for it, whatever its spec says; null: something is.</summary>
    private static string? Rests(IRucioResource resource) => resource switch
    {
        { Suspended: true } => "spec.suspend is true: nothing is looked at or changed",
        { Metadata.Annotations: { } a } when a.TryGetValue(ApiGroup.DryRunAnnotation, out var dry) && dry == "true" => $"annotation {ApiGroup.DryRunAnnotation}: nothing is changed",
        RucioInstance { Spec.ManagementPolicy: ManagementPolicy.ObserveOnly } or VirtualOrganisation { Spec.ManagementPolicy: ManagementPolicy.ObserveOnly } or StorageElement { Spec.ManagementPolicy: ManagementPolicy.ObserveOnly } => "spec.managementPolicy ObserveOnly: nothing is changed",
        _ => null,
    };

    /// <summary>As far as its status tells.</summary>
    private static bool Holds(VirtualOrganisation vo) => InputsStage.SaysItHolds(vo) && vo.Status?.Conditions?.Any(c => c is { Type: VoConditions.Claimed, Status: "True" }) == true;

    private ForecastTenant Standing(VirtualOrganisation vo) => new(vo, vo.Status?.LongName, before.StoragesOf(ObjectKey.Of(vo)).Any(s => s.Status?.RseId is not null));

    /// <summary>Null: the instance knows nothing of it, as nothing is done for it.</summary>
    private ForecastTenant? Coming(VirtualOrganisation vo) => _forecasts.GetValueOrDefault(ObjectKey.Of(vo)) switch
    {
        { Rucio: { Exists: true } rucio } when rucio.Claim == ObjectKey.Of(vo).ToString() => new(vo, rucio.LongNames.Where(n => n.Value == vo.Spec.Tag && n.Key == vo.Spec.LongName).Select(n => n.Key).FirstOrDefault(), rucio.StorageCount > 0),
        _ => Holds(vo) ? Standing(vo) : null,
    };

    /// <summary>Through the same types on both sides, so that defaults and forms of numbers don't count.</summary>
    private static JsonNode? SpecOf(IRucioResource resource) => (resource switch
    {
        RucioInstance instance => JsonSerializer.SerializeToNode(instance, KubeJson.Info<RucioInstance>()),
        VirtualOrganisation vo => JsonSerializer.SerializeToNode(vo, KubeJson.Info<VirtualOrganisation>()),
        var storage => JsonSerializer.SerializeToNode((StorageElement)storage, KubeJson.Info<StorageElement>()),
    })?["spec"];
}
