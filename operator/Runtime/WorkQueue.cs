namespace RucioOperator.Runtime;

/// <summary>
/// Keys waiting for a worker. Duplicate adds collapse, a key is never handed out twice at once, an add during
/// processing runs once afterwards; the earliest due time and the highest priority win. Keys of one share never take
/// more than <see cref="MostOfAShare"/> workers, so that those waiting for one slow server leave some for all others.
/// </summary>
public sealed class WorkQueue<TKey> : IDisposable where TKey : notnull
{
    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly Backoff backoff;
    private readonly ITimer timer;
    private readonly Dictionary<TKey, Entry> entries = [];
    private readonly Dictionary<TKey, int> failures = [];

    // Both heaps keep overtaken items; an item counts only while its stamp is that of its entry.
    private readonly PriorityQueue<(TKey Key, long Stamp), TimeSpan> delayed = new();
    private readonly PriorityQueue<(TKey Key, long Stamp), (int Descending, long Arrival)> ready = new();
    private readonly LinkedList<TaskCompletionSource<TKey>> takers = [];
    private readonly Dictionary<string, Share> shares = new(StringComparer.Ordinal);
    private TimeSpan armedFor = TimeSpan.MaxValue;
    private readonly long origin;
    private long lastStamp;
    private int readyCount;
    private int processingCount;

