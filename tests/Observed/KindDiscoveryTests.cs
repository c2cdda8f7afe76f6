using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Runtime;

namespace RucioOperator.Tests.Observed;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class KindDiscoveryTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly CancellationTokenSource stop = new();
    private KubeBed bed = null!;
    private KindDiscovery? kinds;
    private Task run = Task.CompletedTask;

    [SetUp]
    public async Task StartAsync() => bed = await KubeBed.StartAsync();

    [TearDown]
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await run;
        await bed.DisposeAsync();
        kinds?.Dispose();
        stop.Dispose();
    }

    [Test]
    public async Task What_the_server_has_from_the_start_is_known_before_anybody_works()
    {
        bed.Server.InstallKinds(OptionalDefinitions.PodMonitor);
        bed.Server.Store.Upsert(Yaml.Parse("{apiVersion: monitoring.coreos.com/v1, kind: PodMonitor, metadata: {name: m, namespace: default}, spec: {any: thing}}")[0]);
        await FollowAsync();
        Assert.That(kinds!.Current.Has(OptionalKinds.PodMonitor));
        Assert.That(kinds!.Current.Has(OptionalKinds.Certificate), Is.False);
        Assert.That(kinds!.Find(OptionalKinds.PodMonitor, new("default", "m"))!.Spec!["any"]!.GetValue<string>(), Is.EqualTo("thing"));
    }

    [Test]
    public async Task A_cluster_without_any_is_asked_once_and_not_again_unless_a_spec_needs_one()
    {
        await FollowAsync();
        await kinds!.EnsureAsync([], default);
        Assert.That(bed.Server.Requests.Count(0), Is.EqualTo(1));
    }

    [Test]
    public async Task A_kind_that_comes_is_seen_when_it_is_needed_and_asked_for_no_more_than_every_few_seconds()
    {
        await FollowAsync();
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await kinds!.EnsureAsync([OptionalKinds.Certificate], default)).Has(OptionalKinds.Certificate), Is.False);
        bed.Server.InstallKinds(OptionalDefinitions.Certificate);
        Assert.That((await kinds!.EnsureAsync([OptionalKinds.Certificate], default)).Has(OptionalKinds.Certificate), Is.False);
        clock.Advance(TimeSpan.FromSeconds(6));
        Assert.That((await kinds!.EnsureAsync([OptionalKinds.Certificate], default)).Has(OptionalKinds.Certificate));
    }

    [Test]
    public async Task The_version_is_the_best_of_those_that_are_served()
    {
        bed.Server.InstallKinds("tlsroutes.gateway.networking.k8s.io", "httproutes.gateway.networking.k8s.io");
        await FollowAsync();
        Assert.That(kinds!.Current.Find(OptionalKinds.TlsRoute)!.Version, Is.EqualTo("v1"));
        Assert.That(kinds!.Current.Find(OptionalKinds.HttpRoute)!.Version, Is.EqualTo("v1"));
    }

    [Test]
    public async Task A_kind_that_goes_is_told_and_may_come_again()
    {
        bed.Server.InstallKinds(OptionalDefinitions.Certificate);
        await FollowAsync();
        var told = 0;
        kinds!.Changed += () => Interlocked.Increment(ref told);
        bed.Server.RemoveKind(OptionalDefinitions.Certificate);
        bed.Server.CutWatches();
        await Eventually.TrueAsync(() => !kinds!.Current.Has(OptionalKinds.Certificate), clock, "the kind is gone");
        await Eventually.TrueAsync(() => told == 1);
        bed.Server.InstallKinds(OptionalDefinitions.Certificate);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await kinds!.EnsureAsync([OptionalKinds.Certificate], default)).Has(OptionalKinds.Certificate));
    }

    [Test]
    public async Task Discovery_that_fails_at_the_start_is_tried_again()
    {
        bed.Server.InstallKinds(OptionalDefinitions.Certificate);
        bed.Server.Faults.Add(new Fault { Times = 3, Status = 503 });
        await FollowAsync();
        Assert.That(kinds!.Current.Has(OptionalKinds.Certificate));
    }

    [Test]
    public void The_sandbox_has_the_kinds_the_operator_knows() =>
        Assert.That(OptionalKinds.All.Select(kind => $"{kind.Plural}.{kind.Group}"), Is.EquivalentTo(OptionalDefinitions.All.Keys));

    private async Task FollowAsync()
    {
        kinds = new KindDiscovery(bed.Api, kind => new Informer<UntypedObject>(bed.Api, new InformerOptions<UntypedObject> { Kind = kind, IsOptional = true }, clock, new Random(1), NullLogger.Instance), clock, NullLogger<KindDiscovery>.Instance);
        run = kinds.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => kinds!.HasSynced, clock);
    }
}
