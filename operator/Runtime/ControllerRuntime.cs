#pragma warning disable CS9113
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace RucioOperator.Runtime;

public sealed record RuntimeOptions
{
    /// <summary>Empty: all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>± 10 %: when a key is looked at again although nothing happened.</summary>
    public TimeSpan ResyncPeriod { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan SyncTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Null: no election, this process leads.</summary>
    public LeaderElectionOptions? LeaderElection { get; init; }
}

/// <summary>Composition: informers, controllers, election. Caches are warm before the lease is asked for.</summary>
public sealed class ControllerRuntime(KubeApi api, RuntimeOptions options, TimeProvider time, Random random, ILoggerFactory loggers)
{
    public Informer<T> Informer<T>(string? labelSelector = null, Func<T, T>? transform = null) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    /// <summary>Follows a kind without its content: names, labels, resourceVersion; no annotations.</summary>
    public Informer<PartialObject> MetadataInformer<T>(string? labelSelector = null) where T : class, IKubernetesObject<V1ObjectMeta> => throw new NotImplementedException();

    public Controller Controller(string name, IReconciler reconciler, int workers = 1) => throw new NotImplementedException();

    /// <summary>All caches hold their first list.</summary>
    public bool HasSynced => throw new NotImplementedException();

    public bool IsLeader => throw new NotImplementedException();

    public Task RunAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
