using k8s.Models;

namespace RucioOperator.Observed;

public enum JobEnd { None, Complete, Failed }

/// <summary>How a Job stands.</summary>
/// <param name="Reason">Of its failure, as the Job controller names it.</param>
public sealed record JobState(JobEnd Ended, string? Reason, DateTimeOffset At)
{
    public static JobState Of(V1Job job)
    {
        foreach (var (type, end) in ((string, JobEnd)[])[("Complete", JobEnd.Complete), ("Failed", JobEnd.Failed)])
        {
            if (job.Status?.Conditions?.FirstOrDefault(c => c.Type == type && c.Status == "True") is { } condition)
            {
                return new(end, condition.Reason, condition.LastTransitionTime ?? job.Metadata.CreationTimestamp ?? DateTime.MinValue);
            }
        }
        return new(JobEnd.None, null, job.Metadata.CreationTimestamp ?? DateTime.MinValue);
    }
}
