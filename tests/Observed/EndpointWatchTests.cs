using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Runtime;
using RucioOperator.Tests.Runtime;

namespace RucioOperator.Tests.Observed;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EndpointWatchTests
{
    private static readonly ObjectKey Vo = new("sky", "sky"), Instance = new("rucio", "rucio");
    private static readonly WatchedStorage Disk = new(new("sky", "disk"), Vo, Instance, "davs://a/x/\nroot://a//x/", TimeSpan.FromHours(1));

    private readonly Clock _clock = new();
    private readonly ConcurrentQueue<string> _looks = new();
    private readonly EndpointWatch _watch;
    private string _result = EndpointResult.Answers;
    private int _changes;

    public EndpointWatchTests()
    {
        _watch = new((_, url, _) =>
        {
            _looks.Enqueue(url);
            return Task.FromResult<EndpointResult?>(new(url, _result));
        }, _clock, () => 0.5);
        _watch.Changed += vo => Interlocked.Add(ref _changes, vo == Vo ? 1 : 100);
    }

    [Test]
    public async Task A_pass_never_waits_and_is_woken_by_the_first_look()
    {
        Assert.That(Ask(), Is.Null);
        await LooksAsync(2);
        await ChangesAsync(1);
        Assert.That(Ask()!.Select(r => r.Url), Is.EqualTo(new[] { "davs://a/x/", "root://a//x/" }));
    }

    [Test]
    public async Task Nobody_is_woken_while_nothing_is_different()
    {
        Ask();
        await ChangesAsync(1);
        await LooksAsync(4, TimeSpan.FromHours(1));
        await LooksAsync(6, TimeSpan.FromHours(1));
        Assert.That(_changes, Is.EqualTo(1));
    }

    [Test]
    public async Task What_answered_before_is_told_to_be_down_when_a_second_look_says_so_too()
    {
        Ask();
        await ChangesAsync(1);
        _result = EndpointResult.NoAnswer;
        await LooksAsync(4, TimeSpan.FromHours(1));
        Assert.That(Ask()![0].Result, Is.EqualTo(EndpointResult.Answers));
        await LooksAsync(6, TimeSpan.FromMinutes(1));
        await ChangesAsync(2);
        Assert.That(Ask()![0].Result, Is.EqualTo(EndpointResult.NoAnswer));
        _result = EndpointResult.Answers;
        await LooksAsync(8, TimeSpan.FromMinutes(10));
        await ChangesAsync(3);
    }

    [Test]
    public async Task Who_asks_is_told_at_once()
    {
        Ask();
        await ChangesAsync(1);
        _result = EndpointResult.NoAnswer;
        _watch.Results(Disk, before: false, now: true);
        await ChangesAsync(2);
    }

    [Test]
    public async Task After_a_restart_there_is_no_hurry_unless_somebody_asks()
    {
        Assert.That(_watch.Results(Disk, before: true, now: false), Is.Null);
        _clock.Advance(TimeSpan.FromMinutes(29));
        Assert.That(_looks, Is.Empty);
        await LooksAsync(2, TimeSpan.FromMinutes(1));
        _watch.Results(Disk, before: true, now: true);
        await LooksAsync(4);
    }

    [Test]
    public async Task Other_endpoints_are_looked_at_at_once_and_what_was_known_is_forgotten()
    {
        Ask();
        await ChangesAsync(1);
        Assert.That(_watch.Results(Disk with { Urls = "davs://b/x/" }, before: true, now: false), Is.Null);
        await ChangesAsync(2);
        Assert.That(_looks, Does.Contain("davs://b/x/"));
    }

    [Test]
    public async Task Who_left_is_not_looked_at_any_more()
    {
        Ask();
        await ChangesAsync(1);
        _watch.Keep(new("sea", "sea"), new HashSet<ObjectKey>());
        Assert.That(Ask(), Is.Not.Null);
        _watch.Keep(Vo, new HashSet<ObjectKey>());
        _clock.Advance(TimeSpan.FromDays(1));
        Assert.That(_looks, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Endpoints_of_one_VO_that_all_hang_hold_up_nobody_else()
    {
        var hang = new TaskCompletionSource();
        var looked = new ConcurrentQueue<string>();
        var watch = new EndpointWatch(async (_, url, _) =>
        {
            looked.Enqueue(url);
            await (url.Contains("hang", StringComparison.Ordinal) ? hang.Task : Task.CompletedTask);
            return new EndpointResult(url, EndpointResult.Answers);
        }, _clock, () => 0.5);
        for (var n = 0; n < 100; n++)
            watch.Results(Disk with { Storage = new("sky", $"{n}"), Urls = $"davs://hang{n}/" }, false, false);
        watch.Results(Disk with { Storage = new("sea", "1"), Vo = new("sea", "sea"), Urls = "davs://sea/" }, false, false);
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(() => looked.Contains("davs://sea/"));
        Assert.That(looked, Has.Count.LessThanOrEqualTo(3));
        hang.SetResult();
        await Eventually.TrueAsync(() => looked.Count == 101);
    }

    private IReadOnlyList<EndpointResult>? Ask() => _watch.Results(Disk, before: false, now: false);

    private async Task LooksAsync(int count, TimeSpan? after = null)
    {
        var waits = _clock.Waits;
        _clock.Advance(after ?? TimeSpan.Zero);
        await Eventually.TrueAsync(() => _looks.Count == count);
        // Time that passes before the next look is planned would be lost.
        if (after is not null)
            await Eventually.TrueAsync(() => _clock.Waits > waits);
    }

    private Task ChangesAsync(int count)
    {
        _clock.Advance(TimeSpan.Zero);
        return Eventually.TrueAsync(() => _changes == count);
    }

    /// <summary>Counts how often somebody began to wait.</summary>
    private sealed class Clock : FakeTimeProvider
    {
        private int _waits;

        public int Waits => Volatile.Read(ref _waits);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Counting(this, base.CreateTimer(callback, state, dueTime, period));

        private sealed class Counting(Clock clock, ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                var changed = timer.Change(dueTime, period);
                if (dueTime > TimeSpan.Zero)
                    Interlocked.Increment(ref clock._waits);
                return changed;
            }

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
