using RucioOperator.Api;
using RucioOperator.Grid;
using RucioOperator.Observed;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Controllers;

/// <summary>One look at one endpoint, as far as the operator may take it for a tenant. First rule that fits wins.</summary>
public sealed class EndpointLook(HostGuard hosts, EndpointProbe probe, TrustTexts trust)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public async Task<EndpointResult> AtAsync(RucioInstance instance, string url, CancellationToken ct)
    {
        var notChecked = new EndpointResult(url, EndpointResult.NotChecked);
        if (!Endpoint.TryParse(url, out var endpoint, out _) || endpoint.Scheme == "file")
        {
            return notChecked;
        }
        // Mail, shells and name servers are there, not storages.
        if (endpoint.Port < 1024 && endpoint.Port is not (80 or 443))
        {
            return notChecked;
        }
        return await hosts.ReachAsync(endpoint.Host, instance.Spec.Tenancy?.AllowedHosts, ct) switch
        {
            null => notChecked,
            [] => notChecked with { Result = EndpointResult.NameUnknown },
            var addresses => await probe.LookAsync(url, endpoint, addresses, await trust.BundleAsync(instance, ct), ct),
        };
    }
}
