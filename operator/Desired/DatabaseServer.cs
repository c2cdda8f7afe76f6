using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Observed;

namespace RucioOperator.Desired;

/// <summary>
/// The objects of a database server that the operator makes, where the mode asks for one. They hold the catalogue, so none
/// of them has an owner that could take it along, and none is ever pruned, whatever deletionPolicy says.
/// </summary>
public static class DatabaseServer
{
    /// <summary>Schema in a server of our own; database and role are called likewise.</summary>
    public const string Name = "rucio";

    public static IReadOnlyList<IKubernetesObject<V1ObjectMeta>> Objects(RucioInstance instance, ApiKinds kinds)
    {
        var names = InstanceNames.Of(instance);
        return instance.Spec.Database switch
        {
            { Embedded: { } embedded } => [.. EmbeddedPostgres.Objects(names, embedded, instance.Spec.Images?.PullSecrets)],
            { CloudNativePG: { } wanted } when kinds.Find(OptionalKinds.Cluster) is { } kind => [CnpgCluster.For(names, wanted, kind, instance.Spec.Images?.PullSecrets)],
            _ => [],
        };
    }

    /// <summary>Where clients find it; null: the mode has a server of somebody else.</summary>
    public static string? ServiceOf(RucioInstance instance)
    {
        var names = InstanceNames.Of(instance);
        return instance.Spec.Database switch
        {
            { Embedded: not null } => names.Postgres,
            // CloudNativePG's name of the Service that leads to the primary.
            { CloudNativePG: not null } => $"{names.Postgres}-rw",
            _ => null,
        };
    }
}
