using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Runtime;

/// <summary>What /livez is told: only what a new process would mend.</summary>
public sealed class StandstillTests
{
    private static readonly ObjectKey A = new("ns", "a");

    [Test]
    public async Task One_pass_that_hangs_is_none_and_all_of_them_are()
    {
        var time = new FakeTimeProvider();
        await using var bed = await KubeBed.StartAsync();
        using var runtime = new ControllerRuntime(bed.Api, new RuntimeOptions(), time, new Random(1), NullLoggerFactory.Instance);
        var hangs = new Hangs();
        var controller = runtime.Controller("test", hangs, workers: 2);
        using var stop = new CancellationTokenSource();
        var running = runtime.RunAsync(stop.Token);
        controller.Enqueue(A);
        await Eventually.TrueAsync(() => hangs.Count == 1);
        time.Advance(TimeSpan.FromMinutes(16));
        Assert.That(runtime.Standstills(), Is.Empty, "the other worker is free");
        controller.Enqueue(A with { Name = "b" });
        await Eventually.TrueAsync(() => hangs.Count == 2);
        time.Advance(TimeSpan.FromMinutes(14));
        Assert.That(runtime.Standstills(), Is.Empty, "a pass may take its time");
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.That(runtime.Standstills(), Is.EqualTo(new[] { "no worker of test has come to the end of a pass for 15 minutes" }));
        hangs.Go();
        await Eventually.TrueAsync(() => runtime.Standstills().Count == 0);
        await stop.CancelAsync();
        await running;
    }

    [Test]
    public async Task A_watch_that_does_nothing_at_all_is_one_and_one_that_tries_again_is_none()
    {
        var time = new FakeTimeProvider();
        // Nobody answers there: the informer tries for ever.
        using var client = new Kubernetes(new KubernetesClientConfiguration { Host = "http://127.0.0.1:9" });
        var informer = new Informer<V1Pod>(new KubeApi(client, time), new InformerOptions<V1Pod>(), time, new Random(1), NullLogger.Instance);
        Assert.That(informer.Silence, Is.EqualTo(TimeSpan.Zero), "it does not run yet");
        using var stop = new CancellationTokenSource();
        var running = informer.RunAsync(stop.Token);
        time.Advance(TimeSpan.FromMinutes(16));
        await Eventually.TrueAsync(() => informer.Silence < TimeSpan.FromMinutes(15), time, "another try");
        await stop.CancelAsync();
        await Eventually.TrueAsync(() => running.IsCompleted, time);
        time.Advance(TimeSpan.FromHours(1));
        Assert.That(informer.Silence, Is.EqualTo(TimeSpan.Zero), "it is over");
    }

    [Test]
    public async Task A_lease_that_is_held_and_not_renewed_is_one()
    {
        var time = new BrokenTimers();
        await using var bed = await KubeBed.StartAsync();
        using var runtime = new ControllerRuntime(bed.Api, new RuntimeOptions { LeaderElection = new("default", "test", "me") }, time, new Random(1), NullLoggerFactory.Instance);
        using var stop = new CancellationTokenSource();
        var running = runtime.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => runtime.IsLeader);
        time.Now += TimeSpan.FromSeconds(34);
        Assert.That(runtime.Standstills(), Is.Empty, "lease and grace");
        time.Now += TimeSpan.FromSeconds(2);
        Assert.That(runtime.Standstills(), Is.EqualTo(new[] { "the lease is held, and was not renewed for 36 s" }));
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.That(runtime.Standstills().Where(t => t.Contains("lease", StringComparison.Ordinal)), Is.Empty);
    }

    private sealed class Hangs : IReconciler
    {
        private readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int count;

        public int Count => Volatile.Read(ref count);

        public void Go() => gone.SetResult();

        public async Task<Outcome> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref count);
            await gone.Task.WaitAsync(cancellationToken);
            return new Outcome.Gone();
        }
    }

    /// <summary>Time goes by, and nobody is woken.</summary>
    private sealed class BrokenTimers : TimeProvider
    {
        public TimeSpan Now { get; set; } = TimeSpan.FromDays(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now.Ticks;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Nothing();

        private sealed class Nothing : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() { }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
