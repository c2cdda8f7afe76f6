using System.Diagnostics;
using NUnit.Framework;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Runtime;

[NonParallelizable]
public sealed class WorkTests
{
    [Test]
    public void A_trace_has_an_id_though_nobody_listens_and_it_stays()
    {
        using var work = Work.Begin("reconcile", "a", "b/c");
        Assert.That(work.TraceId, Does.Match("^[0-9a-f]{32}$").And.EqualTo(Work.Current!.TraceId));
        Assert.That(RuntimeTracing.Part("plan"), Is.Null);
        Assert.That(RuntimeTracing.Call("kube", "get", "pods"), Is.Null);
    }

    [Test]
    public async Task What_goes_on_after_the_end_is_no_part_of_it()
    {
        var ended = new TaskCompletionSource();
        Task<Work?> later;
        using (Work.Begin("reconcile", "a", "b/c"))
        {
            later = Task.Run(async () =>
            {
                await ended.Task;
                return Work.Current;
            });
        }
        ended.SetResult();
        Assert.That(await later, Is.Null);
        Assert.That(Work.Current, Is.Null);
    }

    [Test]
    public void With_a_listener_calls_hang_below_the_work_and_nothing_is_traced_outside_of_it()
    {
        using var listener = new ActivityListener { ShouldListenTo = source => source.Name == RuntimeTracing.SourceName, Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(listener);
        Assert.That(RuntimeTracing.Call("kube", "update", "leases"), Is.Null);
        using var work = Work.Begin("reconcile", "a", "b/c");
        using var part = RuntimeTracing.Part("stage", "Claimed")!;
        using var call = RuntimeTracing.Call("kube", "get", "pods")!;
        using var request = new HttpRequestMessage(HttpMethod.Get, "http://localhost");
        call.Tell(request);
        Assert.Multiple(() =>
        {
            Assert.That((part.DisplayName, call.DisplayName, call.Kind, call.ParentSpanId), Is.EqualTo(("stage Claimed", "kube get pods", ActivityKind.Client, part.SpanId)));
            Assert.That(call.TraceId.ToHexString(), Is.EqualTo(work.TraceId));
            Assert.That(request.Headers.GetValues("traceparent"), Is.EqualTo(new[] { $"00-{work.TraceId}-{call.SpanId}-01" }));
        });
    }

    /// <summary>A pass that finds nothing to do happens thousands of times an hour.</summary>
    [Test]
    public void Without_a_listener_and_with_nothing_to_tell_it_costs_next_to_nothing()
    {
        Pass();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 1000; n++)
            Pass();
        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before) / 1000, Is.LessThan(512), "bytes a pass");

        static void Pass()
        {
            using var work = Work.Begin("reconcile", "a", "b/c");
            using var part = RuntimeTracing.Part("plan");
            work.Came("success");
        }
    }
}
