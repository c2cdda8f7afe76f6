using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Catalogue;
using RucioOperator.Desired;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>Database servers of our own making, modes embedded and cloudNativePG: their objects, credentials, and whether they are up.</summary>
public sealed class DatabaseServers(ServerSideApplier applier, GeneratedSecrets generated, ReferencedSecrets secrets, Informer<V1StatefulSet> statefulSets, KindDiscovery kinds, TimeProvider time)
{
    private const string Set = "database";

    /// <summary>Applies the objects of the mode, none for a server of somebody else; never prunes.</summary>
    public async Task<ApplyResult> ApplyAsync(RucioInstance instance, string controller, bool heal, CancellationToken ct)
    {
        var names = InstanceNames.Of(instance);
        if (instance.Spec.Database.Embedded is not null)
        {
            await SuperuserAsync(names, ct);
            await CertificateAsync(names, ct);
        }
        else if (instance.Spec.Database.CloudNativePG is not null)
        {
            await ObserverAsync(names, ct);
        }
        return await applier.ApplyAsync(instance, controller, Set, [.. DatabaseServer.Objects(instance, kinds.Current).Select(o => new DesiredObject(o, Retain: true))], ct, heal);
    }

    /// <summary>The catalogue goes for good: to be called where that was confirmed.</summary>
    public Task RemoveAsync(RucioInstance instance, CancellationToken ct) => applier.RemoveAsync(instance, Set, ct);

    /// <summary>Null: it is up.</summary>
    public DatabaseFault? NotUp(RucioInstance instance)
    {
        var names = InstanceNames.Of(instance);
        var key = new ObjectKey(names.Namespace, names.Postgres);
        if (instance.Spec.Database.Embedded is not null)
        {
            var state = WorkloadState.Of(names.Postgres, statefulSets.Store.Get(key));
            return state.Ready ? null : new(DatabaseFault.Starting, state.Message, transient: false);
        }
        if (!kinds.Current.Has(OptionalKinds.Cluster))
        {
            return new(DatabaseFault.KindMissing, $"spec.database.cloudNativePG needs objects of kind {OptionalKinds.Cluster}, which this cluster does not serve: install {OptionalKinds.Cluster.Product}", transient: false);
        }
        return CnpgState.NotUp(key, kinds.Find(OptionalKinds.Cluster, key)?.Status) is { } words ? new(DatabaseFault.Starting, words, transient: false) : null;
    }

    public async Task<DatabaseLogin> SuperuserAsync(InstanceNames names, CancellationToken ct)
    {
        var secret = await generated.EnsureAsync(new(names.Namespace, names.PostgresLogin), GeneratedSecrets.LabelsOf(names.Instance), random => new Dictionary<string, string>
        {
            ["username"] = EmbeddedPostgres.Superuser,
            ["password"] = random(32),
        }, ct);
        return new(secret["username"], secret["password"]);
    }

    /// <returns>The authority, for clients.</returns>
    public async Task<string> CertificateAsync(InstanceNames names, CancellationToken ct)
    {
        var secret = await generated.EnsureAsync(new(names.Namespace, names.PostgresTls), GeneratedSecrets.LabelsOf(names.Instance), _ =>
        {
            var (server, authority) = SelfSigned.WithAuthority("rucio-postgres", [names.PostgresHost, $"{names.PostgresHost}.cluster.local", "localhost"], time.GetUtcNow());
            return new Dictionary<string, string> { ["tls.crt"] = server.Certificate, ["tls.key"] = server.Key, ["ca.crt"] = authority };
        }, ct);
        return secret["ca.crt"];
    }

    public async Task<DatabaseLogin> ObserverAsync(InstanceNames names, CancellationToken ct)
    {
        // CloudNativePG sets the role's password from it, and takes Secrets of this type only.
        var secret = await generated.EnsureAsync(new(names.Namespace, names.PostgresObserver), GeneratedSecrets.LabelsOf(names.Instance), random => new Dictionary<string, string>
        {
            ["username"] = CnpgCluster.Observer,
            ["password"] = random(32),
        }, ct, "kubernetes.io/basic-auth");
        return new(secret["username"], secret["password"]);
    }

    /// <summary>The application role's login that CloudNativePG made.</summary>
    public async Task<(DatabaseLogin Login, string Database, string CaPem)> ApplicationAsync(InstanceNames names, CancellationToken ct)
    {
        const string field = "spec.database.cloudNativePG";
        var app = new ObjectKey(names.Namespace, $"{names.Postgres}-app");
        return (new(await secrets.RequireAsync(app, "username", field, ct), await secrets.RequireAsync(app, "password", field, ct)), await secrets.RequireAsync(app, "dbname", field, ct),
            await secrets.RequireAsync(new(names.Namespace, $"{names.Postgres}-ca"), "ca.crt", field, ct));
    }
}
