using RucioOperator.Api;
using RucioOperator.Grid;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Runtime;
using Endpoint = RucioOperator.Api.Endpoint;

namespace RucioOperator.Controllers;

/// <summary>One look at one endpoint, as far as the operator may take it for a tenant. First rule that fits wins.</summary>
public sealed class EndpointChecks(HostGuard hosts, EndpointProbe probe, TrustTexts trust, Informer<RucioInstance> instances, OperatorMetrics metrics)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static EndpointWatch Watch(HostGuard hosts, TrustTexts trust, Informer<RucioInstance> instances, OperatorMetrics metrics, TimeProvider time, Random random)
    {
        var checks = new EndpointChecks(hosts, new EndpointProbe(time, Patience), trust, instances, metrics);
        var watch = new EndpointWatch(checks.LookAsync, time, () =>
        {
            lock (random)
            {
                return random.NextDouble();
            }
        });
        metrics.WatchCertificates(() => watch.Certificates.Select(c => (c.Storage, c.Expires - time.GetUtcNow())));
        return watch;
    }

    /// <summary>Null: not now.</summary>
    public async Task<EndpointResult?> LookAsync(ObjectKey instanceKey, string url, CancellationToken ct)
    {
        if (instances.Store.Get(instanceKey) is not { } instance || Tenancy.Pauses(instance) is not null)
        {
            return null;
        }
        var result = await LookAsync(instance, url, ct);
        metrics.EndpointLookedAt(result.Result);
        return result;
    }

    private async Task<EndpointResult> LookAsync(RucioInstance instance, string url, CancellationToken ct)
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
