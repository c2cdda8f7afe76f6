using System.Collections.Concurrent;

namespace RucioOperator.Runtime;

/// <summary>
/// Which of the watched namespaces may be read. One without a Role for us, since it was deleted or is not made yet, must keep
/// neither a start nor the others waiting. One that was open stays so: what is known of it is kept.
/// </summary>
public sealed class WatchedNamespaces
{
    private readonly ConcurrentDictionary<string, Door> doors = [];

    private sealed record Door(TaskCompletionSource<bool> Decided, TaskCompletionSource Open);

    public bool IsOpen(string name) => Of(name).Open.Task.IsCompletedSuccessfully;

    /// <summary>Waits for the first look.</summary>
    internal async Task<bool> IsOpenAsync(string name, CancellationToken cancellationToken)
    {
        await ((Task)Of(name).Decided.Task).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return IsOpen(name) || cancellationToken.IsCancellationRequested;
    }

    /// <summary>Ends with the token, too.</summary>
    internal Task UntilOpenAsync(string name, CancellationToken cancellationToken) =>
        Of(name).Open.Task.WaitAsync(cancellationToken).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    internal void Opened(string name)
    {
        Of(name).Open.TrySetResult();
        Of(name).Decided.TrySetResult(true);
    }

    /// <returns>Whether that is news.</returns>
    internal bool Closed(string name) => Of(name).Decided.TrySetResult(false);

    private Door Of(string name) => doors.GetOrAdd(name, _ => new(new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously)));
}
