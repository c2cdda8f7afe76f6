using k8s.Models;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>A Job the instance waits for. A failed one stays to be looked at, then is tried again, for ever: its script may be run at any time.</summary>
internal static class GuardedJob
{
    public static readonly TimeSpan Retry = TimeSpan.FromMinutes(2);

    /// <summary>Pods are not watched; one that can't start is found out this often.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(30);

    /// <param name="doing">What it does, after its name: "is dumping the catalogue".</param>
    /// <returns>Null: complete.</returns>
    public static async Task<Outcome?> OutcomeAsync(InstanceWork work, string name, string reason, string doing, string failedReason, CancellationToken ct)
    {
        if (work.Job(name) is not { } job)
        {
            return new Outcome.Blocked(reason, $"Job {name} is being created", Look);
        }
        var state = JobState.Of(job);
        if (state.Ended == JobEnd.Complete)
        {
            return null;
        }
        var pods = await PodsAsync(work, job, ct);
        if (state.Ended == JobEnd.None)
        {
            return new Outcome.Blocked(reason, LastWords.Hindrance(pods) is { } hindrance ? $"Job {name}: {hindrance}" : $"Job {name} {doing}", Look);
        }
        if (work.Now - state.At > Retry)
        {
            await work.Parts.Api.DeleteAsync<V1Job>(ObjectKey.Of(job), job.Metadata.Uid, ct);
        }
        return new Outcome.Blocked(failedReason, $"Job {name} failed: {LastWords.Of(pods) ?? state.Reason}; it is tried again, at once if you delete the Job", Retry);
    }

    /// <summary>The last thing a complete one said; null where its pods are gone.</summary>
    public static async Task<string?> ResultAsync(InstanceWork work, string name, CancellationToken ct) =>
        work.Job(name) is { } job ? LastWords.Of(await PodsAsync(work, job, ct)) : null;

    private static async Task<IReadOnlyList<V1Pod>> PodsAsync(InstanceWork work, V1Job job, CancellationToken ct) =>
        (await work.Parts.Api.ListPageAsync<V1Pod>(new Selection(work.Names.Namespace, $"batch.kubernetes.io/job-name={job.Metadata.Name}"), 50, null, ct)).Items;
}
