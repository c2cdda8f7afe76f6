using System.Globalization;
using System.Net;
using System.Net.Sockets;
using k8s.Models;
using RucioOperator.Api;
using RucioOperator.Releases;

namespace RucioOperator.Desired;

/// <summary>
/// Closed by default, opened for what a spec says: nothing comes in but clients at the public servers, the operator at
/// the admin API and Prometheus at the metrics; nothing goes out but to DNS, database, cache and, for the pods that need
/// it, FTS, storages, brokers, mail and token issuers. Policies add up: a person may open more with one of their own.
/// </summary>
public static class NetworkPolicies
{
    private const string NamespaceName = "kubernetes.io/metadata.name";

    /// <summary>What clients reach from outside.</summary>
    private static readonly string[] Public = ["api", "auth", "webui", "trace"];

    /// <summary>Daemons that delete, check or upload files themselves, on hosts that experiments name.</summary>
    private static readonly string[] AtStorages = ["auditor", "automatix", "dark-reaper", "reaper"];

    public static IEnumerable<V1NetworkPolicy> All(InstanceInputs i)
    {
        if (i.Instance.Spec.NetworkPolicy is not { Enabled: true })
        {
            yield break;
        }
        yield return Base(i);
        yield return Policy(i, "admin", Labels.Selector(i.Names.Instance, "admin"), ingress: [new() { FromProperty = [Operator(i)], Ports = Tcp(443) }]);
        if (i.Instance.Spec.Database.Embedded is not null)
        {
            yield return Policy(i, "database", Labels.Selector(i.Names.Instance, EmbeddedPostgres.Component), ingress: [new() { FromProperty = [OwnPods(i), Operator(i)], Ports = Tcp(i.Database.Address.Port) }]);
        }
        yield return Policy(i, "public", Components(i, Public), ingress: [new() { Ports = Tcp([80, 443, .. i.Instance.Spec.Webui is null ? (int[])[] : [Webui.Port]]) }]);
        if (PodMonitors.Wanted(i))
        {
            yield return Policy(i, "metrics", Instance(i), ingress: [new() { FromProperty = [new() { NamespaceSelector = new() }], Ports = Tcp(PodMonitors.Port) }]);
        }
        foreach (var (name, components, ports) in Outward(i).Where(o => o.Components.Count > 0 && o.Ports.Count > 0))
        {
            yield return Policy(i, name, Components(i, components), egress: [new() { Ports = Tcp([.. ports.Distinct().Order()]) }]);
        }
        if (Names(i, daemon => AtStorages.Contains(daemon.Daemon)) is { Length: > 0 } atStorages)
        {
            // Any port, but never the addresses where clouds keep the credentials of their machines.
            yield return Policy(i, "storages", Components(i, atStorages), egress: [new() { To = [Anywhere("0.0.0.0/0", "169.254.0.0/16"), Anywhere("::/0", "fe80::/10")] }]);
        }
    }

    internal static V1NetworkPolicy Policy(InstanceInputs i, string name, IDictionary<string, string> pods, IList<V1NetworkPolicyIngressRule>? ingress = null, IList<V1NetworkPolicyEgressRule>? egress = null) =>
        Policy(i, name, new V1LabelSelector { MatchLabels = pods }, ingress, egress);

    internal static V1NetworkPolicyPeer OwnPods(InstanceInputs i) => new() { PodSelector = Instance(i) };

    internal static List<V1NetworkPolicyPort> Tcp(params IEnumerable<int> ports) => [.. ports.Select(port => new V1NetworkPolicyPort { Protocol = "TCP", Port = port })];

    /// <summary>Of every pod of the instance, Jobs included.</summary>
    private static V1NetworkPolicy Base(InstanceInputs i)
    {
        var (host, port) = (i.Database.Address.Host, i.Database.Address.Port);
        List<V1NetworkPolicyEgressRule> egress =
        [
            // 5353: where OpenShift's DNS pods listen behind port 53 of their Service.
            new() { Ports = [.. from port53 in (int[])[53, 5353] from protocol in (string[])["UDP", "TCP"] select new V1NetworkPolicyPort { Protocol = protocol, Port = port53 }] },
            new() { To = Peers(host), Ports = Tcp(port) },
        ];
        if (Memcached.Url(i) is { } cache && cache.LastIndexOf(':') is var colon)
        {
            egress.Add(new() { To = Peers(cache[..colon]), Ports = Tcp(int.Parse(cache[(colon + 1)..], CultureInfo.InvariantCulture)) });
        }
        var policy = Policy(i, "pods", Instance(i), egress: egress);
        policy.Spec.PolicyTypes = ["Ingress", "Egress"];
        return policy;
    }

