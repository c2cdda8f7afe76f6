using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.RucioApi;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>Both APIs run, and the account that rules this Rucio logs in at the admin one: from here on VOs and storages are worked on.</summary>
internal static class ApiStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        if (work.Availability([work.Names.Admin, work.Names.Api]) is { } notServing)
        {
            work.Connection.Serving = false;
            // Pods whose certificate is missing don't start, and don't say why.
            return Exposure.TlsInPod(work.Instance.Spec.Api) ? await TlsSecrets.ProblemAsync(work, "api", ct) ?? notServing : notServing;
        }
        var url = work.Parts.ServiceOverride(work.Names.Admin, work.Names.Namespace) ?? new Uri($"https://{work.Names.AdminHost}");
        var superRoot = work.Inputs.SuperRoot;
        work.Connection.UseServer(url, work.Inputs.AdminCertificate.Certificate, new RucioCredential(superRoot.Username, superRoot.Password, work.Instance.Spec.RootAccount, BaseVo.Tag));
        if (!work.Connection.Serving)
        {
            await work.Connection.AsSuperRoot(work.Parts.Time).LoginAsync(ct);
            work.Connection.Serving = true;
        }
        work.Parts.Connections.RaiseObserved(work.Key);
        work.Report.True(InstanceConditions.ApiReady, "Serving", $"Public API at {Exposure.ApiUrl(work.Instance.Spec, work.Names)}; {work.Instance.Spec.RootAccount} logs in at the admin API");
        return null;
    }
}
