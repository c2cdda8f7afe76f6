using RucioOperator.Api;
using RucioOperator.Grid;
using RucioOperator.Hosting;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers;

/// <summary>Looks at endpoints of resources that are there and don't rest.</summary>
public sealed class EndpointChecks(EndpointLook look, Informer<RucioInstance> instances, OperatorMetrics metrics)
{

    public static EndpointWatch Watch(HostGuard hosts, TrustTexts trust, Informer<RucioInstance> instances, OperatorMetrics metrics, TimeProvider time, Func<double> chance)
    {
        var checks = new EndpointChecks(new EndpointLook(hosts, new EndpointProbe(time, EndpointLook.Patience), trust), instances, metrics);
        var watch = new EndpointWatch(checks.LookAsync, time, chance);
        metrics.WatchCertificates(() => watch.Certificates.Select(c => (c.Storage, c.Expires)));
        return watch;
    }

    /// <summary>Null: not now.</summary>
    public async Task<EndpointResult?> LookAsync(ObjectKey instanceKey, string url, CancellationToken ct)
    {
        if (instances.Store.Get(instanceKey) is not { } instance || Tenancy.Pauses(instance) is not null)
        {
            return null;
        }
        var result = await look.AtAsync(instance, url, ct);
        metrics.EndpointLookedAt(result.Result);
        return result;
    }
}
