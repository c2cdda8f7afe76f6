using RucioOperator.Desired;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>The servers beside the API run. VOs and storages don't wait for them.</summary>
internal static class FrontendsStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var wanted = Exposure.Servers(work.Instance.Spec).Select(s => s.Component).Where(c => c != "api").Order(StringComparer.Ordinal).ToList();
        if (wanted.Count == 0)
        {
            work.Report.Remove(InstanceConditions.FrontendsReady);
            return null;
        }
        foreach (var component in wanted)
        {
            var unmet = await TlsSecrets.ProblemAsync(work, component, ct) ?? Missing(work, component) ?? work.Availability([work.Names.Server(component)]);
            if (unmet is not null)
            {
                work.Report.Unmet(InstanceConditions.FrontendsReady, unmet);
                return null;
            }
        }
        work.Report.True(InstanceConditions.FrontendsReady, "Running", $"{string.Join(", ", wanted)} run");
        return null;
    }

    private static Outcome.Blocked? Missing(InstanceWork work, string component) => component != "webui" ? null
        : work.Release.Images.Webui is null ? new Outcome.Blocked("NoWebui", $"spec.webui: no image of the web UI is known for Rucio {work.Release.Line}: remove the field")
        : work.Instance.Spec.MultiVo && work.Inputs.VoTags.Count == 0 ? new Outcome.Blocked("NoVirtualOrganisation", "The web UI starts with the first VirtualOrganisation of this instance: there is nobody to log in before")
        : null;
}
