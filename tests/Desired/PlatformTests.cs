using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;
using RucioOperator.Tests.Hosting;

namespace RucioOperator.Tests.Desired;

/// <summary>Shared cache and PodMonitor.</summary>
public sealed partial class PlatformTests
{
    [TestCase("{}", null)]
    [TestCase("{cache: {shared: {}}}", "rucio-memcached.default.svc:11211")]
    [TestCase("{cache: {url: 'memcached.caches.svc:11211'}}", "memcached.caches.svc:11211")]
    public void Rucio_is_told_where_the_cache_is(string spec, string? url) => Assert.That(Common(spec)["cache"]?["url"]?.GetValue<string>(), Is.EqualTo(url));

    [Test]
    public void A_shared_cache_is_a_pod_that_fits_the_restricted_standard()
    {
        var pod = DesiredInstance.Objects(Inputs.Of("{cache: {shared: {memoryMiB: 512}}}")).OfType<V1Deployment>().Single(d => d.Metadata.Name == "rucio-memcached").Spec.Template.Spec;
        Assert.Multiple(() =>
        {
            Assert.That(pod.SecurityContext.RunAsNonRoot, Is.True);
            Assert.That(pod.SecurityContext.SeccompProfile.Type, Is.EqualTo("RuntimeDefault"));
            Assert.That(pod.Containers.Single().SecurityContext.AllowPrivilegeEscalation, Is.False);
            Assert.That(pod.Containers.Single().SecurityContext.Capabilities.Drop, Is.EqualTo(new[] { "ALL" }));
            Assert.That(pod.Containers.Single().Args, Does.Contain("512"));
        });
    }

    [Test]
    public void A_PodMonitor_carries_the_labels_asked_for_and_never_loses_the_operators_own()
    {
        var monitor = Monitors("{monitoring: {podMonitor: true, labels: {release: prometheus, app.kubernetes.io/managed-by: me}}}").Single();
        Assert.That(monitor.Metadata.Labels["release"], Is.EqualTo("prometheus"));
        Assert.That(monitor.Metadata.Labels[Labels.ManagedBy], Is.EqualTo(Labels.Operator));
        Assert.That(monitor.Spec!["selector"]!["matchLabels"]!.ToJsonString(), Is.EqualTo("""{"rucio.cern.ch/instance":"rucio"}"""));
    }

    [Test]
    public void Each_pod_it_selects_has_the_port_it_names()
    {
        var objects = DesiredInstance.Objects(Inputs.Of("{monitoring: {podMonitor: true}}"));
        var without = objects.OfType<V1Deployment>().Where(d => !d.Spec.Template.Spec.Containers.Any(c => (c.Ports ?? []).Any(p => p.Name == PodMonitors.PortName))).Select(d => d.Metadata.Name);
        Assert.That(without, Is.Empty);
    }

    [Test]
    public void Alerts_are_about_this_instance_and_about_figures_that_the_operator_exports()
    {
        var rule = Monitors("{monitoring: {prometheusRule: true, labels: {release: prometheus}}}").Single();
        Assert.That((rule.Kind, rule.Metadata.Labels["release"]), Is.EqualTo(("PrometheusRule", "prometheus")));
        var alerts = rule.Spec!["groups"]!.AsArray().Single()!["rules"]!.AsArray().Select(r => r!).ToList();
        Assert.That(alerts.Select(a => a["alert"]!.GetValue<string>()), Is.Unique.And.SupersetOf(new[] { "RucioTransferCertificateExpires", "RucioTransferProxyExpires", "RucioDelegationExpires", "RucioTransferRenewalFails", "RucioRevocationListExpires", "RucioDrift" }));
        foreach (var expression in alerts.Select(a => a["expr"]!.GetValue<string>()).Where(e => !e.Contains("drift", StringComparison.Ordinal)))
            Assert.That(expression, Does.Contain("rucioinstance=\"rucio\"").And.Contain("namespace=\"default\""));
        foreach (var metric in alerts.SelectMany(a => Metric().Matches(a["expr"]!.GetValue<string>())).Select(m => m.Value).Distinct())
            Assert.That(MetricTable.Series.Select(s => s.Series), Does.Contain(metric));
    }

    [Test]
    public void Where_the_kind_is_not_served_it_is_left_out() =>
        Assert.That(DesiredInstance.Objects(Inputs.Of("{monitoring: {podMonitor: true, prometheusRule: true}}") with { Kinds = ApiKinds.None }).OfType<UntypedObject>(), Is.Empty);

    [System.Text.RegularExpressions.GeneratedRegex("rucio_operator_[a-z_]+")]
    private static partial System.Text.RegularExpressions.Regex Metric();

    private static IEnumerable<UntypedObject> Monitors(string spec) => DesiredInstance.Objects(Inputs.Of(spec)).OfType<UntypedObject>();

    private static JsonObject Common(string spec) =>
        (JsonObject)JsonNode.Parse(Encoding.UTF8.GetString(DesiredInstance.Objects(Inputs.Of(spec)).OfType<V1Secret>().Single(s => s.Metadata.Name == "rucio-config").Data["10-common.json"]))!;
}
