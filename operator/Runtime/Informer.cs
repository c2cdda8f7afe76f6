#pragma warning disable CS9113
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace RucioOperator.Runtime;

public interface IInformer
{
    string Name { get; }
    bool HasSynced { get; }

    /// <summary>Completes when the first complete list of every namespace is in the store.</summary>
    Task Synced { get; }

    Task RunAsync(CancellationToken cancellationToken);
}

public sealed record InformerOptions<T> where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Empty: all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>Needed where T does not say it: <see cref="PartialObject"/>.</summary>
    public ResourceKind? Kind { get; init; }

    /// <summary>Drops what is not needed before the object is stored; managedFields and kubectl's annotation are dropped anyway.</summary>
    public Func<T, T>? Transform { get; init; }
}

/// <summary>Keeps a store equal to the server: paged list, then watch, again from the start when the server forgot our place.</summary>
public sealed class Informer<T>(KubeApi api, InformerOptions<T> options, TimeProvider time, Random random, ILogger logger) : IInformer
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    public ResourceStore<T> Store { get; } = new();
    public string Name => throw new NotImplementedException();
    public bool HasSynced => throw new NotImplementedException();
    public Task Synced => throw new NotImplementedException();

    /// <summary>
    /// Called for every change in order, (null, now) for new, (old, null) for gone, on the watch's own thread: be
    /// quick, never throw. What is already in the store is told at once.
    /// </summary>
    public void Subscribe(Action<T?, T?> onChange) => throw new NotImplementedException();

    public Task RunAsync(CancellationToken cancellationToken) => throw new NotImplementedException();
}
