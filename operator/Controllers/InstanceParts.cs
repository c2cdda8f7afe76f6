using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Apply;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Runtime;
using RucioOperator.Status;

namespace RucioOperator.Controllers;

/// <summary>What the instance's pass works with; made once in the composition root.</summary>
public sealed record InstanceParts(
    KubeApi Api, Databases Databases, GeneratedSecrets Secrets, ReferencedSecrets References, InstanceConnections Connections, ServerSideApplier Applier,
    Informer<V1Deployment> Deployments, Informer<V1Job> Jobs, Informer<VirtualOrganisation> Vos,
    KindDiscovery Kinds, Func<string, string, Uri?> ServiceOverride, TimeSpan DriftInterval, Func<TimeSpan> NextDriftPass, StatusWriter<RucioInstance> Status, EventWriter Events, OperatorMetrics Metrics, TimeProvider Time)
{
    public required Informer<V1Secret> ConfigSecrets { get; init; }
    public required Informer<StorageElement> Storages { get; init; }
    public required Tenancy Tenancy { get; init; }
    public required OidcDiscovery Oidc { get; init; }
    public required TrustTexts Trust { get; init; }
    public required Revocation Revocation { get; init; }
    public required Transfers Transfers { get; init; }

    /// <summary>Null: outside a cluster.</summary>
    public string? OperatorNamespace { get; init; }

    public required ServedRses Served { get; init; }
    public required ExposureParts Exposure { get; init; }
    public required RseRollPace RsePace { get; init; }
}
