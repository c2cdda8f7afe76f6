using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Runtime;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class LeaderElectionTests
{
    private readonly FakeTimeProvider time = new(DateTimeOffset.UtcNow);
    private readonly List<CancellationTokenSource> stops = [];
    private readonly List<Task> running = [];
    private KubeBed bed = null!;

    [SetUp]
    public async Task StartAsync() => bed = await KubeBed.StartAsync();

    [TearDown]
    public async Task StopAsync()
    {
        stops.ForEach(stop => stop.Cancel());
        foreach (var task in running)
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await bed.DisposeAsync();
    }

    [Test]
    public async Task One_of_two_leads()
    {
        var (a, b) = (Start("a"), Start("b"));
        await Eventually.TrueAsync(() => a.IsLeader || b.IsLeader, time);
        var (looks, both) = (0, 0);
        await Eventually.TrueAsync(() =>
        {
            both += a.IsLeader && b.IsLeader ? 1 : 0;
            return ++looks > 300;
        }, time);
        Assert.That(both, Is.Zero);
    }

    [Test]
    public async Task A_released_lease_is_taken_at_the_next_look()
    {
        var a = Start("a");
        await Eventually.TrueAsync(() => a.IsLeader, time);
        var b = Start("b");
        await stops[0].CancelAsync();
        await running[0].ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var released = time.GetUtcNow();
        Assert.That((await LeaseAsync()).Spec.HolderIdentity, Is.Empty);
        await SoonAsync(() => b.IsLeader);
        Assert.That(time.GetUtcNow() - released, Is.LessThanOrEqualTo(TimeSpan.FromSeconds(3)));
    }

    [Test]
    public async Task A_killed_leader_is_followed_within_the_lease_and_a_look()
    {
        await HoldAsync("dead");
        var began = time.GetUtcNow();
        var b = Start("b");
        await SoonAsync(() => b.IsLeader);
        Assert.That(time.GetUtcNow() - began, Is.InRange(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(18)));
    }

    [Test]
    public async Task A_lease_somebody_took_ends_the_term()
    {
        var a = Start("a");
        await Eventually.TrueAsync(() => a.IsLeader, time);
        await HoldAsync("thief");
        await Eventually.TrueAsync(() => !a.IsLeader && running[0].IsFaulted, time);
        Assert.That(running[0].Exception!.InnerException, Is.InstanceOf<LeadershipLostException>());
        Assert.That((await LeaseAsync()).Spec.HolderIdentity, Is.EqualTo("thief"));
    }

    [Test]
    public async Task An_api_that_stays_away_ends_the_term_at_the_deadline()
    {
        var a = Start("a");
        await Eventually.TrueAsync(() => a.IsLeader, time);
        bed.Server.Faults.Add(new Fault { Resource = "leases", Status = 503 });
        var began = time.GetUtcNow();
        await SoonAsync(() => running[0].IsFaulted);
        Assert.That(time.GetUtcNow() - began, Is.InRange(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(15)));
    }

    [Test]
    public async Task A_short_outage_and_conflicts_end_nothing()
    {
        var a = Start("a");
        await Eventually.TrueAsync(() => a.IsLeader, time);
        bed.Server.Faults.Add(new Fault { Resource = "leases", Verb = "update", Status = 409, Times = 1 });
        bed.Server.Faults.Add(new Fault { Resource = "leases", Status = 500, Times = 2 });
        var transition = (await Retried(LeaseAsync)).Metadata.ResourceVersion;
        await Eventually.TrueAsync(() => LeaseAsync().Result.Metadata.ResourceVersion != transition, time);
        Assert.That(a.IsLeader);
    }

    [TestCase("""{}""")]
    [TestCase("""{"holderIdentity":""}""")]
    public async Task A_lease_without_holder_is_taken_at_once(string spec)
    {
        bed.Server.ApplyYaml($"{{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {{name: lock, namespace: {KubeBed.Ns}}}, spec: {spec}}}");
        var began = time.GetUtcNow();
        var a = Start("a");
        await SoonAsync(() => a.IsLeader);
        Assert.That(time.GetUtcNow() - began, Is.LessThan(TimeSpan.FromSeconds(2)));
    }

    private static async Task<T> Retried<T>(Func<Task<T>> call)
    {
        while (true)
        {
            try
            {
                return await call();
            }
            catch (KubeApiException)
            {
            }
        }
    }

    /// <summary>Where the clock counts it stands still for most of the time, so that a call on a busy machine takes none of it.</summary>
    private Task SoonAsync(Func<bool> holds) => Eventually.TrueAsync(holds, time, pause: TimeSpan.FromMilliseconds(20));

    private LeaderElection Start(string identity)
    {
        var stop = new CancellationTokenSource();
        var election = new LeaderElection(bed.Api, new LeaderElectionOptions(KubeBed.Ns, "lock", identity), time, new Random(1), NullLogger.Instance);
        stops.Add(stop);
        running.Add(election.RunAsync(async term => await Task.Delay(Timeout.Infinite, term).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing), stop.Token));
        return election;
    }

    private async Task HoldAsync(string holder)
    {
        bed.Server.ApplyYaml($"{{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {{name: lock, namespace: {KubeBed.Ns}}}, spec: {{holderIdentity: {holder}, leaseDurationSeconds: 15, renewTime: '2020-01-01T00:00:00.000000Z', acquireTime: '2020-01-01T00:00:00.000000Z'}}}}");
        await Task.CompletedTask;
    }

    private async Task<V1Lease> LeaseAsync() => (await bed.Api.GetAsync<V1Lease>(new(KubeBed.Ns, "lock"), default))!;
}
