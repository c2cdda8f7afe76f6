using System.Collections.Concurrent;

namespace RucioOperator.Sandbox.Kubernetes.Rights;

/// <summary>What operators of all beds of this process did with their rights.</summary>
public static class UsedRights
{
    private static readonly ConcurrentDictionary<Right, bool> Granted = [];
    private static readonly ConcurrentDictionary<string, bool> Refused = [];

    public static IReadOnlyCollection<Right> All => [.. Granted.Keys];

    /// <summary>What was asked for and is in no rule; nothing where a test takes a Role away.</summary>
    public static IReadOnlyCollection<string> Denied => [.. Refused.Keys];

    internal static void Add(Right right) => Granted.TryAdd(right, true);

    internal static void Deny(string what) => Refused.TryAdd(what, true);
}
