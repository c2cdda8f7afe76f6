using RucioOperator.Runtime;

namespace RucioOperator.Apply.Transfers;

/// <summary>Something done whenever it is due, and never twice at a time.</summary>
/// <param name="what">Is done, for traces: one of few.</param>
/// <param name="due">Asked again after each turn, and when woken.</param>
/// <param name="act">Takes its own failures down, so that <paramref name="due"/> knows of them.</param>
internal sealed class RepeatedStep : IDisposable
{
    /// <summary>Timers take no more than seven weeks.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private readonly Lock _guard = new();
    private readonly string _what;
    private readonly string _whom;
    private readonly TimeProvider _time;
    private readonly Func<DateTimeOffset> _due;
    private readonly Func<CancellationToken, Task> _act;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _end = new();
    private long _wakes;
    private bool _running;
    private bool _over;

    public RepeatedStep(string what, TransferTools tools, Func<DateTimeOffset> due, Func<CancellationToken, Task> act)
    {
        (_what, _whom, _time, _due, _act) = (what, $"{tools.Holder}", tools.Time, due, act);
        _timer = _time.CreateTimer(_ => _ = RunAsync(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Something is different: looks when it is due. Never called with a lock held that <c>due</c> takes.</summary>
    public void Wake()
    {
        long mine;
        do
        {
            lock (_guard)
            {
                if (_over || _running)
                {
                    return;
                }
                mine = ++_wakes;
            }
            var (due, now) = (_due(), _time.GetUtcNow());
            var wait = due <= now ? TimeSpan.Zero : due - now < Longest ? due - now : Longest;
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
        // Somebody who knew more may have been overtaken.
        while (Interlocked.Read(ref _wakes) != mine);
    }

    public void Dispose()
    {
        lock (_guard)
        {
            _over = true;
        }
        _timer.Dispose();
        _end.Cancel();
    }

    private async Task RunAsync()
    {
        lock (_guard)
        {
            if (_over || _running)
            {
                return;
            }
            _running = true;
        }
        try
        {
            if (_due() <= _time.GetUtcNow())
            {
                using var work = Work.Begin(_what, "transfers", _whom);
                await _act(_end.Token);
            }
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
        }
        finally
        {
            lock (_guard)
            {
                _running = false;
            }
        }
        Wake();
    }
}
