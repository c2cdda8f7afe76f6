using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using static RucioOperator.Tests.SandboxTests.Kubernetes.WidgetApi;

namespace RucioOperator.Tests.SandboxTests.Kubernetes;

public sealed class ListAndWatchTests
{
    private WidgetApi _api = null!;

    [SetUp]
    public async Task StartAsync() => _api = await WidgetApi.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _api.DisposeAsync();

    [Test]
    public async Task Pages_show_the_state_of_the_first_and_end_with_compaction()
    {
        foreach (var name in new[] { "a", "b", "c", "d", "e" })
        {
            _api.Server.Store.Upsert(Widget(name));
        }

        var first = await _api.GetAsync($"{Widgets}?limit=2");
        await _api.DeleteAsync($"{Widgets}/c");
        var second = await _api.GetAsync($"{Widgets}?limit=2&continue={first.Body.Text("metadata", "continue")}");
        _api.Server.Compact();
        var third = await _api.GetAsync($"{Widgets}?limit=2&continue={second.Body.Text("metadata", "continue")}");

        Assert.That(second.Body["items"].Objects().Select(item => item.Text("metadata", "name")), Is.EqualTo(new[] { "c", "d" }));
        Assert.That(second.ResourceVersion, Is.EqualTo(first.ResourceVersion));
        Assert.That((third.Status, third.Body.Text("reason")), Is.EqualTo((410, "Expired")));
    }

    [TestCase("labelSelector=x=1", "a")]
    [TestCase("labelSelector=x in (1,2),y", "b")]
    [TestCase("labelSelector=x!=1", "b,c")]
    [TestCase("labelSelector=!x", "c")]
    [TestCase("labelSelector=x notin (2)", "a,c")]
    [TestCase("fieldSelector=metadata.name=c", "c")]
    public async Task Selectors_choose(string query, string names)
    {
        _api.Server.Store.Upsert(Widget("a", metadata: "labels: {x: '1'}"));
        _api.Server.Store.Upsert(Widget("b", metadata: "labels: {x: '2', y: ''}"));
        _api.Server.Store.Upsert(Widget("c"));

        var list = await _api.GetAsync($"{Widgets}?{query}");

        Assert.That(string.Join(',', list.Body["items"].Objects().Select(item => item.Text("metadata", "name"))), Is.EqualTo(names));
    }

    [Test]
    public async Task A_watch_replays_from_its_version_and_follows_the_selector()
    {
        var start = (await _api.GetAsync(Widgets)).ResourceVersion;
        _api.Server.Store.Upsert(Widget("a", metadata: "labels: {x: '1'}"));
        await using var lines = _api.WatchAsync($"resourceVersion={start}&labelSelector=x%3D1&allowWatchBookmarks=true").GetAsyncEnumerator();

        var seen = new List<string>();
        foreach (var act in new Action[]
        {
            () => { },
            () => _api.Server.Store.Upsert(Widget("a", "{size: 2}")),
            () => _api.Server.Store.Upsert(Widget("a", metadata: "labels: {x: '2'}")),
            () => _api.Server.Store.Upsert(Widget("a", metadata: "labels: {x: '1'}")),
            () => _api.Server.Store.Delete("widgets.example.org", "default", "a"),
            () => _api.Server.SendBookmarks(),
        })
        {
            act();
            await lines.MoveNextAsync();
            seen.Add(lines.Current.Text("type")!);
        }

        Assert.That(seen, Is.EqualTo(new[] { "ADDED", "MODIFIED", "DELETED", "ADDED", "DELETED", "BOOKMARK" }));
    }

    [Test]
    public async Task A_watch_from_a_compacted_version_says_so_and_ends()
    {
        var start = (await _api.GetAsync(Widgets)).ResourceVersion;
        _api.Server.Compact();

        var lines = await _api.WatchAsync($"resourceVersion={start}").ToListAsync();

        Assert.That((lines.Single().Text("type"), lines.Single().Number("object", "code")), Is.EqualTo(("ERROR", 410L)));
    }

    [Test]
    public async Task A_watch_ends_at_its_timeout_with_a_bookmark()
    {
        var lines = await _api.WatchAsync("timeoutSeconds=1&allowWatchBookmarks=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan").ToListAsync();

        Assert.That(lines.Select(line => line.Text("type")), Is.EqualTo(new[] { "BOOKMARK", "BOOKMARK" }));
        Assert.That(lines[0].Text("object", "metadata", "annotations", "k8s.io/initial-events-end"), Is.EqualTo("true"));
    }
}
