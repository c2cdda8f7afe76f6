using System.Collections.Concurrent;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Runtime;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class InformerTests
{
    private readonly FakeTimeProvider time = new();
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentQueue<string> told = [];
    private ScriptedApi server = null!;
    private Task running = Task.CompletedTask;

    [SetUp]
    public async Task StartAsync() => server = await ScriptedApi.StartAsync();

    [TearDown]
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await running;
        await server.DisposeAsync();
        stop.Dispose();
    }

    [Test]
    public async Task It_lists_page_by_page_and_then_follows()
    {
        server.PageSize = 2;
        foreach (var name in "abcde")
            server.Put(name.ToString(), "1");
        var informer = await SyncedAsync(options => options with { PageSize = 2 });
        Assert.That(server.Lists, Is.EqualTo(3));
        server.Put("a", "2");
        server.Delete("b");
        server.Put("f", "1");
        await CaughtUpAsync(informer);
        Assert.That(told.TakeLast(3), Is.EqualTo(new[] { "a 1→2", "b 1→-", "f -→1" }));
    }

    [Test]
    public async Task What_nobody_needs_is_dropped_on_arrival()
    {
        server.Put("a", "1");
        var informer = await SyncedAsync();
        server.Put("a", "2");
        await CaughtUpAsync(informer);
        var metadata = informer.Store.Get(new("ns", "a"))!.Metadata;
        Assert.That(metadata.ManagedFields, Is.Null);
        Assert.That(metadata.Annotations.Keys, Is.EqualTo(new[] { "keep" }));
    }

    [Test]
    public async Task An_expired_watch_lists_again_and_tells_what_vanished_meanwhile()
    {
        server.Put("a", "1");
        server.Put("b", "1");
        server.Silent = number => number == 0;
        var informer = await SyncedAsync(options => options with { SilenceLimit = TimeSpan.FromSeconds(5) });
        server.Delete("a");
        server.Put("c", "1");
        server.OldestVersion = 100;
        await Eventually.TrueAsync(() => server.Watches >= 2, time);
        server.OldestVersion = 0;
        await CaughtUpAsync(informer);
        Assert.That(server.Lists, Is.GreaterThanOrEqualTo(2));
        Assert.That(told, Does.Contain("a 1→-").And.Contain("c -→1"));
    }

    [Test]
    public async Task A_deletion_between_the_pages_of_a_list_is_not_taken_for_one_of_the_rest()
    {
        foreach (var name in "abcd")
            server.Put(name.ToString(), "1");
        server.Silent = number => number == 0;
        var informer = await SyncedAsync(options => options with { SilenceLimit = TimeSpan.FromSeconds(5), PageSize = 2 });
        server.PageSize = 2;
        server.BetweenPages = () =>
        {
            server.BetweenPages = null;
            server.Delete("d");
        };
        server.OldestVersion = 100;
        await Eventually.TrueAsync(() => server.Lists >= 2, time);
        server.OldestVersion = 0;
        await CaughtUpAsync(informer);
        Assert.That(told.Where(line => line.EndsWith("→-")), Is.EqualTo(new[] { "d 1→-" }));
    }

    [Test]
    public async Task A_silent_watch_is_cut_and_opened_where_it_was_without_a_list()
    {
        server.Put("a", "1");
        server.Silent = number => number == 0;
        var informer = await SyncedAsync(options => options with { SilenceLimit = TimeSpan.FromMinutes(1) });
        await Eventually.TrueAsync(() => server.Watches == 1);
        server.Put("b", "1");
        await CaughtUpAsync(informer);
        Assert.That(server.Lists, Is.EqualTo(1));
    }

    [Test]
    public async Task A_stream_cut_at_any_byte_loses_and_invents_nothing()
    {
        server.Put("a", "1");
        var informer = await SyncedAsync();
        var length = 330;
        for (var cut = 0; cut < length; cut += 7)
        {
            var at = cut;
            var first = server.Watches;
            server.CutAfter = number => number == first ? at : null;
            server.CutWatchesNow();
            await Eventually.TrueAsync(() => server.Watches > first, time);
            server.Put("a", $"x{cut}");
            server.Put("n" + cut, "1");
            server.Delete("n" + cut);
            await CaughtUpAsync(informer);
        }
        Assert.That(server.Lists, Is.EqualTo(1));
        Assert.That(told.Count, Is.EqualTo(told.Distinct().Count()), "something was told twice");
    }

    [Test]
    public async Task An_object_made_again_under_its_name_is_told_as_gone_and_new()
    {
        server.Put("a", "1");
        server.Silent = number => number == 0;
        var informer = await SyncedAsync(options => options with { SilenceLimit = TimeSpan.FromSeconds(5) });
        server.Delete("a");
        server.Put("a", "2");
        server.OldestVersion = 100;
        await Eventually.TrueAsync(() => server.Lists >= 2, time);
        server.OldestVersion = 0;
        await CaughtUpAsync(informer);
        Assert.That(told, Is.EqualTo(new[] { "a -→1", "a 1→-", "a -→2" }));
    }

    [TestCase(500)]
    [TestCase(429)]
    [TestCase(403)]
    public async Task A_failing_list_is_tried_again_and_a_later_start_is_complete(int status)
    {
        var failures = 3;
        server.Put("a", "1");
        server.Intercept = context =>
        {
            if (failures-- <= 0)
                return Task.FromResult(false);
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        var informer = await SyncedAsync();
        Assert.That(informer.Count, Is.EqualTo(1));
        Assert.That(server.Lists, Is.EqualTo(4));
    }

    [Test]
    public async Task Retry_after_is_obeyed()
    {
        var (refused, began) = (false, time.GetUtcNow());
        server.Intercept = context =>
        {
            if (refused)
                return Task.FromResult(false);
            refused = true;
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "7";
            return Task.FromResult(true);
        };
        await SyncedAsync();
        Assert.That(time.GetUtcNow() - began, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(7)));
    }

    [Test]
    public async Task Undecodable_news_leads_to_a_list()
    {
        server.Put("a", "1");
        var broken = false;
        server.Intercept = async context =>
        {
            if (broken || context.Request.Query["watch"] != "true")
                return false;
            broken = true;
            await context.Response.WriteAsync("""{"type":"MODIFIED","object":"what?"}""" + "\n");
            return true;
        };
        var informer = await SyncedAsync();
        await Eventually.TrueAsync(() => server.Lists >= 2, time);
        await CaughtUpAsync(informer);
    }

    [Test]
    public async Task One_object_that_does_not_fit_hides_no_other()
    {
        server.Put("a", "1");
        var broken = false;
        server.Intercept = async context =>
        {
            if (broken || context.Request.Query["watch"] != "true")
                return false;
            broken = true;
            await context.Response.WriteAsync("""{"type":"MODIFIED","object":{"metadata":{"name":"b","namespace":"ns","resourceVersion":"12"},"data":7}}""" + "\n");
            await context.Response.WriteAsync("""{"type":"MODIFIED","object":{"metadata":{"name":"a","namespace":"ns","uid":"u-a-11","resourceVersion":"13"},"data":{"value":"2"}}}""" + "\n");
            return true;
        };
        var informer = await SyncedAsync();
        await Eventually.TrueAsync(() => informer.Store.Get(new("ns", "a"))!.Data["value"] == "2", time);
        Assert.That(server.Lists, Is.EqualTo(1));
    }

    [Test]
    public async Task Our_own_write_is_not_undone_by_older_news()
    {
        server.Put("a", "1");
        var informer = await SyncedAsync();
        var old = informer.Store.Get(new("ns", "a"))!;
        informer.Refresh(old with { Metadata = old.Metadata with { ResourceVersion = "50" }, Data = new Dictionary<string, string> { ["value"] = "ours" } });
        server.Put("a", "older");
        server.Put("b", "1");
        await Eventually.TrueAsync(() => informer.Store.Get(new("ns", "b")) is not null, time);
        Assert.That(informer.Store.Get(new("ns", "a"))!.Data["value"], Is.EqualTo("ours"));
    }

    [Test]
    public async Task Our_own_write_never_brings_a_deleted_object_back()
    {
        server.Put("a", "1");
        var informer = await SyncedAsync();
        var old = informer.Store.Get(new("ns", "a"))!;
        server.Delete("a");
        await CaughtUpAsync(informer);
        informer.Refresh(old with { Metadata = old.Metadata with { ResourceVersion = "50" } });
        Assert.That(informer.Count, Is.Zero);
    }

    [Test]
    public async Task A_quiet_world_costs_nothing()
    {
        server.Put("a", "1");
        await SyncedAsync();
        await Eventually.TrueAsync(() => server.Watches == 1);
        var before = server.Requests.Count;
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.That(server.Requests, Has.Count.EqualTo(before));
    }

    [Test]
    public async Task A_reader_that_fails_on_one_object_stops_neither_the_cache_nor_other_readers()
    {
        server.Put("odd", "1");
        server.Put("plain", "1");
        var informer = new Informer<V1ConfigMap>(server.Api, new(), time, new Random(1), NullLogger.Instance);
        informer.Store.AddIndex("name", map => map.Metadata.Name == "odd" ? throw new InvalidOperationException() : [map.Metadata.Name]);
        informer.Subscribe((_, _) => throw new InvalidOperationException());
        informer.Subscribe((_, now) => told.Enqueue(now!.Metadata.Name));
        running = informer.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => informer.HasSynced, time);
        Assert.That(told, Is.EqualTo(new[] { "odd", "plain" }));
        Assert.That(informer.Store.ByIndex("name", "plain"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_cluster_scoped_kind_is_listed_once_whatever_namespaces_are_watched()
    {
        var informer = new Informer<PartialObject>(server.Api, new() { Kind = ResourceKind.Of<V1Namespace>(), Namespaces = ["a", "b"] }, time, new Random(1), NullLogger.Instance);
        running = informer.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => informer.HasSynced, time);
        Assert.That(server.Requests.First(), Does.Contain("/api/v1/namespaces?"));
    }

    [Test]
    public async Task Indexes_follow_the_objects()
    {
        server.Put("a", "x");
        server.Put("b", "x");
        var informer = Informer();
        informer.Store.AddIndex("value", map => [map.Data["value"]]);
        running = informer.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => informer.HasSynced, time);
        server.Put("a", "y");
        server.Delete("b");
        await CaughtUpAsync(informer);
        Assert.That(informer.Store.ByIndex("value", "x"), Is.Empty);
        Assert.That(informer.Store.ByIndex("value", "y").Single().Metadata.Name, Is.EqualTo("a"));
    }

    [Test]
    public async Task A_metadata_informer_asks_for_metadata_and_stores_no_annotations()
    {
        string? accept = null;
        server.Intercept = context =>
        {
            accept ??= context.Request.Headers.Accept;
            return Task.FromResult(false);
        };
        server.Put("a", "1");
        var informer = new Informer<PartialObject>(server.Api, new() { Kind = ResourceKind.Of<V1ConfigMap>() }, time, new Random(1), NullLogger.Instance);
        running = informer.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => informer.HasSynced, time);
        Assert.That(accept, Is.EqualTo("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"));
        Assert.That(informer.Store.List().Single(), Has.Property("Kind").EqualTo("ConfigMap").And.Property("Metadata").Property("Annotations").Null);
    }

    private Informer<V1ConfigMap> Informer(Func<InformerOptions<V1ConfigMap>, InformerOptions<V1ConfigMap>>? configure = null)
    {
        var options = new InformerOptions<V1ConfigMap>();
        var informer = new Informer<V1ConfigMap>(server.Api, configure?.Invoke(options) ?? options, time, new Random(1), NullLogger.Instance);
        informer.Subscribe((old, now) => told.Enqueue($"{(now ?? old)!.Metadata.Name} {Value(old)}→{Value(now)}"));
        return informer;
    }

    private async Task<Informer<V1ConfigMap>> SyncedAsync(Func<InformerOptions<V1ConfigMap>, InformerOptions<V1ConfigMap>>? configure = null)
    {
        var informer = Informer(configure);
        running = informer.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => informer.HasSynced, time, "synced");
        return informer;
    }

    private Task CaughtUpAsync(Informer<V1ConfigMap> informer) =>
        Eventually.TrueAsync(() => informer.Store.List().ToDictionary(map => map.Metadata.Name, map => map.Data["value"]) is var have
            && server.State() is var wanted && Same(have, wanted) && Same(AsTold(), wanted), time, "caught up");

    private static bool Same(Dictionary<string, string> have, IReadOnlyDictionary<string, string> wanted) =>
        have.Count == wanted.Count && wanted.All(entry => have.TryGetValue(entry.Key, out var value) && value == entry.Value);

    /// <summary>What the subscriber makes of all that it was told: it is told just after the store has it.</summary>
    private Dictionary<string, string> AsTold()
    {
        var state = new Dictionary<string, string>();
        foreach (var line in told)
        {
            var (name, value) = (line[..line.IndexOf(' ')], line[(line.IndexOf('→') + 1)..]);
            if (value == "-")
                state.Remove(name);
            else
                state[name] = value;
        }
        return state;
    }

    private static string Value(V1ConfigMap? map) => map?.Data["value"] ?? "-";
}
