using RucioOperator.Api;
using RucioOperator.Controllers;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Plans;

/// <summary>The custom resources of a cluster, as they are or as they would be.</summary>
internal sealed record ResourceSet(IReadOnlyDictionary<ObjectKey, RucioInstance> Instances, IReadOnlyDictionary<ObjectKey, VirtualOrganisation> Vos, IReadOnlyDictionary<ObjectKey, StorageElement> Storages)
{
    public static ResourceSet Empty { get; } = Of([]);

    public static ResourceSet Of(IReadOnlyCollection<IRucioResource> resources) =>
        new(resources.OfType<RucioInstance>().ToDictionary(r => ObjectKey.Of(r)), resources.OfType<VirtualOrganisation>().ToDictionary(r => ObjectKey.Of(r)), resources.OfType<StorageElement>().ToDictionary(r => ObjectKey.Of(r)));

    public IEnumerable<IRucioResource> All => [.. Instances.Values, .. Vos.Values, .. Storages.Values];

    public IRucioResource? Find(string kind, ObjectKey key) => kind switch
    {
        RucioInstance.KubeKind => Instances.GetValueOrDefault(key),
        VirtualOrganisation.KubeKind => Vos.GetValueOrDefault(key),
        _ => Storages.GetValueOrDefault(key),
    };

    /// <summary>These instead of those of the same name; what the operator and the server have written on them stays.</summary>
    public ResourceSet With(IEnumerable<IRucioResource> applied)
    {
        var all = All.ToDictionary(r => (r.Kind, ObjectKey.Of(r)));
        foreach (var resource in applied)
            all[(resource.Kind, ObjectKey.Of(resource))] = all.TryGetValue((resource.Kind, ObjectKey.Of(resource)), out var live) ? Over(live, resource) : resource;
        return Of([.. all.Values]);
    }

    public IReadOnlyList<VirtualOrganisation> VosOf(ObjectKey instance) => [.. Vos.Values.Where(vo => Indexes.InstanceOf(vo) == instance).OrderBy(vo => ObjectKey.Of(vo).ToString(), StringComparer.Ordinal)];

    public IReadOnlyList<StorageElement> StoragesOf(ObjectKey vo) => [.. Storages.Values.Where(s => Indexes.VoOf(s) == vo).OrderBy(s => s.Metadata.Name, StringComparer.Ordinal)];

    /// <summary>Whether the labels of its namespace decide if this VO may use its instance.</summary>
    public bool IsSelected(ObjectKey vo) => Instances.GetValueOrDefault(Indexes.InstanceOf(Vos[vo])) is { } instance
        && instance.Metadata.NamespaceProperty != vo.Namespace && instance.Spec.Tenancy?.AllowedNamespaces?.From == NamespacesFrom.Selector;

    private static IRucioResource Over(IRucioResource live, IRucioResource applied)
    {
        // Annotations that the manifest doesn't name stay, as kubectl and Flux leave them.
        var metadata = live.Metadata with { Annotations = (live.Metadata.Annotations ?? new Dictionary<string, string>()).Concat(applied.Metadata.Annotations ?? new Dictionary<string, string>()).GroupBy(a => a.Key).ToDictionary(a => a.Key, a => a.Last().Value) };
        return (live, applied) switch
        {
            (RucioInstance l, RucioInstance a) => a with { Metadata = metadata, Status = l.Status },
            (VirtualOrganisation l, VirtualOrganisation a) => a with { Metadata = metadata, Status = l.Status },
            (StorageElement l, StorageElement a) => a with { Metadata = metadata, Status = l.Status },
            _ => throw new ArgumentException($"{live.Kind} and {applied.Kind}"),
        };
    }
}
