using k8s.Models;
using Microsoft.Extensions.Logging;

namespace RucioOperator.Runtime;

public sealed record LeaderElectionOptions(string Namespace, string Name, string Identity)
{
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>One leader by a Lease; released on shutdown so that the next one starts at once.</summary>
public sealed class LeaderElection(KubeApi api, LeaderElectionOptions options, TimeProvider time, Random random, ILogger logger)
{
    private const string FieldManager = "rucio-operator/leader-election";

    private readonly ObjectKey key = new(options.Namespace, options.Name);
    private readonly Backoff spread = new(random) { Jitter = 0.1 };
    private V1Lease? observed;
    private long observedAt;
    private string? announced;
    private volatile bool leading;
    private long renewedAt;

    /// <summary>True only between winning and the end of the term, whatever the Lease says.</summary>
    public bool IsLeader => leading;

    public TimeSpan LeaseDuration => options.LeaseDuration;

    /// <summary>Of the lease that is held; zero while none is.</summary>
    public TimeSpan SinceRenewal => leading ? time.GetElapsedTime(Interlocked.Read(ref renewedAt)) : TimeSpan.Zero;

    /// <summary>
    /// Waits for the lease, then runs <paramref name="lead"/> with a token that ends with the term. Returns after
    /// shutdown (lease released); throws <see cref="LeadershipLostException"/> when the lease was lost: exit then.
    /// </summary>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        while (!await TryAcquireAsync(cancellationToken))
            await Task.Delay(UntilNextAttempt(), time, cancellationToken);

        RuntimeLog.Leading(logger, options.Identity);
        Interlocked.Exchange(ref renewedAt, time.GetTimestamp());
        leading = true;
        using var term = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var work = lead(term.Token);
        try
        {
            var renewal = RenewAsync(term.Token);
            await Task.WhenAny(work, renewal);
            leading = false;
            await term.CancelAsync();
            // No two leaders: the lease is given up only after the last worker stopped. A lost one is somebody else's
            // soon, so whoever doesn't stop by then is stopped with the process.
            var patience = renewal.IsFaulted ? options.LeaseDuration - options.RenewDeadline : Timeout.InfiniteTimeSpan;
            await Task.WhenAny(work, Task.Delay(patience, time, CancellationToken.None));
            await renewal;
        }
        finally
        {
            leading = false;
        }
        await ReleaseAsync();
        if (work.IsFaulted)
            await work;
    }

