using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace RucioOperator.Runtime;

/// <summary>Keys that belong together never have more than some of the workers: those of one slow server leave the others theirs.</summary>
/// <param name="Of">Null: belongs to nobody, and is not limited.</param>
public sealed record Shares(Func<ObjectKey, string?> Of, int Most);

/// <summary>A reconciler with its queue, its sources of keys and its workers.</summary>
public sealed class Controller : IDisposable
{
    private static readonly TimeSpan Telling = TimeSpan.FromSeconds(1);

    private readonly IReconciler reconciler;
    private readonly int workers;
    private readonly TimeSpan resync;
    private readonly Backoff backoff;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    /// <summary>Of each worker: when its pass began; 0: it waits for a key.</summary>
    private readonly long[] began;
    private int broken;

    internal Controller(string name, IReconciler reconciler, int workers, TimeSpan resync, Shares? shares, TimeProvider time, Random random, ILogger logger)
    {
        (Name, this.reconciler, this.workers, this.resync, this.time, this.logger) = (name, reconciler, workers, resync, time, logger);
        backoff = new Backoff(random);
        began = new long[workers];
        var tag = new KeyValuePair<string, object?>("controller", name);
        Queue = new WorkQueue<ObjectKey>(time, backoff)
        {
            OnAdded = () => RuntimeMetrics.QueueAdds.Add(1, tag),
            OnTaken = waited => RuntimeMetrics.QueueWait.Record(waited.TotalSeconds, tag),
            ShareOf = shares?.Of,
            MostOfAShare = shares?.Most ?? int.MaxValue,
        };
    }

    public string Name { get; }

    internal int Workers => workers;

    /// <summary>Of the one that began first among those under way.</summary>
    internal TimeSpan LongestPass
    {
        get
        {
            var longest = TimeSpan.Zero;
            foreach (ref var began in began.AsSpan())
            {
                if (Interlocked.Read(ref began) is not 0 and var at && time.GetElapsedTime(at) is var since && since > longest)
                    longest = since;
            }
            return longest;
        }
    }

    /// <summary>In words, if no key will ever be worked on again as it looks; one slow server among others is no such thing.</summary>
    internal string? Standstill(TimeSpan patience)
    {
        if (Volatile.Read(ref broken) > 0)
            return $"a worker of {Name} has ended";
        foreach (ref var began in began.AsSpan())
        {
            if (Interlocked.Read(ref began) is not (not 0 and var at) || time.GetElapsedTime(at) <= patience)
                return null;
        }
        return $"no worker of {Name} has come to the end of a pass for {patience.TotalMinutes:0} minutes";
    }

    internal WorkQueue<ObjectKey> Queue { get; }

    /// <summary>The key of each object of the kind. Status writes wake nothing; spec, labels, annotations, finalizers and deletion do.</summary>
    public Controller For<T>(Informer<T> informer) where T : class, IKubernetesObject<V1ObjectMeta>
    {
        informer.Subscribe((old, now) =>
        {
            if (!Changes.OfIntent(old, now))
                return;
            var priority = now?.Metadata.DeletionTimestamp is not null || now is null ? QueuePriority.Deletion
                : informer.HasSynced ? QueuePriority.Edit
                : QueuePriority.Resync;
            Queue.Add(ObjectKey.Of((now ?? old)!), priority: priority);
        });
        return this;
    }

    /// <summary>Keys to look at when an object of another kind changes; old and new version are both asked.</summary>
    /// <param name="delay">Gathers what comes together; the first event counts.</param>
    /// <param name="when">Absent: every change.</param>
    public Controller Watches<T>(Informer<T> informer, Func<T, IEnumerable<ObjectKey>> keys, TimeSpan delay = default, int priority = QueuePriority.Related, Func<T?, T?, bool>? when = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        informer.Subscribe((old, now) =>
        {
            if (when?.Invoke(old, now) == false)
                return;
            var effective = informer.HasSynced ? priority : Math.Min(priority, QueuePriority.Resync);
            foreach (var key in Both(old, now, keys))
                Queue.Add(key, delay, effective);
        });
        return this;
    }

    /// <summary>For wake-ups that come from elsewhere.</summary>
    public void Enqueue(ObjectKey key, TimeSpan delay = default, int priority = QueuePriority.Related) => Queue.Add(key, delay, priority);

