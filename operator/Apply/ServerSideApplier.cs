#pragma warning disable CS9113
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using RucioOperator.Runtime;

namespace RucioOperator.Apply;

/// <summary>The one writer of child objects.</summary>
public sealed class ServerSideApplier(KubeApi api, ChildCaches children, TimeProvider time, ILogger<ServerSideApplier> logger)
{
    public const string ManagedByLabel = "app.kubernetes.io/managed-by";
    public const string ManagedBy = "rucio-operator";

    /// <summary>
    /// Applies what is not on the server as desired and prunes what this owner's <paramref name="set"/> held and no
    /// longer names. Nothing is sent for what is as desired.
    /// </summary>
    /// <param name="set">Name of this group of children; an owner may have several, each pruned on its own.</param>
    /// <param name="controller">Field manager is <c>rucio-operator/&lt;controller&gt;</c>.</param>
    public Task<ApplyResult> ApplyAsync(IKubernetesObject<V1ObjectMeta> owner, string controller, string set, IReadOnlyList<DesiredObject> desired, CancellationToken cancellationToken) => throw new NotImplementedException();
}
