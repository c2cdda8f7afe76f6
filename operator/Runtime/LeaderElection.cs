#pragma warning disable CS9113
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
    public bool IsLeader => throw new NotImplementedException();

    /// <summary>
    /// Waits for the lease, then runs <paramref name="lead"/> with a token that ends with the term. Returns after
    /// shutdown (lease released); throws <see cref="LeadershipLostException"/> when the lease was lost: exit then.
    /// </summary>
    public Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken) => throw new NotImplementedException();
}

public sealed class LeadershipLostException(string message) : Exception(message);
