using RucioOperator.Api;
using RucioOperator.Controllers;
using RucioOperator.Runtime;

namespace RucioOperator.Commands.Status;

/// <summary>Instance → VO → storage, by name; what refers to nothing hangs below a stand-in.</summary>
public static class StatusTree
{
    public const string NotFound = nameof(NotFound);
    public const string Forbidden = nameof(Forbidden);

    /// <param name="missing">Of parents that are not among them: why.</param>
    public static IReadOnlyList<StatusNode> Of(IReadOnlyCollection<RucioInstance> instances, IReadOnlyCollection<VirtualOrganisation> vos, IReadOnlyCollection<StorageElement> storages, IReadOnlyDictionary<ObjectKey, string> missing)
    {
        var storagesOf = storages.OrderBy(s => s.Metadata.Name, StringComparer.Ordinal).ToLookup(Indexes.VoOf, s => StatusNode.Of(s, []));
        var lost = storagesOf.Select(group => group.Key).Where(key => vos.All(vo => ObjectKey.Of(vo) != key)).OrderBy(key => key.ToString(), StringComparer.Ordinal);
        var vosOf = vos.OrderBy(vo => ObjectKey.Of(vo).ToString(), StringComparer.Ordinal).ToLookup(Indexes.InstanceOf, vo => StatusNode.Of(vo, [.. storagesOf[ObjectKey.Of(vo)]]));
        var absent = vosOf.Select(group => group.Key).Where(key => instances.All(i => ObjectKey.Of(i) != key));
        return
        [
            .. instances.Select(i => (Key: ObjectKey.Of(i), Node: StatusNode.Of(i, [.. vosOf[ObjectKey.Of(i)]])))
                .Concat(absent.Select(key => (Key: key, Node: Absent(RucioInstance.KubeKind, key, [.. vosOf[key]]))))
                .OrderBy(root => root.Key.ToString(), StringComparer.Ordinal).Select(root => root.Node),
            .. lost.Select(key => Absent(VirtualOrganisation.KubeKind, key, [.. storagesOf[key]])),
        ];

        StatusNode Absent(string kind, ObjectKey key, IReadOnlyList<StatusNode> children) => new(kind, key, null, missing.GetValueOrDefault(key) ?? NotFound, children);
    }

    /// <summary>What the exit code and the output for machines say. A parent out of sight speaks against nobody.</summary>
    public static bool AllReady(IEnumerable<StatusNode> roots) => roots.SelectMany(root => root.Self).All(node => node.IsReady || node.Missing == Forbidden);

    /// <summary>Those of this name with all below them, without their parents.</summary>
    public static IReadOnlyList<StatusNode> Named(IReadOnlyList<StatusNode> roots, string name) =>
        [.. roots.SelectMany(node => node.Resource is not null && node.Key.Name == name ? [node] : Named(node.Children, name))];
}
