using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Grid;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Runtime;

namespace RucioOperator.Tests.Grid;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class RevocationWatchTests : IDisposable
{
    private static readonly ObjectKey Instance = new("rucio", "rucio");

    private readonly ThrowAwayAuthority _grid = new("Grid CA"), _other = new("Other CA");
    private readonly FakeTimeProvider _clock = new(DateTimeOffset.UtcNow);
    private readonly ConcurrentDictionary<string, string> _published = new();
    private readonly ConcurrentQueue<string> _fetches = new();
    private readonly RevocationWatch _watch;
    private int _changes;

    public RevocationWatchTests()
    {
        _watch = new((url, _) =>
        {
            _fetches.Enqueue(url.ToString());
            return _published.TryGetValue(url.ToString(), out var list) ? Task.FromResult(Encoding.ASCII.GetBytes(list)) : throw new HttpRequestException("answers 404");
        }, _clock, () => 0.5);
        _watch.Changed += _ => Interlocked.Increment(ref _changes);
    }

    public void Dispose()
    {
        _grid.Dispose();
        _other.Dispose();
    }

    [Test]
    public async Task A_pass_never_waits_and_is_woken_when_there_is_something_new()
    {
        Publish("grid", _grid, days: 7);
        Assert.That(Ask().Lists, Is.Empty);
        await ChangesAsync(1);
        Assert.That(Ask(), Has.Property("Looked").True.And.Property("Faults").Count.EqualTo(1), "the other one answers 404");
        Assert.That(Issuers(), Is.EqualTo(new[] { "CN=Grid CA" }));

        // One is missing: that is hurried after, whatever the interval.
        Publish("other", _other, days: 7);
        await FetchesAsync(4, TimeSpan.FromMinutes(10));
        await ChangesAsync(2);
        Assert.That(Issuers(), Is.EqualTo(new[] { "CN=Grid CA", "CN=Other CA" }));

        await FetchesAsync(6, TimeSpan.FromHours(6));
        Assert.That(_changes, Is.EqualTo(2), "nothing is different");
    }

    [Test]
    public async Task The_last_good_list_outlives_outages_forgeries_and_older_ones()
    {
        Publish("grid", _grid, days: 7);
        Publish("other", _other, days: 7);
        Ask();
        await ChangesAsync(1);
        var good = Pems();
        _published.Clear();
        await FetchesAsync(4, TimeSpan.FromHours(6));
        await ChangesAsync(2);
        Assert.That(Ask().Faults.Values, Is.EqualTo(new[] { "answers 404", "answers 404" }));
        using var impostor = new ThrowAwayAuthority("Grid CA");
        Publish("grid", impostor, days: 30);
        _published["http://other/"] = _other.RevocationList(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(-20));
        await FetchesAsync(6, TimeSpan.FromHours(6));
        await ChangesAsync(3);
        Assert.That(Ask().Faults.Values.Single(), Does.Contain("signed by none"));
        Assert.That(Pems(), Is.EqualTo(good));
        Assert.That(_watch.Ends.Select(e => e.Authority), Is.EquivalentTo(new[] { "CN=Grid CA", "CN=Other CA" }));
        Assert.That(_watch.Ends.Select(e => e.NextUpdate - DateTimeOffset.UtcNow), Has.All.GreaterThan(TimeSpan.FromDays(6)));
    }

    [Test]
    public async Task A_list_that_runs_out_before_the_next_turn_is_fetched_sooner()
    {
        Publish("grid", _grid, days: 0.125);
        Publish("other", _other, days: 7);
        Ask();
        await ChangesAsync(1);
        Publish("grid", _grid, days: 7);
        await FetchesAsync(4, TimeSpan.FromHours(1.5));
        await ChangesAsync(2);
    }

    [Test]
    public async Task After_a_restart_there_is_no_hurry_while_what_was_saved_is_good()
    {
        string[] saved = [_grid.RevocationList(), _other.RevocationList(), "not a list"];
        Assert.That(Ask(saved).Lists.Select(l => l.Pem), Is.EquivalentTo(saved.Take(2).Select(s => s + "\n")));
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.That(_fetches, Is.Empty);
        await FetchesAsync(2, TimeSpan.FromHours(1));
    }

    [Test]
    public async Task After_a_restart_what_is_missing_is_fetched_at_once()
    {
        Ask(_grid.RevocationList());
        await FetchesAsync(2);
    }

    [Test]
    public async Task Of_an_authority_that_is_trusted_no_longer_nothing_is_kept_and_who_left_fetches_nothing()
    {
        Publish("grid", _grid, days: 7);
        Publish("other", _other, days: 7);
        Ask();
        await ChangesAsync(1);
        var wish = Wish();
        Assert.That(_watch.Follow(wish with { Fingerprint = "grid alone", Authorities = [wish.Authorities.Single(a => a.Subject == "CN=Grid CA")], Urls = ["http://grid/"] }, () => []).Lists, Has.Count.EqualTo(1));
        await FetchesAsync(3);
        _watch.Forget(Instance);
        _clock.Advance(TimeSpan.FromDays(2));
        Assert.That(_fetches, Has.Count.EqualTo(3));
        Assert.That(_watch.Ends, Is.Empty);
    }

    private void Publish(string host, ThrowAwayAuthority authority, double days) =>
        _published[$"http://{host}/"] = authority.RevocationList(_clock.GetUtcNow().AddHours(-1), _clock.GetUtcNow().AddDays(days));

    private WatchedAuthorities Wish() =>
        new(Instance, "both", AuthorityFiles.From([("both", _grid.CaPem + _other.CaPem)]).Certificates, ["http://grid/", "http://other/"], TimeSpan.FromHours(6));

    private RevocationState Ask(params string[] saved) => _watch.Follow(Wish(), () => saved);

    private IEnumerable<string> Issuers() => _watch.Ends.Select(e => e.Authority).Order();

    private string[] Pems() => [.. Ask().Lists.Select(l => l.Pem).Order()];

    private Task FetchesAsync(int count, TimeSpan? after = null)
    {
        _clock.Advance(after ?? TimeSpan.Zero);
        return Eventually.TrueAsync(() => _fetches.Count == count);
    }

    private Task ChangesAsync(int count)
    {
        _clock.Advance(TimeSpan.Zero);
        return Eventually.TrueAsync(() => _changes == count);
    }
}