    public void Dispose() => Queue.Dispose();

    internal Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, workers).Select(place => Task.Run(() => WorkerAsync(place, cancellationToken), CancellationToken.None)));

    private async Task WorkerAsync(int place, CancellationToken cancellationToken)
    {
        try
        {
            await WorkAsync(place, cancellationToken);
        }
        finally
        {
            Interlocked.Exchange(ref began[place], 0);
            if (!cancellationToken.IsCancellationRequested)
                Interlocked.Increment(ref broken);
        }
    }

    private async Task WorkAsync(int place, CancellationToken cancellationToken)
    {
        var tag = new KeyValuePair<string, object?>("controller", Name);
        while (true)
        {
            ObjectKey key;
            try
            {
                key = await Queue.TakeAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            RuntimeMetrics.ActiveWorkers.Add(1, tag);
            var since = time.GetTimestamp();
            Interlocked.Exchange(ref began[place], since);
            try
            {
                using var work = Work.Begin("reconcile", Name, key.ToString());
                var outcome = await RunOnceAsync(key, cancellationToken);
                if (!cancellationToken.IsCancellationRequested)
                    Schedule(key, outcome);
                var result = Result(outcome);
                work.Came(result, (outcome as Outcome.Failed)?.Error.GetType().Name);
                RuntimeMetrics.Reconciles.Add(1, tag, new("result", result));
                RuntimeMetrics.ReconcileDuration.Record(time.GetElapsedTime(since).TotalSeconds, tag);
            }
            finally
            {
                Interlocked.Exchange(ref began[place], 0);
                RuntimeMetrics.ActiveWorkers.Add(-1, tag);
                Queue.Done(key);
            }
        }
    }

    private async Task<Outcome> RunOnceAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await reconciler.ReconcileAsync(key, cancellationToken);
        }
        catch (Exception error)
        {
            return new Outcome.Failed(error);
        }
    }

    private void Schedule(ObjectKey key, Outcome outcome)
    {
        if (outcome is not Outcome.Failed)
            Queue.Forget(key);
        switch (outcome)
        {
            case Outcome.Gone:
                break;
            case Outcome.Failed failed:
                Retry(key, failed.Error);
                break;
            case Outcome.Requeue requeue:
                Queue.Add(key, requeue.After, QueuePriority.Resync);
                break;
            case Outcome.Done { RequeueAfter: { } after }:
                Queue.Add(key, after, QueuePriority.Resync);
                break;
            case Outcome.Blocked { Retry: { } after }:
                Queue.Add(key, after, QueuePriority.Resync);
                break;
            default:
                if (outcome is Outcome.Rejected rejected)
                    RuntimeLog.Rejected(logger, Name, key, rejected.Reason, rejected.Message);
                Queue.Add(key, backoff.Spread(resync), QueuePriority.Resync);
                break;
        }
    }

    private void Retry(ObjectKey key, Exception error)
    {
        RuntimeMetrics.QueueRetries.Add(1, new KeyValuePair<string, object?>("controller", Name));
        var delay = Queue.AddRateLimited(key, atLeast: (error as KubeApiException)?.RetryAfter ?? default);
        // The first tries follow within milliseconds: what a moment heals is no news, what lasts is told each time.
        if (delay < Telling && (Queue.Failures(key) > 1 || error is KubeApiException { Kind: KubeErrorKind.Conflict }))
            return;
        if (error is IReportableError reportable)
            RuntimeLog.Failed(logger, Name, key, delay, reportable.Report);
        else
            RuntimeLog.Broke(logger, error, Name, key, delay);
    }

    private static string Result(Outcome outcome) => outcome switch
    {
        Outcome.Done { RequeueAfter: null } or Outcome.Gone => "success",
        Outcome.Done or Outcome.Requeue => "requeue_after",
        Outcome.Blocked => "blocked",
        Outcome.Rejected => "rejected",
        _ => "error",
    };

    private static IEnumerable<ObjectKey> Both<T>(T? old, T? now, Func<T, IEnumerable<ObjectKey>> keys) where T : class =>
        (old is null ? [] : keys(old)).Concat(now is null ? [] : keys(now)).Distinct();
}
