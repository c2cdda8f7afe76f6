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
        var servers = Servers(work).Where(s => s.Server?.Exposure is not null).ToList();
        if (servers.Count == 0)
        {
            work.Report.Remove(InstanceConditions.Exposed);
            return null;
        }
        foreach (var (component, service, server) in servers)
        {
            var unmet = await TlsSecrets.ProblemAsync(work, component, ct) ?? Problem(work, component, service, server!);
            if (unmet is not null)
            {
                work.Report.Unmet(InstanceConditions.Exposed, unmet);
                return null;
            }
        }
        work.Report.True(InstanceConditions.Exposed, "Exposed", string.Join(", ", servers.Select(s => Exposure.Url(s.Server!))));
        return null;
    }

    private static IEnumerable<(string Component, string Service, IFrontend? Server)> Servers(InstanceWork work)
    {
        var (spec, names) = (work.Instance.Spec, work.Names);
        return [("api", names.Api, spec.Api), ("auth", names.Auth, spec.Auth), ("webui", names.Webui, spec.Webui), ("trace", names.Trace, spec.Trace)];
    }

    /// <summary>First rule that fits wins.</summary>
    private static Outcome.Blocked? Problem(InstanceWork work, string component, string service, IFrontend server)
    {
        if (component == "auth" && !work.Inputs.AuthMayBeExposed)
        {
            return new Outcome.Blocked("X509NotVerified", $"{server.Host} is not exposed: see condition {InstanceConditions.X509Verified}");
        }
        return server.Exposure!.Type switch
        {
            ExposureType.LoadBalancer => Balancer(work, work.Names.Public(component)),
            ExposureType.Gateway => Route(work, component == "auth" ? OptionalKinds.TlsRoute : OptionalKinds.HttpRoute, service, server),
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