    public WorkQueue(TimeProvider time, Backoff backoff)
    {
        (this.time, this.backoff, origin) = (time, backoff, time.GetTimestamp());
        timer = time.CreateTimer(_ => ReleaseDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    // Not the wall clock: a corrected clock must neither hold back nor release anything.
    private TimeSpan Now => time.GetElapsedTime(origin);

    private enum State { Delayed, Ready, Processing }

    private sealed class Entry
    {
        public State State;
        public TimeSpan Due;
        public int Priority;
        public long Stamp;
        public long ReadySince;
        public string? Share;

        /// <summary>Added again while processing.</summary>
        public bool Again;
    }

    private sealed class Share
    {
        public int Taken;

        /// <summary>Ready, but for the others of their share.</summary>
        public readonly PriorityQueue<(TKey Key, long Stamp), (int Descending, long Arrival)> Held = new();
    }

    /// <summary>Null, or a key's null: no share, and no limit.</summary>
    public Func<TKey, string?>? ShareOf { get; init; }

    public int MostOfAShare { get; init; } = int.MaxValue;

    /// <summary>Told when a key comes in that was not waiting.</summary>
    public Action? OnAdded { get; init; }

    /// <summary>Told when an item is handed out: how long it had been ready.</summary>
    public Action<TimeSpan>? OnTaken { get; init; }

    public int ReadyCount { get { lock (gate) return readyCount; } }
    public int ProcessingCount { get { lock (gate) return processingCount; } }

    public int WaitingWorkers { get { lock (gate) return takers.Count; } }

    /// <summary>Those waiting for their time.</summary>
    public int DelayedCount { get { lock (gate) return entries.Count - readyCount - processingCount; } }

    public void Add(TKey key, TimeSpan delay = default, int priority = QueuePriority.Related)
    {
        // Outside the lock: whoever knows the share may have a lock of its own.
        var share = ShareOf?.Invoke(key);
        lock (gate)
        {
            var due = delay <= TimeSpan.Zero ? TimeSpan.Zero : Now + delay;
            if (!entries.TryGetValue(key, out var entry))
            {
                entry = new Entry { State = State.Delayed, Due = due, Priority = priority, Share = share };
                entries.Add(key, entry);
                OnAdded?.Invoke();
                Schedule(key, entry);
                return;
            }
            switch (entry.State)
            {
                case State.Processing when !entry.Again:
                    (entry.Again, entry.Due, entry.Priority) = (true, due, priority);
                    OnAdded?.Invoke();
                    break;
                case State.Processing:
                    (entry.Due, entry.Priority) = (Earlier(entry.Due, due), Math.Max(entry.Priority, priority));
                    break;
                case State.Delayed when due < entry.Due:
                    (entry.Due, entry.Priority) = (due, Math.Max(entry.Priority, priority));
                    Schedule(key, entry);
                    break;
                case State.Delayed:
                    entry.Priority = Math.Max(entry.Priority, priority);
                    break;
                case State.Ready when priority > entry.Priority:
                    entry.Priority = priority;
                    entry.Stamp = ++lastStamp;
                    ready.Enqueue((key, entry.Stamp), (-priority, entry.Stamp));
                    break;
            }
        }
    }

    /// <summary>Adds after the item's own back-off, which grows with each call until <see cref="Forget"/>.</summary>
    /// <returns>The delay it came to.</returns>
    public TimeSpan AddRateLimited(TKey key, int priority = QueuePriority.Resync, TimeSpan atLeast = default)
    {
        int before;
        lock (gate)
        {
            before = failures.GetValueOrDefault(key);
            failures[key] = before + 1;
        }
        var delay = backoff.Delay(before);
        delay = delay < atLeast ? atLeast : delay;
        Add(key, delay, priority);
        return delay;
    }

    public void Forget(TKey key)
    {
        lock (gate)
            failures.Remove(key);
    }

    public int Failures(TKey key)
    {
        lock (gate)
            return failures.GetValueOrDefault(key);
    }

    /// <summary>Waits for a key; each must be given back with <see cref="Done"/>.</summary>
    public Task<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource<TKey> taker;
        LinkedListNode<TaskCompletionSource<TKey>> place;
        lock (gate)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryTakeReady(out var key))
                return Task.FromResult(key);
            // Continuations must not run under the lock, nor on the thread of the watch that adds.
            taker = new TaskCompletionSource<TKey>(TaskCreationOptions.RunContinuationsAsynchronously);
            place = takers.AddLast(taker);
        }
        return cancellationToken.CanBeCanceled ? WithCancellation(taker, place, cancellationToken) : taker.Task;
    }

    public void Done(TKey key)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(key, out var entry) || entry.State != State.Processing)
                throw new InvalidOperationException($"{key} is not being processed");
            processingCount--;
            Release(entry.Share);
            if (!entry.Again)
            {
                entries.Remove(key);
                return;
            }
            entry.Again = false;
            entry.State = State.Delayed;
            Schedule(key, entry);
        }
    }

    public void Dispose() => timer.Dispose();

    private async Task<TKey> WithCancellation(TaskCompletionSource<TKey> taker, LinkedListNode<TaskCompletionSource<TKey>> place, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.Register(() =>
        {
            lock (gate)
            {
                // Not in the list any more: a key was just handed over, and it wins.
                if (place.List is null)
                    return;
                takers.Remove(place);
            }
            taker.TrySetCanceled(cancellationToken);
        });
        return await taker.Task;
    }

    private void Schedule(TKey key, Entry entry)
    {
        entry.Stamp = ++lastStamp;
        if (entry.Due <= Now)
        {
            MakeReady(key, entry);
            HandOut();
            return;
        }
        delayed.Enqueue((key, entry.Stamp), entry.Due);
        if (delayed.Count > 64 + (4 * entries.Count))
            ForgetOvertaken();
        Arm(entry.Due);
    }

    private void MakeReady(TKey key, Entry entry)
    {
        entry.State = State.Ready;
        entry.Stamp = ++lastStamp;
        entry.ReadySince = time.GetTimestamp();
        readyCount++;
        ready.Enqueue((key, entry.Stamp), (-entry.Priority, entry.Stamp));
    }

    // After all that became ready together is in the heap: the best of it goes first.
    private void HandOut()
    {
        while (takers.First is { } first && TryTakeReady(out var best))
        {
            takers.RemoveFirst();
            first.Value.SetResult(best);
        }
    }

    private bool TryTakeReady(out TKey key)
    {
        while (ready.TryDequeue(out var item, out _))
        {
            if (!Counts(item))
                continue;
            var entry = entries[item.Key];
            if (entry.Share is { } name)
            {
                var share = ShareNamed(name);
                if (share.Taken >= MostOfAShare)
                {
                    share.Held.Enqueue(item, (-entry.Priority, item.Stamp));
                    continue;
                }
                share.Taken++;
            }
            entry.State = State.Processing;
            readyCount--;
            processingCount++;
            OnTaken?.Invoke(time.GetElapsedTime(entry.ReadySince));
            key = item.Key;
            return true;
        }
        key = default!;
        return false;
    }

    private bool Counts((TKey Key, long Stamp) item) => entries.TryGetValue(item.Key, out var entry) && entry.State == State.Ready && entry.Stamp == item.Stamp;

    private Share ShareNamed(string name)
    {
        if (!shares.TryGetValue(name, out var share))
            shares.Add(name, share = new Share());
        return share;
    }

    private void Release(string? name)
    {
        if (name is null)
            return;
        var share = shares[name];
        share.Taken--;
        while (share.Held.TryDequeue(out var item, out var order))
        {
            if (!Counts(item))
                continue;
            ready.Enqueue(item, order);
            break;
        }
        if (share is { Taken: 0, Held.Count: 0 })
            shares.Remove(name);
        HandOut();
    }

    private void ReleaseDue()
    {
        lock (gate)
        {
            armedFor = TimeSpan.MaxValue;
            var now = Now;
            while (delayed.TryPeek(out var item, out var due))
            {
                var current = entries.TryGetValue(item.Key, out var entry) && entry.State == State.Delayed && entry.Stamp == item.Stamp;
                if (current && due > now)
                {
                    Arm(due);
                    break;
                }
                delayed.Dequeue();
                if (current)
                    MakeReady(item.Key, entry!);
            }
            HandOut();
        }
    }

    private void ForgetOvertaken()
    {
        delayed.Clear();
        delayed.EnqueueRange(entries.Where(entry => entry.Value.State == State.Delayed).Select(entry => ((entry.Key, entry.Value.Stamp), entry.Value.Due)));
    }

    private void Arm(TimeSpan due)
    {
        if (due >= armedFor)
            return;
        armedFor = due;
        var wait = due - Now;
        // Timers count whole milliseconds and cut; rounding up spares a useless early wake-up.
        wait = wait <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Min(Math.Ceiling(wait.TotalMilliseconds), int.MaxValue));
        timer.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private static TimeSpan Earlier(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
