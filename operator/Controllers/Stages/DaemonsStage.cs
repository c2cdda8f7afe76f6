using RucioOperator.Desired;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

internal static class DaemonsStage
{
    public static Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var daemons = Daemons.Of(work.Inputs);
        var notRunning = work.Availability(daemons.Select(d => work.Names.Daemon(d.Name)));
        if (notRunning is null)
        {
            work.Report.True(InstanceConditions.DaemonsReady, "Running", $"{daemons.Count(d => d.Replicas > 0)} daemons run{LeftOut(work)}");
        }
        return Task.FromResult(notRunning);
    }

    /// <summary>Of the profile, and the field that would bring them.</summary>
    private static string LeftOut(InstanceWork work)
    {
        var (spec, release) = (work.Instance.Spec, work.Release);
        var missing = DaemonWorkload.Profile(spec, release).Select(name => (name, Field: DaemonNeeds.Unmet(spec, release.Daemons[name]))).Where(d => d.Field is not null).GroupBy(d => d.Field, d => d.name).ToList();
        return missing.Count == 0 ? "" : $"; left out: {string.Join("; ", missing.Select(m => $"{string.Join(", ", m)} (no {m.Key})"))}";
    }
}
