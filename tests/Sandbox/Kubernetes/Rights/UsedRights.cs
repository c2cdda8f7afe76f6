using System.Collections.Concurrent;

namespace RucioOperator.Sandbox.Kubernetes.Rights;

/// <summary>What users did with their rights.</summary>
public sealed class UsedRights
{
    private readonly ConcurrentDictionary<Right, bool> _granted = [];
    private readonly ConcurrentDictionary<string, bool> _refused = [];

    /// <summary>Operators of all beds of this process.</summary>
    public static UsedRights OfTheRun { get; } = new();

    /// <summary>Rights without which some request would have been refused.</summary>
    public IReadOnlyCollection<Right> Needed => [.. _granted.Keys];

    /// <summary>What was asked for and is in no rule; nothing where a test takes a Role away.</summary>
    public IReadOnlyCollection<string> Denied => [.. _refused.Keys.Order(StringComparer.Ordinal)];

    internal void Add(Right right) => _granted.TryAdd(right, true);

    internal void Deny(string what) => _refused.TryAdd(what, true);
}
