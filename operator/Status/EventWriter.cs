#pragma warning disable CS9113
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using RucioOperator.Runtime;

namespace RucioOperator.Status;

/// <summary>The one writer of Events. Best effort: a failure is logged, never thrown.</summary>
public sealed class EventWriter(KubeApi api, string instance, TimeProvider time, ILogger<EventWriter> logger)
{
    public Task NormalAsync(IKubernetesObject<V1ObjectMeta> regarding, string reason, string action, string note, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task WarningAsync(IKubernetesObject<V1ObjectMeta> regarding, string reason, string action, string note, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>One event if Ready, Stalled or Suspended changed status or reason between the two lists.</summary>
    public Task TransitionAsync(IKubernetesObject<V1ObjectMeta> regarding, IReadOnlyList<V1Condition>? before, IReadOnlyList<V1Condition>? after, CancellationToken cancellationToken) => throw new NotImplementedException();
}
