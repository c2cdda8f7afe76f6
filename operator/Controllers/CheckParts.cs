using System.Collections.Concurrent;
using k8s.Models;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>What the checks of VOs work with.</summary>
/// <param name="ServiceOverride">Where an operator outside the cluster finds a Service.</param>
public sealed record CheckParts(KubeApi Api, Informer<V1Job> Jobs, Func<string, string, Uri?> ServiceOverride)
{
    /// <summary>VO → until when a check that could not be made is not tried again: an API that is away must not hold up every pass.</summary>
    public ConcurrentDictionary<ObjectKey, DateTimeOffset> Resting { get; } = new();
}
