using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

public sealed record StorageParts(
    KubeApi Api, Tenancy Tenancy, ReferencedSecrets References, InstanceConnections Connections, ServedRses Served,
    Informer<VirtualOrganisation> Vos, Informer<StorageElement> Storages,
    StatusWriter<StorageElement> Status, EventWriter Events, OperatorMetrics Metrics, TimeProvider Time, ILogger Logger)
{
    public required HostGuard Hosts { get; init; }
    public required Informer<V1Secret> ConfigSecrets { get; init; }
    public required EndpointWatch Endpoints { get; init; }
}

/// <summary>
/// All StorageElements of one VO in one pass, since Rucio takes them in bulk and distances concern pairs. The key is that of
/// the VirtualOrganisation, which need not exist: its storages still have to be told.
/// </summary>
public sealed class StorageController(StorageParts parts) : IReconciler
{
    public const string Name = "storageelement";
    public const string Finalizer = ApiGroup.Name + "/storageelement";

    /// <summary>Storages that are applied together arrive one by one: this much quiet turns them into one pass.</summary>
    public static readonly TimeSpan QuietWindow = TimeSpan.FromMilliseconds(250);

    public async Task<Outcome> ReconcileAsync(ObjectKey voKey, CancellationToken ct)
    {
        var storages = parts.Storages.Store.ByIndex(Indexes.ByVo, voKey.ToString());
        if (storages.Count == 0)
        {
            parts.Endpoints.Keep(voKey, new HashSet<ObjectKey>());
            parts.Metrics.Space(voKey, []);
            return new Outcome.Gone();
        }
        return await new StoragePass(parts, voKey, storages).RunAsync(ct);
    }
}
