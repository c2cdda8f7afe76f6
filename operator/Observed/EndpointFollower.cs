using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>The endpoints of one storage, looked at again and again.</summary>
internal sealed class EndpointFollower : IDisposable
{
    /// <summary>Who has just been told that a storage is down wants to see it back soon.</summary>
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMinutes(10);

    /// <summary>One that answered before and doesn't now may just be starting again: told when the second look says so, too.</summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromMinutes(1);

    private readonly Lock _guard = new();
    private readonly Func<double> _chance;
    private readonly Func<WatchedStorage, string, CancellationToken, Task<EndpointResult?>> _look;
    private readonly Action<ObjectKey> _changed;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _end = new();
    private WatchedStorage? _storage;
    private IReadOnlyList<EndpointResult>? _known;
    private bool _doubted;
    private bool _looking;
    private bool _again;
    private bool _over;

    public EndpointFollower(TimeProvider time, Func<double> chance, Func<WatchedStorage, string, CancellationToken, Task<EndpointResult?>> look, Action<ObjectKey> changed)
    {
        (_chance, _look, _changed) = (chance, look, changed);
        _timer = time.CreateTimer(_ => Task.Run(LookAsync), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public ObjectKey? Vo => _storage?.Vo;

    public IReadOnlyList<EndpointResult>? Known
    {
        get
        {
            lock (_guard)
            {
                return _known;
            }
        }
    }

    public IReadOnlyList<EndpointResult>? Follow(WatchedStorage storage, bool before, bool now)
    {
        lock (_guard)
        {
            if (_over)
            {
                return null;
            }
            if (_storage != storage)
            {
                var first = _storage is null;
                if (_storage?.Urls != storage.Urls || _storage?.Instance != storage.Instance)
                {
                    (_known, _doubted) = (null, false);
                }
                _storage = storage;
                Next(first && before ? storage.Interval * _chance() : TimeSpan.Zero);
            }
            else if (now)
            {
                // Who asks wants to know what is, not what may be over in a minute.
                _doubted = true;
                Next(TimeSpan.Zero);
            }
            return _known;
        }
    }

    public void Dispose()
    {
        lock (_guard)
        {
            _over = true;
            _timer.Dispose();
            _end.Cancel();
        }
    }

    private void Next(TimeSpan wait)
    {
        if (_looking)
        {
            _again |= wait == TimeSpan.Zero;
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task LookAsync()
    {
        WatchedStorage storage;
        lock (_guard)
        {
            if (_over || _looking)
            {
                return;
            }
            (_looking, _again, storage) = (true, false, _storage!);
        }
        List<EndpointResult>? seen = [];
        try
        {
            foreach (var url in storage.Urls.Split('\n'))
            {
                if (await _look(storage, url, _end.Token) is not { } result)
                {
                    seen = null;
                    break;
                }
                seen.Add(result);
            }
        }
        catch (Exception)
        {
            // The operator's own trouble says nothing about a storage; the next look comes in its time.
            seen = null;
        }
        var news = false;
        lock (_guard)
        {
            _looking = false;
            if (_over)
            {
                return;
            }
            var wait = AfterFailure;
            if (seen is not null && _storage == storage)
            {
                (news, wait) = Take(seen, storage);
            }
            Next(_again ? TimeSpan.Zero : wait);
        }
        if (news)
        {
            _changed(storage.Vo);
        }
    }

    private (bool News, TimeSpan Wait) Take(List<EndpointResult> seen, WatchedStorage storage)
    {
        if (!_doubted && _known is { } before && seen.Where((r, n) => r.IsBad && before[n].IsGood).Any())
        {
            _doubted = true;
            return (false, SecondLook);
        }
        _doubted = false;
        var news = _known is null || !_known.SequenceEqual(seen);
        _known = seen;
        var interval = seen.Exists(r => r.IsBad) && AfterFailure < storage.Interval ? AfterFailure : storage.Interval;
        // Another time each, so that those that began together don't stay together.
        return (news, interval * (0.9 + 0.1 * _chance()));
    }
}
