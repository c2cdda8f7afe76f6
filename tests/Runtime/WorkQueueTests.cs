using CsCheck;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Runtime;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WorkQueueTests
{
    private readonly FakeTimeProvider time = new();

    private WorkQueue<string> Sut() => new(time, new Backoff(new Random(1)) { Jitter = 0 });

    [Test]
    public void Duplicate_adds_collapse()
    {
        using var queue = Sut();
        queue.Add("a");
        queue.Add("a");
        Assert.That(Take(queue), Is.EqualTo("a"));
        Assert.That(IsEmpty(queue));
    }

    [Test]
    public void A_key_is_never_processed_twice_at_once_and_an_add_meanwhile_runs_once_afterwards()
    {
        using var queue = Sut();
        queue.Add("a");
        Take(queue);
        queue.Add("a");
        queue.Add("a");
        Assert.That(IsEmpty(queue));
        queue.Done("a");
        Assert.That(Take(queue), Is.EqualTo("a"));
        queue.Done("a");
        Assert.That(IsEmpty(queue));
    }

    [Test]
    public void A_share_never_has_more_than_its_most_and_the_best_of_those_held_goes_first()
    {
        using var queue = new WorkQueue<string>(time, new Backoff(new Random(1)) { Jitter = 0 }) { ShareOf = key => key[..1], MostOfAShare = 2 };
        foreach (var key in new[] { "a1", "a2", "a3", "a4", "b1" })
            queue.Add(key);
        Assert.That(new[] { Take(queue), Take(queue), Take(queue) }, Is.EqualTo(new[] { "a1", "a2", "b1" }));
        Assert.That(HandsOutNothing(queue));
        queue.Add("a4", priority: QueuePriority.Edit);
        Assert.That(HandsOutNothing(queue));
        queue.Done("a2");
        Assert.That(Take(queue), Is.EqualTo("a4"));
        Assert.That(HandsOutNothing(queue));
        queue.Done("a1");
        queue.Done("a4");
        Assert.That((Take(queue), queue.ReadyCount), Is.EqualTo(("a3", 0)));
        queue.Done("a3");
        queue.Add("a5");
        queue.Add("a6");
        Assert.That(new[] { Take(queue), Take(queue) }, Is.EqualTo(new[] { "a5", "a6" }), "what was held is forgotten with the last of it");
    }

    [Test]
    public async Task A_worker_that_waits_gets_what_a_share_held_back()
    {
        using var queue = new WorkQueue<string>(TimeProvider.System, new Backoff(new Random(1))) { ShareOf = _ => "all", MostOfAShare = 1 };
        queue.Add("a");
        queue.Add("b");
        Assert.That(await queue.TakeAsync(default), Is.EqualTo("a"));
        var waiting = queue.TakeAsync(default);
        Assert.That(waiting.IsCompleted, Is.False);
        queue.Done("a");
        Assert.That(await waiting, Is.EqualTo("b"));
    }

    [Test]
    public void The_earliest_due_time_wins()
    {
        using var queue = Sut();
        queue.Add("a", TimeSpan.FromMinutes(10));
        queue.Add("a", TimeSpan.FromSeconds(1));
        queue.Add("a", TimeSpan.FromMinutes(5));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(Take(queue), Is.EqualTo("a"));
        queue.Done("a");
        time.Advance(TimeSpan.FromHours(1));
        Assert.That(IsEmpty(queue));
    }

    [Test]
    public void A_requeue_during_processing_survives_an_event_and_the_other_way_round()
    {
        using var queue = Sut();
        queue.Add("a");
        Take(queue);
        queue.Add("a", TimeSpan.FromMinutes(10));
        queue.Add("a");
        queue.Done("a");
        Assert.That(Take(queue), Is.EqualTo("a"));
    }

    [Test]
    public void The_highest_priority_goes_first_and_equals_in_order_of_arrival()
    {
        using var queue = Sut();
        queue.Add("resync", priority: QueuePriority.Resync);
        queue.Add("edit 1", priority: QueuePriority.Edit);
        queue.Add("edit 2", priority: QueuePriority.Edit);
        queue.Add("deletion", priority: QueuePriority.Deletion);
        Assert.That(Enumerable.Range(0, 4).Select(_ => Take(queue)), Is.EqualTo(new[] { "deletion", "edit 1", "edit 2", "resync" }));
    }

    [Test]
    public void What_becomes_due_together_is_handed_out_by_priority_even_to_a_waiting_worker()
    {
        using var queue = Sut();
        var worker = queue.TakeAsync(CancellationToken.None);
        queue.Add("low", TimeSpan.FromSeconds(1), QueuePriority.Resync);
        queue.Add("high", TimeSpan.FromSeconds(1), QueuePriority.Edit);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(worker.Result, Is.EqualTo("high"));
    }

    [Test]
    public void Backoff_doubles_per_item_up_to_the_cap_and_forget_resets_it()
    {
        using var queue = Sut();
        var delays = Enumerable.Range(0, 20).Select(_ => queue.AddRateLimited("a").TotalMilliseconds).ToArray();
        Assert.That(delays[..4], Is.EqualTo(new[] { 5d, 10, 20, 40 }));
        Assert.That(delays[^1], Is.EqualTo(300_000));
        Assert.That(queue.AddRateLimited("b").TotalMilliseconds, Is.EqualTo(5));
        queue.Forget("a");
        Assert.That(queue.AddRateLimited("a").TotalMilliseconds, Is.EqualTo(5));
    }

    [Test]
    public async Task A_cancelled_worker_takes_nothing_with_it()
    {
        using var queue = Sut();
        using var cancel = new CancellationTokenSource();
        var gone = queue.TakeAsync(cancel.Token);
        await cancel.CancelAsync();
        Assert.That(async () => await gone, Throws.InstanceOf<OperationCanceledException>());
        queue.Add("a");
        Assert.That(Take(queue), Is.EqualTo("a"));
    }

    [Test]
    public async Task No_add_is_lost_and_no_key_runs_twice_at_once_under_many_threads()
    {
        using var queue = new WorkQueue<int>(TimeProvider.System, new Backoff(new Random(1))) { ShareOf = key => key % 2 == 0 ? "even" : null, MostOfAShare = 2 };
        using var stop = new CancellationTokenSource();
        var (running, pending) = (new int[8], new int[8]);
        var (overlaps, even, crowds) = (0, 0, 0);
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (true)
            {
                int key;
                try { key = await queue.TakeAsync(stop.Token); }
                catch (OperationCanceledException) { return; }
                if (Interlocked.Increment(ref running[key]) > 1)
                    Interlocked.Increment(ref overlaps);
                if (key % 2 == 0 && Interlocked.Increment(ref even) > 2)
                    Interlocked.Increment(ref crowds);
                Interlocked.Exchange(ref pending[key], 0);
                await Task.Yield();
                if (key % 2 == 0)
                    Interlocked.Decrement(ref even);
                Interlocked.Decrement(ref running[key]);
                queue.Done(key);
            }
        })).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                var key = random.Next(8);
                Interlocked.Exchange(ref pending[key], 1);
                queue.Add(key, TimeSpan.FromMilliseconds(random.Next(10) == 0 ? 1 : 0), random.Next(3));
            }
        })));
        await Eventually.TrueAsync(() => Array.TrueForAll(pending, flag => flag == 0) && queue.ReadyCount + queue.DelayedCount + queue.ProcessingCount == 0);
        await stop.CancelAsync();
        await Task.WhenAll(workers);
        Assert.That((overlaps, crowds), Is.EqualTo((0, 0)));
    }

    [Test]
    public async Task An_idle_worker_is_woken_by_an_add_and_by_no_clock()
    {
        // The clock stands still, so whoever looked now and then would never start; how soon one starts is the benchmark's business.
        using var queue = new WorkQueue<int>(time, new Backoff(new Random(1)));
        for (var i = 0; i < 500; i++)
        {
            var taken = Task.Run(() => queue.TakeAsync(CancellationToken.None));
            await Eventually.TrueAsync(() => queue.WaitingWorkers == 1);
            queue.Add(i);
            Assert.That(await taken.WaitAsync(TimeSpan.FromSeconds(60)), Is.EqualTo(i));
            queue.Done(i);
        }
    }

    [Test]
    public void It_behaves_like_its_model()
    {
        var operation = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 4], OneOf(0, 0, 10, 50, 400), OneOf(0, 10, 20, 30));
        operation.Array[0, 60].Sample(operations =>
        {
            var clock = new FakeTimeProvider();
            using var queue = new WorkQueue<int>(clock, new Backoff(new Random(1)) { Jitter = 0 });
            var model = new QueueModel();
            foreach (var (what, key, milliseconds, priority) in operations)
            {
                switch (what)
                {
                    case 0 or 1:
                        queue.Add(key, TimeSpan.FromMilliseconds(milliseconds), priority);
                        model.Add(key, milliseconds, priority);
                        break;
                    case 2 when model.Best() is { } best:
                        var taken = queue.TakeAsync(CancellationToken.None);
                        if (!taken.IsCompletedSuccessfully || !best.Contains(taken.Result))
                            return false;
                        model.Take(taken.Result);
                        break;
                    case 2 when queue.ReadyCount != 0:
                        return false;
                    case 3 when model.Processing.Count > 0:
                        var done = model.Processing.Min();
                        queue.Done(done);
                        model.Done(done);
                        break;
                    case 4:
                        clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
                        model.Now += milliseconds;
                        break;
                    case 5:
                        var delay = (int)queue.AddRateLimited(key, priority).TotalMilliseconds;
                        if (delay != model.Backoff(key))
                            return false;
                        model.Add(key, delay, priority);
                        if (priority == 30)
                        {
                            queue.Forget(key);
                            model.Failures.Remove(key);
                        }
                        break;
                }
            }
            return queue.ReadyCount == model.ReadyCount && queue.ProcessingCount == model.Processing.Count && queue.DelayedCount == model.DelayedCount;
        });
    }

    /// <summary>What the queue promises, in the plainest form.</summary>
    private sealed class QueueModel
    {
        private readonly Dictionary<int, (int Due, int Priority)> waiting = [];
        private readonly Dictionary<int, (int Due, int Priority)> again = [];

        public int Now { get; set; }
        public HashSet<int> Processing { get; } = [];
        public Dictionary<int, int> Failures { get; } = [];
        public int ReadyCount => waiting.Values.Count(entry => entry.Due <= Now);
        public int DelayedCount => waiting.Count - ReadyCount;

        public void Add(int key, int delay, int priority)
        {
            var place = Processing.Contains(key) ? again : waiting;
            place[key] = place.TryGetValue(key, out var old) ? (Math.Min(old.Due, Now + delay), Math.Max(old.Priority, priority)) : (Now + delay, priority);
        }

        public HashSet<int>? Best()
        {
            var ready = waiting.Where(entry => entry.Value.Due <= Now).ToArray();
            return ready.Length == 0 ? null : [.. ready.Where(entry => entry.Value.Priority == ready.Max(other => other.Value.Priority)).Select(entry => entry.Key)];
        }

        public void Take(int key)
        {
            waiting.Remove(key);
            Processing.Add(key);
        }

        public void Done(int key)
        {
            Processing.Remove(key);
            if (again.Remove(key, out var entry))
                waiting[key] = entry;
        }

        public int Backoff(int key)
        {
            Failures[key] = Failures.GetValueOrDefault(key) + 1;
            return (int)Math.Min(5 * Math.Pow(2, Failures[key] - 1), 300_000);
        }
    }

    private static Gen<int> OneOf(params int[] values) => Gen.Int[0, values.Length - 1].Select(place => values[place]);

    private static string Take(WorkQueue<string> queue)
    {
        var taken = queue.TakeAsync(CancellationToken.None);
        Assert.That(taken.IsCompletedSuccessfully, "nothing was ready");
        return taken.Result;
    }

    private static bool HandsOutNothing(WorkQueue<string> queue)
    {
        using var patience = new CancellationTokenSource();
        var nothing = !queue.TakeAsync(patience.Token).IsCompleted;
        patience.Cancel();
        return nothing;
    }

    private static bool IsEmpty(WorkQueue<string> queue) => queue.ReadyCount == 0;
}
