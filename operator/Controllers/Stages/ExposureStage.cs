using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Controllers.Stages;

/// <summary>What leads to the servers from outside is there, as far as the cluster says.</summary>
internal static class ExposureStage
{
    public static async Task<Outcome?> RunAsync(InstanceWork work, CancellationToken ct)
    {
        var servers = Exposure.Servers(work.Instance.Spec).Where(s => s.Spec.Exposure is not null).ToList();
        if (servers.Count == 0)
        {
            work.Report.Remove(InstanceConditions.Exposed);
            return null;
        }
        foreach (var server in servers)
        {
            var unmet = await TlsSecrets.ProblemAsync(work, server.Component, ct) ?? Problem(work, server);
            if (unmet is not null)
            {
                work.Report.Unmet(InstanceConditions.Exposed, unmet);
                return null;
            }
        }
        work.Report.True(InstanceConditions.Exposed, "Exposed", string.Join(", ", servers.Select(s => Exposure.Url(s.Spec))));
        return null;
    }

    /// <summary>First rule that fits wins.</summary>
    private static Outcome.Blocked? Problem(InstanceWork work, PublicServer server)
    {
        if (server.Component == "auth" && !work.Inputs.AuthMayBeExposed)
        {
            return new Outcome.Blocked("X509NotVerified", $"{server.Spec.Host} is not exposed: see condition {InstanceConditions.X509Verified}");
        }
        return server.Spec.Exposure!.Type switch
        {
            ExposureType.LoadBalancer => Balancer(work, work.Names.Public(server.Component)),
            ExposureType.Gateway => Route(work, server.Route, work.Names.Server(server.Component), server.Spec),
            // Controllers need not tell that they took an Ingress, and many don't.
            _ => null,
        };
    }

    private static Outcome.Blocked? Balancer(InstanceWork work, string name) =>
        work.Parts.Exposure.Services.Store.Get(new ObjectKey(work.Names.Namespace, name))?.Status?.LoadBalancer?.Ingress is { Count: > 0 }
            ? null
            : new Outcome.Blocked("LoadBalancerPending", $"Service {name} has no address yet: the cluster's load balancer gives it one");

    private static Outcome.Blocked? Route(InstanceWork work, OptionalKind kind, string name, IFrontend server)
    {
        if (!work.Kinds.Has(kind))
        {
            return new Outcome.Blocked("KindMissing", $"{server.Host} is not exposed: see condition {InstanceConditions.KindsServed}");
        }
        var parents = work.Parts.Kinds.Find(kind, new ObjectKey(work.Names.Namespace, name))?.Status?["parents"] as JsonArray ?? [];
        var told = parents.SelectMany(p => p?["conditions"] as JsonArray ?? []).FirstOrDefault(c => c?["type"]?.GetValue<string>() == "Accepted");
        return told?["status"]?.GetValue<string>() switch
        {
            "True" => null,
            "False" => new Outcome.Blocked("RouteRefused", $"Gateway {server.Exposure!.GatewayRef!.Name} does not take {kind.Kind} {name}: {told["reason"]?.GetValue<string>()}, {told["message"]?.GetValue<string>()}"),
            _ => new Outcome.Blocked("RoutePending", $"No Gateway {server.Exposure!.GatewayRef!.Name} has taken {kind.Kind} {name} yet"),
        };
    }
}
