using System.Net;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;

namespace RucioOperator.Tests.Desired;

/// <summary>The policies as a network plugin reads them: what they let through.</summary>
public sealed class NetworkPoliciesTests
{
    private static readonly V1NetworkPolicy[] On = All("{database: {provision: {host: 192.0.2.7}}, transfers: {ftsServers: ['https://fts.example.org:8446']}, networkPolicy: {}, monitoring: {podMonitor: true}, cache: {shared: {}}}");

    [Test]
    public void Without_the_field_there_are_none_and_false_means_none()
    {
        Assert.That(All("{}"), Is.Empty);
        Assert.That(All("{networkPolicy: {enabled: false}}"), Is.Empty);
    }

    [Test]
    public void The_shared_cache_is_closed_even_without_the_field()
    {
        var policies = All("{cache: {shared: {}}}");
        Assert.That(LetsIn(policies, "memcached", 11211, "default", Own("api")));
        Assert.That(LetsIn(policies, "memcached", 11211, "default", new() { ["app"] = "other" }), Is.False);
        Assert.That(LetsIn(policies, "memcached", 11211, "elsewhere", Own("api")), Is.False);
    }

    [Test]
    public void The_admin_api_takes_the_operator_alone()
    {
        Assert.That(LetsIn(On, "admin", 443, "rucio-operator", new() { ["app.kubernetes.io/name"] = "rucio-operator" }));
        Assert.That(LetsIn(On, "admin", 443, "rucio-operator", new() { ["app"] = "other" }), Is.False);
        Assert.That(LetsIn(On, "admin", 443, "default", new() { ["app.kubernetes.io/name"] = "rucio-operator" }), Is.False);
        Assert.That(LetsIn(On, "admin", 443, "default", Own("api")), Is.False);
    }

    [TestCase("api", 80, true)]
    [TestCase("api", 81, false)]
    [TestCase("judge-evaluator", 80, false)]
    [TestCase("judge-evaluator", 8080, true)]
    [TestCase("memcached", 11211, false)]
    public void Anybody_in_the_cluster_reaches_public_servers_and_metrics_and_nothing_else(string component, int port, bool reached) =>
        Assert.That(LetsIn(On, component, port, "anywhere", new() { ["app"] = "x" }), Is.EqualTo(reached));

    [TestCase("judge-evaluator", "192.0.2.7", 5432, true)]
    [TestCase("bootstrap", "192.0.2.7", 5432, true)]
    [TestCase("judge-evaluator", "192.0.2.8", 5432, false)]
    [TestCase("judge-evaluator", "203.0.113.5", 443, false)]
    [TestCase("api", "203.0.113.5", 443, false)]
    [TestCase("conveyor-submitter", "203.0.113.5", 8446, true)]
    [TestCase("conveyor-submitter", "203.0.113.5", 22, false)]
    [TestCase("reaper", "203.0.113.5", 1094, true)]
    [TestCase("reaper", "2001:db8::5", 1094, true)]
    [TestCase("reaper", "169.254.169.254", 80, false)]
    [TestCase("judge-evaluator", "203.0.113.5", 53, true)]
    public void What_goes_out(string component, string address, int port, bool passes) =>
        Assert.That(LetsOut(On, component, IPAddress.Parse(address), port), Is.EqualTo(passes));

    [TestCase("pg.databases.svc", "databases")]
    [TestCase("pg.databases.svc.cluster.local", "databases")]
    public void A_database_in_the_cluster_is_its_namespace(string host, string ns)
    {
        var rule = All($"{{database: {{provision: {{host: {host}}}}}, networkPolicy: {{}}}}").Single(p => p.Metadata.Name == "rucio-pods").Spec.Egress.Single(e => e.To is not null);
        Assert.That(rule.To.Single().NamespaceSelector.MatchLabels["kubernetes.io/metadata.name"], Is.EqualTo(ns));
    }

    [Test]
    public void A_database_elsewhere_is_known_by_its_port_alone() =>
        Assert.That(All("{database: {provision: {host: pg.example.org, port: 6432}}, networkPolicy: {}}").Single(p => p.Metadata.Name == "rucio-pods").Spec.Egress.Any(e => e.To is null && e.Ports.Any(p => p.Port == "6432")));

    private static V1NetworkPolicy[] All(string spec) => [.. DesiredInstance.Objects(Inputs.Of(spec)).OfType<V1NetworkPolicy>()];

    private static Dictionary<string, string> Own(string component) => Labels.Selector("rucio", component);

    private static bool LetsIn(V1NetworkPolicy[] policies, string component, int port, string fromNamespace, Dictionary<string, string> from)
    {
        var applying = policies.Where(p => p.Spec.PolicyTypes.Contains("Ingress") && Selects(p.Spec.PodSelector, Own(component))).ToList();
        return applying.Count == 0 || applying.SelectMany(p => p.Spec.Ingress ?? []).Any(rule => HasPort(rule.Ports, port) && (rule.FromProperty is null || rule.FromProperty.Any(IsPeer)));

        bool IsPeer(V1NetworkPolicyPeer peer) => peer.IpBlock is null && (peer.PodSelector is null || Selects(peer.PodSelector, from))
            && (peer.NamespaceSelector is null ? fromNamespace == "default" : Selects(peer.NamespaceSelector, new() { ["kubernetes.io/metadata.name"] = fromNamespace }));
    }

    private static bool LetsOut(V1NetworkPolicy[] policies, string component, IPAddress to, int port) =>
        policies.Where(p => p.Spec.PolicyTypes.Contains("Egress") && Selects(p.Spec.PodSelector, Own(component))).SelectMany(p => p.Spec.Egress ?? [])
            .Any(rule => (rule.Ports is null || HasPort(rule.Ports, port)) && (rule.To is null || rule.To.Any(peer => peer.IpBlock is { } block && IPNetwork.Parse(block.Cidr).Contains(to) && !(block.Except ?? []).Any(e => IPNetwork.Parse(e).Contains(to)))));

    private static bool HasPort(IList<V1NetworkPolicyPort> ports, int port) => ports.Any(p => p.Port == $"{port}");

    private static bool Selects(V1LabelSelector selector, Dictionary<string, string> labels) =>
        (selector.MatchLabels ?? new Dictionary<string, string>()).All(l => labels.GetValueOrDefault(l.Key) == l.Value)
        && (selector.MatchExpressions ?? []).All(e => e.OperatorProperty == "In" && e.Values.Contains(labels.GetValueOrDefault(e.Key)!));
}
