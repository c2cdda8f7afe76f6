using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace RucioOperator.Grid;

/// <summary>The revocation lists of one instance's authorities, fetched again and again.</summary>
internal sealed class RevocationFollower : IDisposable
{
    /// <summary>Of a list that is missing, has run out, or soon will: users may be locked out.</summary>
    private static readonly TimeSpan Hurry = TimeSpan.FromMinutes(10);

    private readonly Lock _guard = new();
    private readonly TimeProvider _time;
    private readonly Func<double> _chance;
    private readonly Func<Uri, CancellationToken, Task<byte[]>> _fetch;
    private readonly Action _changed;
    private readonly ITimer _timer;
    private readonly CancellationTokenSource _end = new();
    private WatchedAuthorities? _wish;
    private RevocationState _known = RevocationState.Empty;
    private bool _fetching;
    private bool _again;
    private bool _over;

    public RevocationFollower(TimeProvider time, Func<double> chance, Func<Uri, CancellationToken, Task<byte[]>> fetch, Action changed)
    {
        (_time, _chance, _fetch, _changed) = (time, chance, fetch, changed);
        _timer = time.CreateTimer(_ => Task.Run(FetchAsync), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public RevocationState Follow(WatchedAuthorities wish, Func<IEnumerable<string>> saved)
    {
        lock (_guard)
        {
            if (_over || _wish?.Fingerprint == wish.Fingerprint)
            {
                return _known;
            }
            var first = _wish is null;
            var issuers = wish.Authorities.Select(RevocationList.IssuerOf).ToHashSet(StringComparer.Ordinal);
            // Of an authority that is trusted no longer nothing is kept.
            _known = RevocationState.Of(first ? Read(saved(), wish.Authorities) : [.. _known.Lists.Where(l => issuers.Contains(l.Issuer))]);
            _wish = wish;
            if (wish.Urls.Count == 0)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
            else
            {
                // After a restart there is no hurry, unless something is missing.
                Next(first && Wait(wish) > Hurry ? wish.Interval * _chance() : TimeSpan.Zero);
            }
            return _known;
        }
    }

    public IEnumerable<(string Authority, DateTimeOffset NextUpdate)> Ends()
    {
        lock (_guard)
        {
            return _wish is null ? [] :
            [
                .. from list in _known.Lists
                   where list.NextUpdate is not null
                   group list.NextUpdate!.Value by list.Issuer into of
                   let authority = _wish.Authorities.FirstOrDefault(a => RevocationList.IssuerOf(a) == of.Key)
                   where authority is not null
                   select (authority.Subject, of.Min()),
            ];
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

    /// <summary>Those that one of the authorities signed.</summary>
    public static IReadOnlyList<RevocationList> Read(IEnumerable<string> pems, IReadOnlyList<X509Certificate2> authorities)
    {
        List<RevocationList> lists = [];
        foreach (var pem in pems)
        {
            try
            {
                lists.Add(RevocationList.Read(Encoding.ASCII.GetBytes(pem), authorities).List);
            }
            catch (FormatException)
            {
                // Somebody changed it, or its authority: it is fetched again.
            }
        }
        return lists;
    }

    private void Next(TimeSpan wait)
    {
        if (_fetching)
        {
            _again |= wait == TimeSpan.Zero;
        }
        else
        {
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private async Task FetchAsync()
    {
        WatchedAuthorities wish;
        lock (_guard)
        {
            if (_over || _fetching)
            {
                return;
            }
            (_fetching, _again, wish) = (true, false, _wish!);
        }
        ConcurrentBag<RevocationList> seen = [];
        ConcurrentDictionary<string, string> faults = new(StringComparer.Ordinal);
        try
        {
            await Task.WhenAll(wish.Urls.Select(url => OneAsync(url, wish, seen, faults)));
        }
        catch (OperationCanceledException)
        {
            return;
        }
        bool news;
        lock (_guard)
        {
            _fetching = false;
            if (_over)
            {
                return;
            }
            news = !_again && Take(seen, faults);
            Next(_again ? TimeSpan.Zero : Wait(wish) * (0.9 + 0.1 * _chance()));
        }
        if (news)
        {
            _changed();
        }
    }

    private async Task OneAsync(string url, WatchedAuthorities wish, ConcurrentBag<RevocationList> seen, ConcurrentDictionary<string, string> faults)
    {
        try
        {
            var bytes = await _fetch(new Uri(url), _end.Token);
            // Parsing a list of megabytes is no work for whoever waits for another answer.
            seen.Add(await Task.Run(() => RevocationList.Read(bytes, wish.Authorities).List, _end.Token));
        }
        catch (Exception error) when (error is not OperationCanceledException || !_end.IsCancellationRequested)
        {
            faults[url] = error is FormatException or HttpRequestException ? error.Message : "no answer";
        }
    }

    private bool Take(IEnumerable<RevocationList> seen, IReadOnlyDictionary<string, string> faults)
    {
        // Somebody between us and the server may hand out an old one; its signature is as good.
        var lists = _known.Lists.Concat(seen).GroupBy(l => l.Id).Select(of => of.MaxBy(l => (l.ThisUpdate, l.NextUpdate))!).OrderBy(l => l.Id, StringComparer.Ordinal).ToList();
        var news = !_known.Looked || lists.Count != _known.Lists.Count || lists.Zip(_known.Lists.OrderBy(l => l.Id, StringComparer.Ordinal)).Any(p => p.First.Pem != p.Second.Pem)
            || faults.Count != _known.Faults.Count || faults.Any(f => _known.Faults.GetValueOrDefault(f.Key) != f.Value);
        _known = new(lists, faults.ToDictionary(), Looked: true);
        return news;
    }

    private TimeSpan Wait(WatchedAuthorities wish)
    {
        var now = _time.GetUtcNow();
        var listed = _known.Lists.Select(l => l.Issuer).ToHashSet(StringComparer.Ordinal);
        var left = _known.Lists.Select(l => l.NextUpdate - now).Where(l => l is not null).Select(l => l!.Value / 2).DefaultIfEmpty(wish.Interval).Min();
        var wait = wish.Authorities.All(a => listed.Contains(RevocationList.IssuerOf(a))) ? left : Hurry;
        return wait < Hurry ? Hurry : wait < wish.Interval ? wait : wish.Interval;
    }
}