    private async Task<bool> TryAcquireAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await AttemptAsync(cancellationToken);
        }
        catch (KubeApiException error)
        {
            if (error.Kind is not (KubeErrorKind.Conflict or KubeErrorKind.AlreadyExists))
                RuntimeLog.NotRenewed(logger, key, error.Message);
            return false;
        }
    }

    // Ends silently with its token; throws when the deadline passed or somebody else holds the lease.
    private async Task RenewAsync(CancellationToken term)
    {
        var renewed = time.GetTimestamp();
        while (true)
        {
            await Task.Delay(options.RetryPeriod, time, term).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (term.IsCancellationRequested)
                return;
            var left = options.RenewDeadline - time.GetElapsedTime(renewed);
            if (left <= TimeSpan.Zero)
                throw new LeadershipLostException($"lease {key} could not be renewed in {options.RenewDeadline.TotalSeconds:0} s");
            // An attempt never outlives the deadline: it must not take the lease back after we declared it lost.
            using var deadline = new CancellationTokenSource(left, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(term, deadline.Token);
            try
            {
                var began = time.GetTimestamp();
                if (!await AttemptAsync(both.Token))
                    throw new LeadershipLostException($"lease {key} was taken by {observed?.Spec?.HolderIdentity}");
                renewed = began;
                Interlocked.Exchange(ref renewedAt, began);
            }
            catch (KubeApiException error)
            {
                RuntimeLog.NotRenewed(logger, key, error.Message);
            }
            catch (OperationCanceledException) when (term.IsCancellationRequested)
            {
                return;
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    /// <returns>Whether the lease is ours now; false when somebody else holds it.</returns>
    private async Task<bool> AttemptAsync(CancellationToken cancellationToken)
    {
        var lease = await api.GetAsync<V1Lease>(key, cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        if (lease is null)
        {
            var made = new V1Lease { Metadata = new V1ObjectMeta { Name = key.Name, NamespaceProperty = key.Namespace }, Spec = Claim(null, now) };
            Observe(await api.CreateAsync(made, FieldManager, cancellationToken));
            return true;
        }
        if (observed?.Metadata.ResourceVersion != lease.Metadata.ResourceVersion)
            Observe(lease);
        if (!MayTake(lease.Spec))
        {
            Announce(lease.Spec!.HolderIdentity);
            return false;
        }
        // The resourceVersion of what was read makes two takers collide: one gets a conflict.
        Observe(await api.ReplaceAsync(new V1Lease { Metadata = lease.Metadata, Spec = Claim(lease.Spec, now) }, FieldManager, cancellationToken));
        return true;
    }

    // Expiry is counted on our own clock from when we saw the last change: clocks of two nodes need not agree.
    private bool MayTake(V1LeaseSpec? spec)
    {
        if (string.IsNullOrEmpty(spec?.HolderIdentity) || spec.HolderIdentity == options.Identity)
            return true;
        return !leading && time.GetElapsedTime(observedAt) >= DurationOf(spec);
    }

    private TimeSpan DurationOf(V1LeaseSpec spec) =>
        spec.LeaseDurationSeconds is { } seconds and > 0 ? TimeSpan.FromSeconds(seconds) : options.LeaseDuration;

    // At the latest when the lease we saw runs out: a dead leader is missed no longer than it must be.
    private TimeSpan UntilNextAttempt()
    {
        var retry = spread.Spread(options.RetryPeriod);
        var left = observed?.Spec is { } spec ? DurationOf(spec) - time.GetElapsedTime(observedAt) : TimeSpan.Zero;
        return left > TimeSpan.Zero && left < retry ? left : retry;
    }

    private V1LeaseSpec Claim(V1LeaseSpec? before, DateTime now)
    {
        var ours = before?.HolderIdentity == options.Identity;
        return new V1LeaseSpec
        {
            HolderIdentity = options.Identity,
            LeaseDurationSeconds = (int)options.LeaseDuration.TotalSeconds,
            AcquireTime = MicroTime.Of(ours ? before!.AcquireTime ?? now : now),
            RenewTime = MicroTime.Of(now),
            LeaseTransitions = ours ? before!.LeaseTransitions : (before?.LeaseTransitions ?? -1) + 1,
        };
    }

    // An empty holder, not an absent one, and both times kept: other implementations can't take a lease without them.
    private async Task ReleaseAsync()
    {
        using var limit = new CancellationTokenSource(options.RetryPeriod, time);
        try
        {
            if (await api.GetAsync<V1Lease>(key, limit.Token) is not { Spec.HolderIdentity: var holder } lease || holder != options.Identity)
                return;
            var spec = Claim(lease.Spec, time.GetUtcNow().UtcDateTime) with { HolderIdentity = "", LeaseDurationSeconds = 1 };
            await api.ReplaceAsync(new V1Lease { Metadata = lease.Metadata, Spec = spec }, FieldManager, limit.Token);
            RuntimeLog.Released(logger, key);
        }
        catch (Exception error) when (error is KubeApiException or OperationCanceledException)
        {
            RuntimeLog.NotReleased(logger, key, error.Message);
        }
    }

    private void Observe(V1Lease lease) => (observed, observedAt) = (lease, time.GetTimestamp());

    private void Announce(string holder)
    {
        if (announced != holder)
            RuntimeLog.StandingBy(logger, key, holder);
        announced = holder;
    }
}

public sealed class LeadershipLostException(string message) : Exception(message);