    /// <summary>What goes where no label or address can be told beforehand: by port alone.</summary>
    private static IEnumerable<(string Name, IReadOnlyList<string> Components, IReadOnlyList<int> Ports)> Outward(InstanceInputs i)
    {
        var spec = i.Instance.Spec;
        // Rules that are deleted or re-prioritised cancel and change jobs at FTS from within the servers, too.
        yield return ("fts", ["admin", "api", .. Names(i, daemon => daemon.Release is { Needs: DaemonNeed.TransferTool } or { UsesX509Proxy: true })], Ports(spec.Transfers?.FtsServers));
        yield return ("oidc", [.. TokenServers(i).Where(name => OidcConfig.IsUsedBy(i, name)), .. Names(i, daemon => OidcConfig.IsUsedBy(i, daemon.Daemon))], Ports(spec.Oidc?.Issuers.Select(issuer => issuer.Url)));
        yield return ("hermes", Names(i, daemon => daemon.Daemon == "hermes"), [.. Ports(spec.Messaging?.Hermes), .. spec.Mail is { } mail ? (int[])[mail.Port] : [], .. Ports(MessageSinks(spec))]);
        yield return ("receiver", Names(i, daemon => daemon.Daemon == "conveyor-receiver"), Ports(spec.Messaging?.Receiver));
        yield return ("traces", [.. Names(i, daemon => daemon.Daemon == "kronos"), .. spec.Trace is null ? (string[])[] : ["trace"]], Ports(spec.Messaging?.Traces));
        yield return ("webui", spec.Webui is null ? [] : ["webui"], [80, 443]);
    }

    private static string[] Names(InstanceInputs i, Func<DaemonWorkload, bool> which) => [.. Daemons.Of(i).Where(which).Select(daemon => daemon.Name)];

    private static IEnumerable<string> MessageSinks(RucioInstanceSpec spec) =>
        (spec.Config?.GetValueOrDefault("hermes") ?? new Dictionary<string, string>()).Where(option => option.Key is "elastic_endpoint" or "influxdb_endpoint").Select(option => option.Value);

    private static int[] Ports(BrokerSpec? broker) => broker is null ? [] : [broker.Port];

    private static string[] TokenServers(InstanceInputs i) => i.Instance.Spec.Auth is null ? ["api"] : ["api", "auth"];

    private static List<int> Ports(IEnumerable<string>? urls) => [.. (urls ?? []).Select(url => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.Port : 443)];

    private static V1LabelSelector Instance(InstanceInputs i) => new() { MatchLabels = new Dictionary<string, string> { [Labels.Instance] = i.Names.Instance } };

    private static V1LabelSelector Components(InstanceInputs i, IEnumerable<string> components) => new()
    {
        MatchLabels = new Dictionary<string, string> { [Labels.Instance] = i.Names.Instance },
        MatchExpressions = [new V1LabelSelectorRequirement { Key = Labels.Component, OperatorProperty = "In", Values = [.. components] }],
    };

    /// <summary>Without a namespace of its own (outside the cluster) it comes through a node, which policies don't hold back.</summary>
    private static V1NetworkPolicyPeer Operator(InstanceInputs i) => new()
    {
        NamespaceSelector = new() { MatchLabels = new Dictionary<string, string> { [NamespaceName] = i.OperatorNamespace ?? i.Names.Namespace } },
        PodSelector = new() { MatchLabels = new Dictionary<string, string> { ["app.kubernetes.io/name"] = Labels.Operator } },
    };

    /// <summary>An address, the namespace of a Service, or anywhere: policies know no host names.</summary>
    private static List<V1NetworkPolicyPeer>? Peers(string host) => IPAddress.TryParse(host, out var address)
        ? [new() { IpBlock = new() { Cidr = $"{address}/{(address.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32)}" } }]
        : host.Split('.') switch
        {
            [_] => [new() { PodSelector = new() }],
            [_, var ns] => [InNamespace(ns)],
            [_, var ns, "svc", ..] => [InNamespace(ns)],
            _ => null,
        };

    private static V1NetworkPolicyPeer InNamespace(string name) => new() { NamespaceSelector = new() { MatchLabels = new Dictionary<string, string> { [NamespaceName] = name } } };

    private static V1NetworkPolicyPeer Anywhere(string cidr, string except) => new() { IpBlock = new() { Cidr = cidr, Except = [except] } };

    private static V1NetworkPolicy Policy(InstanceInputs i, string name, V1LabelSelector pods, IList<V1NetworkPolicyIngressRule>? ingress = null, IList<V1NetworkPolicyEgressRule>? egress = null) => new()
    {
        ApiVersion = "networking.k8s.io/v1",
        Kind = "NetworkPolicy",
        Metadata = new V1ObjectMeta { Name = $"{i.Names.Instance}-{name}", NamespaceProperty = i.Names.Namespace, Labels = Labels.Of(i.Names.Instance, "network") },
        Spec = new V1NetworkPolicySpec
        {
            PodSelector = pods,
            PolicyTypes = [.. ingress is null ? (string[])[] : ["Ingress"], .. egress is null ? (string[])[] : ["Egress"]],
            Ingress = ingress,
            Egress = egress,
        },
    };
}
