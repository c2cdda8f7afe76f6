using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Runtime;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ControllerRuntimeTests
{
    private const string Finalizer = "tests.example/finalizer";

    private readonly FakeTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly CancellationTokenSource stop = new();
    private readonly Recorder recorder = new();
    private KubeBed bed = null!;
    private ControllerRuntime runtime = null!;
    private Task running = Task.CompletedTask;

    [SetUp]
    public async Task StartAsync()
    {
        bed = await KubeBed.StartAsync();
        runtime = new ControllerRuntime(bed.Api, new RuntimeOptions(), time, new Random(1), NullLoggerFactory.Instance);
    }

    [TearDown]
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await running;
        runtime.Dispose();
        await bed.DisposeAsync();
    }

    [Test]
    public async Task The_first_pass_adds_the_finalizer_and_goes_on()
    {
        await RunAsync();
        await CreateAsync("a");
        await Eventually.TrueAsync(() => recorder.Passes("a") >= 1);
        Assert.That(recorder.LastSeen("a").Metadata.Finalizers, Is.EqualTo(new[] { Finalizer }));
        await QuietAsync();
        Assert.That(bed.Server.Requests.Count(0, request => request.Verb == "patch"), Is.EqualTo(1));
    }

    [Test]
    public async Task An_unchanged_world_costs_no_call_over_a_whole_drift_period()
    {
        await RunAsync();
        await CreateAsync("a");
        await Eventually.TrueAsync(() => recorder.Passes("a") >= 1);
        await QuietAsync();
        var (mark, passes) = (bed.Server.Requests.Mark(), recorder.Passes("a"));
        await Eventually.TrueAsync(() => recorder.Passes("a") > passes, time, "the drift pass", TimeSpan.FromSeconds(1));
        // The clock runs without the server's bookmarks, so watches are found silent and opened again; nothing else.
        Assert.That(bed.Server.Requests.Since(mark, request => request.Verb != "watch"), Is.Empty);
    }

    [Test]
    public async Task Deletion_finalizes_then_releases()
    {
        await RunAsync();
        await CreateAsync("a");
        await Eventually.TrueAsync(() => recorder.Passes("a") >= 1);
        recorder.Finalize = () => new Outcome.Blocked("Children", "still there", TimeSpan.FromSeconds(1));
        bed.Server.Store.Delete("configmaps", KubeBed.Ns, "a");
        await Eventually.TrueAsync(() => recorder.Finalized >= 1);
        Assert.That(bed.Server.Store.Get("configmaps", KubeBed.Ns, "a"), Is.Not.Null);
        recorder.Finalize = () => new Outcome.Done();
        await Eventually.TrueAsync(() => bed.Server.Store.Get("configmaps", KubeBed.Ns, "a") is null, time);
        await Eventually.TrueAsync(() => recorder.Deleted.Contains("a"));
        Assert.That(runtime.HasSynced);
    }

    [Test]
    public async Task Another_finalizer_is_never_lost()
    {
        await RunAsync();
        await CreateAsync("a", "other/finalizer");
        await Eventually.TrueAsync(() => recorder.Passes("a") >= 1);
        bed.Server.Store.Delete("configmaps", KubeBed.Ns, "a");
        await Eventually.TrueAsync(() => Finalizers("a") is ["other/finalizer"], time);
    }

    [TestCase(409)]
    [TestCase(500)]
    [TestCase(429)]
    public async Task A_failing_patch_is_tried_again(int status)
    {
        bed.Server.Faults.Add(new Fault { Verb = "patch", Status = status, Times = 3, RetryAfter = status == 429 ? 2 : null });
        await RunAsync();
        await CreateAsync("a");
        await Eventually.TrueAsync(() => recorder.Passes("a") >= 1, time);
        Assert.That(Finalizers("a"), Is.EqualTo(new[] { Finalizer }));
    }

    [Test]
    public async Task A_failure_is_retried_for_ever_and_a_rejection_waits_for_an_edit()
    {
        recorder.Reconcile = _ => throw new InvalidOperationException("boom");
        await RunAsync();
        await CreateAsync("a");
        await Eventually.TrueAsync(() => recorder.Passes("a") >= 8, time);
        recorder.Reconcile = _ => new Outcome.Rejected("Bad", "field");
        var before = recorder.Passes("a");
        await Eventually.TrueAsync(() => recorder.Passes("a") > before, time);
        await QuietAsync();
        before = recorder.Passes("a");
        time.Advance(TimeSpan.FromMinutes(5));
        await QuietAsync();
        Assert.That(recorder.Passes("a"), Is.EqualTo(before));
        bed.Server.Store.Patch("configmaps", KubeBed.Ns, "a", (JsonObject)JsonNode.Parse("""{"metadata":{"labels":{"x":"y"}}}""")!);
        await Eventually.TrueAsync(() => recorder.Passes("a") > before);
    }

    [Test]
    public async Task Edits_overtake_the_first_listing()
    {
        for (var i = 0; i < 50; i++)
            await CreateAsync($"m{i}");
        var (gate, first) = (new TaskCompletionSource(), new TaskCompletionSource());
        recorder.Before = async () =>
        {
            first.TrySetResult();
            await gate.Task;
        };
        await RunAsync(workers: 1);
        await first.Task;
        bed.Server.Store.Patch("configmaps", KubeBed.Ns, "m49", (JsonObject)JsonNode.Parse("""{"metadata":{"labels":{"x":"y"}}}""")!);
        bed.Server.Store.Delete("configmaps", KubeBed.Ns, "m48");
        await Eventually.TrueAsync(() => runtimeInformer.Store.Get(new(KubeBed.Ns, "m49"))!.Metadata.Labels is not null && runtimeInformer.Store.Get(new(KubeBed.Ns, "m48")) is null);
        gate.SetResult();
        await Eventually.TrueAsync(() => recorder.Order.Count >= 40);
        Assert.That(recorder.Order.Take(2), Does.Contain("m49"));
    }

    [Test]
    public async Task Watched_objects_wake_their_dependants()
    {
        var informer = runtime.Informer<V1ConfigMap>();
        var secrets = runtime.MetadataInformer<V1Secret>();
        runtime.Controller("maps", recorder.As(bed.Api, informer)).For(informer).Watches(secrets, secret => [ObjectKey.Of(secret)]);
        running = runtime.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => runtime.HasSynced);
        await CreateAsync("a");
        await Eventually.TrueAsync(() => recorder.Passes("a") >= 1);
        await QuietAsync();
        var before = recorder.Passes("a");
        bed.Server.ApplyYaml($"{{apiVersion: v1, kind: Secret, metadata: {{name: a, namespace: {KubeBed.Ns}}}}}");
        await Eventually.TrueAsync(() => recorder.Passes("a") == before + 1);
    }

    [Test]
    public async Task A_thousand_resources_are_in_the_cache_within_seconds()
    {
        for (var i = 0; i < 1000; i++)
            bed.Server.Store.Upsert(new() { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = $"m{i}", ["namespace"] = KubeBed.Ns }, ["data"] = new JsonObject { ["k"] = new string('x', 1000) } });
        var began = Stopwatch.GetTimestamp();
        var informer = await bed.FollowAsync<V1ConfigMap>();
        Assert.That(informer.Count, Is.EqualTo(1000));
        TestContext.Out.WriteLine($"{Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");
    }

    [Test]
    public void Caches_that_stay_empty_end_the_runtime_and_say_which()
    {
        bed.Server.Faults.Add(new Fault { Verb = "list", Resource = "configmaps", Status = 403 });
        runtime.Informer<V1ConfigMap>();
        var run = runtime.RunAsync(stop.Token);
        Assert.That(async () =>
        {
            await Eventually.TrueAsync(() => run.IsCompleted, time, step: TimeSpan.FromSeconds(1));
            await run;
        }, Throws.InstanceOf<TimeoutException>().With.Message.Contains("configmaps"));
    }

    private Informer<V1ConfigMap> runtimeInformer = null!;

    private async Task RunAsync(int workers = 2)
    {
        runtimeInformer = runtime.Informer<V1ConfigMap>();
        runtime.Controller("maps", recorder.As(bed.Api, runtimeInformer), workers).For(runtimeInformer);
        running = runtime.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => runtime.HasSynced);
    }

    private Task CreateAsync(string name, params string[] finalizers) =>
        bed.Api.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = KubeBed.Ns, Finalizers = finalizers.Length == 0 ? null : finalizers } }, "test", default);

    private string[] Finalizers(string name) =>
        [.. (bed.Server.Store.Get("configmaps", KubeBed.Ns, name)?["metadata"]?["finalizers"] as JsonArray ?? []).Select(node => node!.GetValue<string>())];

    /// <summary>Until no pass and no request came for some looks in a row.</summary>
    private async Task QuietAsync()
    {
        var (last, still) = ((-1, -1), 0);
        await Eventually.TrueAsync(() =>
        {
            var now = (recorder.Order.Count, bed.Server.Requests.Mark());
            still = now == last ? still + 1 : 0;
            last = now;
            return still > 100;
        });
    }

    /// <summary>A controller that notes what it is asked.</summary>
    private sealed class Recorder : IEntityController<V1ConfigMap>, IEntityFinalizer<V1ConfigMap>
    {
        private readonly ConcurrentDictionary<string, V1ConfigMap> seen = [];
        private int finalized;

        public Func<V1ConfigMap, Outcome> Reconcile { get; set; } = _ => new Outcome.Done();
        public Func<Outcome> Finalize { get; set; } = () => new Outcome.Done();
        public Func<Task> Before { get; set; } = () => Task.CompletedTask;
        public ConcurrentQueue<string> Order { get; } = [];
        public ConcurrentBag<string> Deleted { get; } = [];
        public int Finalized => Volatile.Read(ref finalized);

        public int Passes(string name) => Order.Count(one => one == name);
        public V1ConfigMap LastSeen(string name) => seen[name];

        public EntityReconciler<V1ConfigMap> As(KubeApi api, Informer<V1ConfigMap> informer) => new(api, informer, this, this, Finalizer, "rucio-operator/test");

        public async Task<ReconciliationResult<V1ConfigMap>> ReconcileAsync(V1ConfigMap entity, CancellationToken cancellationToken)
        {
            await Before();
            seen[entity.Metadata.Name] = entity;
            Order.Enqueue(entity.Metadata.Name);
            return ReconciliationResult<V1ConfigMap>.Of(entity, Reconcile(entity));
        }

        public Task<ReconciliationResult<V1ConfigMap>> DeletedAsync(V1ConfigMap entity, CancellationToken cancellationToken)
        {
            Deleted.Add(entity.Metadata.Name);
            return Task.FromResult(ReconciliationResult<V1ConfigMap>.Success(entity));
        }

        public Task<ReconciliationResult<V1ConfigMap>> FinalizeAsync(V1ConfigMap entity, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref finalized);
            return Task.FromResult(ReconciliationResult<V1ConfigMap>.Of(entity, Finalize()));
        }
    }
}
