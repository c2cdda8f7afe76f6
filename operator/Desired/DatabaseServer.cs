using k8s;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Catalogue;
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

    /// <summary>Of a server of our own.</summary>
    private const int Port = 5432;

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

    /// <summary>Where Rucio finds the database, whoever made the server. An operator outside the cluster may need a way of its own there (<see cref="DatabaseAddress.Via"/>).</summary>
    /// <param name="caPem">Of the server; null: none is named.</param>
    public static DatabaseAddress AddressOf(RucioInstance instance, string? caPem)
    {
        var names = InstanceNames.Of(instance);
        return instance.Spec.Database switch
        {
            { Existing: { } e } => new(e.Host, e.Port, e.Name, e.Schema, e.SslMode, caPem) { CaSecret = e.CaSecretRef?.Name },
            { Provision: { } p } => new(p.Host, p.Port, p.Name ?? names.DefaultDatabaseName(), p.Schema, p.SslMode, caPem) { CaSecret = p.CaSecretRef?.Name },
            { Embedded: not null } => new(names.PostgresHost, Port, Name, Name, DatabaseSslMode.VerifyFull, caPem) { CaSecret = names.PostgresTls },
            _ => new($"{ServiceOf(instance)}.{names.Namespace}.svc", Port, Name, Name, DatabaseSslMode.VerifyFull, caPem) { CaSecret = $"{names.Postgres}-ca" },
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
