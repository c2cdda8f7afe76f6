using RucioOperator.Desired;
using RucioOperator.Planning;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Hibernated is as desired: the pass ends here, well.</summary>
internal static class HibernationStage
{
    public const string Hibernated = nameof(Hibernated);

    public static Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Phase != InstancePhase.Hibernated)
        {
            return Task.FromResult<Outcome?>(null);
        }
        foreach (var condition in (string[])[InstanceConditions.ApiReady, InstanceConditions.DaemonsReady])
        {
            work.Report.False(condition, Hibernated, "spec.hibernate is true: all servers and daemons are at 0");
        }
        var stopping = work.Workloads.FirstOrDefault(d => d.Status?.ObservedGeneration != d.Metadata.Generation || d.Status?.Replicas > 0);
        return Task.FromResult<Outcome?>(stopping is null
            ? new Outcome.Done(work.Parts.NextDriftPass())
            : new Outcome.Blocked("Hibernating", $"Deployment {stopping.Metadata.Name} goes to 0"));
    }
}
