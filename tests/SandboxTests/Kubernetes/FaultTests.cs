using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using static RucioOperator.Tests.SandboxTests.Kubernetes.WidgetApi;

namespace RucioOperator.Tests.SandboxTests.Kubernetes;

public sealed class FaultTests
{
    private WidgetApi _api = null!;

    [SetUp]
    public async Task StartAsync() => _api = await WidgetApi.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _api.DisposeAsync();

    [Test]
    public async Task A_rule_answers_for_the_requests_it_matches_as_often_as_it_says()
    {
        using var fault = _api.Server.Faults.Add(new() { Verb = "create", Resource = "widgets", Skip = 1, Times = 1, Status = 429, RetryAfter = 7 });

        var answers = new List<int>();
        foreach (var name in new[] { "a", "b", "c" })
        {
            var answer = await _api.CreateAsync(Widgets, Widget(name));
            answers.Add(answer.Headers.RetryAfter is null ? answer.Status : -answer.Status);
        }

        Assert.That(answers, Is.EqualTo(new[] { 201, -429, 201 }));
        Assert.That(fault.Hits, Is.EqualTo(1));
    }

    [TestCase(true, false)]
    [TestCase(false, true)]
    public async Task A_closed_connection_leaves_the_effect_or_not(bool before, bool done)
    {
        using var fault = _api.Server.Faults.Add(new() { Verb = "create", CloseBefore = before, CloseAfter = !before });

        await Assert.ThrowsAsync<HttpRequestException>(() => _api.CreateAsync(Widgets, Widget("a")));

        Assert.That(_api.Server.Store.Get("widgets.example.org", "default", "a") is not null, Is.EqualTo(done));
    }

    [Test]
    public async Task An_open_watch_is_cut_in_the_middle_of_a_line()
    {
        await using var lines = _api.WatchAsync("").GetAsyncEnumerator();
        _api.Server.Store.Upsert(Widget("a"));
        await lines.MoveNextAsync();
        using var fault = _api.Server.Faults.Add(new() { Verb = "watch", CutAfterBytes = 20 });

        _api.Server.Store.Upsert(Widget("b"));

        await Assert.ThrowsAsync(Is.InstanceOf<IOException>().Or.InstanceOf<System.Text.Json.JsonException>(), async () => await lines.MoveNextAsync());
    }

    [Test]
    public async Task A_silent_watch_stays_silent_and_the_next_one_speaks()
    {
        using var fault = _api.Server.Faults.Add(new() { Verb = "watch", Silent = true, Times = 1 });
        await using var silent = _api.WatchAsync("").GetAsyncEnumerator();
        var heard = silent.MoveNextAsync().AsTask();
        await EventuallyAsync(() => Task.FromResult(_api.Server.Requests.Count(filter: request => request is { Verb: "watch", Status: 200 }) == 1));
        _api.Server.Store.Upsert(Widget("a"));
        await EventuallyAsync(() => Task.FromResult(fault.Hits == 1));

        await using var next = _api.WatchAsync("").GetAsyncEnumerator();
        await next.MoveNextAsync();

        Assert.That(next.Current.Text("type"), Is.EqualTo("ADDED"));
        Assert.That(heard.IsCompleted, Is.False);
        _api.Server.CutWatches();
        await Assert.ThrowsAsync(Is.InstanceOf<IOException>(), () => heard);
    }

    [Test]
    public async Task The_log_counts_from_a_mark_and_hooks_see_requests_before_and_after()
    {
        var order = new List<string>();
        _api.Server.OnRequest = request => Note("before", request);
        _api.Server.OnResponse = request => Note("after", request);
        var mark = _api.Server.Requests.Mark();

        await _api.CreateAsync(Widgets, Widget("a"));
        await _api.GetAsync($"{Widgets}/a");

        Assert.That(order, Is.EqualTo(new[] { "before create 0", "after create 201", "before get 0", "after get 200" }));
        Assert.That(_api.Server.Requests.Count(mark, request => request.IsWrite), Is.EqualTo(1));
        Assert.That(_api.Server.Requests.Since(mark)[1].UserAgent, Is.EqualTo("tests/1.0"));

        Task Note(string when, ApiRequest request)
        {
            order.Add($"{when} {request.Verb} {request.Status}");
            return Task.CompletedTask;
        }
    }
}
