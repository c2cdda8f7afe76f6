using System.Collections.Concurrent;
using k8s.Models;
using RucioOperator.Grid;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>What the stages about trust, certificates and exposure work with besides the rest.</summary>
public sealed record ExposureParts(ReferencedMaps Maps, Informer<V1Service> Services)
{
    /// <summary>By instance; forgotten at a restart, and then probed again.</summary>
    public ConcurrentDictionary<ObjectKey, X509Seen> Seen { get; } = new();
}

/// <summary>What the probes of an auth server said last.</summary>
/// <param name="Of">The pods and authorities they saw: probed again when these change.</param>
public sealed record X509Seen(string Of, X509Verdict Verdict, DateTimeOffset At);
