using RucioOperator.Api;
using RucioOperator.Controllers;
using RucioOperator.Observed;
using RucioOperator.Planning.Checks;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Commands.Doctor.Checks;

/// <summary>A storage's hosts may be named, and what its URLs say answers there.</summary>
internal static class EndpointCheck
{
    public static async Task RunAsync(StorageElement storage, DoctorTools tools, Notes notes, CancellationToken ct)
    {
        if (storage.Spec.Endpoints is not { Count: > 0 } endpoints || await InstanceAsync(storage, tools, ct) is not { } instance)
        {
            return;
        }
        var refused = await tools.Hosts.RefusedAsync(instance, Indexes.HostsOf(storage).Where(h => !IsPath(storage, h)), ct);
        foreach (var why in refused.Values)
        {
            notes.Error(HostGuard.HostNotAllowed, $"spec.endpoints: {why}");
        }
        if (refused.Count > 0)
        {
            return;
        }
        if (endpoints.All(e => Endpoint.TryParse(e.Url, out var url, out _) && url.Scheme == "file"))
        {
            notes.NotChecked(EndpointResult.NotChecked, "spec.endpoints: a folder in Rucio's pods, which nobody else can look into", "see that all pods of Rucio mount it");
            return;
        }
        List<EndpointResult> results = [];
        foreach (var endpoint in endpoints)
        {
            results.Add(await tools.Endpoints.AtAsync(instance, endpoint.Url, ct));
        }
        var verdict = EndpointsVerdict.Of(results, tools.Now);
        switch (verdict)
        {
            case { Status: false }:
                notes.Error(verdict.Reason, verdict.Message);
                break;
            case { Status: null }:
                notes.NotChecked(verdict.Reason, verdict.Message);
                break;
            case { IsNews: true }:
                notes.Warning(verdict.Reason, verdict.Message, NextSteps.Of(EndpointResult.CertificateExpired));
                break;
            default:
                notes.Ok(verdict.Message, verdict.Reason);
                break;
        }
    }

    private static async Task<RucioInstance?> InstanceAsync(StorageElement storage, DoctorTools tools, CancellationToken ct) =>
        await tools.VoAsync(Indexes.VoOf(storage), ct) is { } vo ? await tools.InstanceAsync(Indexes.InstanceOf(vo), ct) : null;

    private static bool IsPath(StorageElement storage, string host) =>
        storage.Spec.Endpoints!.All(e => !Endpoint.TryParse(e.Url, out var url, out _) || url.Host != host || url.Scheme == "file");
}
