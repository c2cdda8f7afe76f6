using System.Text.Json.Nodes;
using NUnit.Framework;

namespace RucioOperator.Tests.Chart;

/// <summary>values.yaml, its schema, the README and the templates say the same, and no value does nothing.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ValuesTests
{
    private const string Begin = "<!-- values: make golden -->\n", End = "<!-- values end -->\n";

    /// <summary>Value, another one in JSON, and what must be said besides for it to matter.</summary>
    private static readonly (string Path, string Json, string[] Given)[] Others =
    [
        ("fullnameOverride", "\"rucio\"", []),
        ("commonLabels", """{"team":"data"}""", []),
        ("image.repository", "\"registry.example.org/rucio-operator\"", []),
        ("image.tag", "\"9.9.9\"", []),
        ("image.digest", $"\"sha256:{new string('a', 64)}\"", []),
        ("image.pullPolicy", "\"Always\"", []),
        ("imagePullSecrets", """[{"name":"login"}]""", []),
        ("replicas", "3", []),
        ("crds.install", "false", []),
        ("rbac.create", "false", []),
        ("rbac.scope", "\"Namespaces\"", ["namespaces=[\"rucio\"]"]),
        ("rbac.aggregate", "false", []),
        ("namespaces", """["rucio","sky"]""", []),
        ("serviceAccount.create", "false", []),
        ("serviceAccount.name", "\"robot\"", []),
        ("serviceAccount.annotations", """{"iam.example.org/role":"rucio"}""", []),
        ("driftInterval", "\"1h\"", []),
        ("rseQuiet", "\"90s\"", []),
        ("rseRollInterval", "\"20m\"", []),
        ("clusterRanges", """["10.0.0.0/8","fd00::/48"]""", []),
        ("logLevel", "\"Debug\"", []),
        ("otlp.endpoint", "\"http://collector.telemetry.svc:4317\"", []),
        ("otlp.protocol", "\"http/protobuf\"", ["otlp.endpoint=\"http://collector.telemetry.svc:4318\""]),
        ("extraEnv", """[{"name":"OTEL_EXPORTER_OTLP_HEADERS","valueFrom":{"secretKeyRef":{"name":"collector","key":"headers"}}}]""", []),
        ("resources.requests.cpu", "\"1\"", []),
        ("resources.requests.memory", "\"128Mi\"", []),
        ("resources.limits.memory", "\"256Mi\"", []),
        ("podLabels", """{"team":"data"}""", []),
        ("podAnnotations", """{"example.org/scrape":"true"}""", []),
        ("priorityClassName", "\"system-cluster-critical\"", []),
        ("nodeSelector", """{"pool":"system"}""", []),
        ("affinity", """{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"kubernetes.io/hostname","labelSelector":{}}]}}""", []),
        ("tolerations", """[{"key":"system","operator":"Exists"}]""", []),
        ("topologySpreadConstraints", """[{"maxSkew":1,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"a":"b"}}}]""", []),
        ("podDisruptionBudget.enabled", "false", []),
        ("podDisruptionBudget.maxUnavailable", "2", []),
        ("metricsService.enabled", "false", []),
        ("metricsService.annotations", """{"prometheus.io/scrape":"true"}""", []),
        ("networkPolicy.enabled", "false", []),
        ("networkPolicy.metricsFrom", """[{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"monitoring"}}}]""", []),
        ("networkPolicy.deniedRanges", "[\"169.254.169.254/32\"]", []),
        ("networkPolicy.apiServerPorts", "[16443]", []),
        ("podMonitor.enabled", "true", []),
        ("podMonitor.labels", """{"release":"prometheus"}""", ["podMonitor.enabled=true"]),
        ("podMonitor.interval", "\"1m\"", ["podMonitor.enabled=true"]),
        ("prometheusRule.enabled", "true", []),
        ("prometheusRule.labels", """{"release":"prometheus"}""", ["prometheusRule.enabled=true"]),
        ("dashboards.enabled", "true", []),
        ("dashboards.labels", """{"grafana":"yes"}""", ["dashboards.enabled=true"]),
        ("dashboards.namespace", "\"monitoring\"", ["dashboards.enabled=true"]),
    ];

    /// <summary>All of them at once; those that exclude others stay out.</summary>
    public static IEnumerable<string> AllOtherwise => Others.Where(o => !o.Path.EndsWith(".enabled", StringComparison.Ordinal) && !o.Path.EndsWith(".create", StringComparison.Ordinal)).SelectMany(o => (string[])[.. o.Given, $"{o.Path}={o.Json}"]).Distinct();

    /// <summary>Each value once otherwise, for other tests too.</summary>
    public static IEnumerable<TestCaseData> EachOtherwise => Others.Select(o => new TestCaseData(o.Path, $"{o.Path}={o.Json}", o.Given).SetArgDisplayNames(o.Path));

    [Test]
    public void Each_value_is_tried_otherwise_below() => Assert.That(Others.Select(o => o.Path), Is.EquivalentTo(ChartValue.All.Select(v => v.Path)));

    [TestCaseSource(nameof(EachOtherwise))]
    public async Task Each_value_changes_what_is_rendered(string path, string value, string[] given)
    {
        var (with, without) = (await Helm.RenderAsync([.. given, value]), await Helm.RenderAsync(given));

        Assert.That(with, Is.Not.EqualTo(without), path);
    }

    [Test]
    public void Each_value_is_explained() => Assert.That(ChartValue.All.Where(v => v.Meaning == "").Select(v => v.Path), Is.Empty);

    [Test]
    public void The_schema_knows_each_value_and_no_other()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Path.Combine(Helm.Chart, "values.schema.json")))!.AsObject();
        var known = Leaves(schema, "").Where(path => path != "global").ToList();

        // What is free-form there has its usual keys in values.yaml.
        Assert.That(known.Where(path => !ChartValue.All.Any(v => v.Path == path || v.Path.StartsWith(path + ".", StringComparison.Ordinal))), Is.EquivalentTo((string[])["resources.claims"]));
        Assert.That(ChartValue.All.Where(v => !known.Any(path => v.Path == path || v.Path.StartsWith(path + ".", StringComparison.Ordinal))).Select(v => v.Path), Is.Empty);
        Assert.That(Open(schema, "values"), Is.Empty, "additionalProperties is not said");
    }

    [Test]
    public void The_README_has_the_table_of_all_values()
    {
        var file = Path.Combine(Helm.Chart, "README.md");
        var text = File.ReadAllText(file);
        var (start, end) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        if (Environment.GetEnvironmentVariable("GOLDEN") == "write")
            File.WriteAllText(file, text = $"{text[..start]}{ChartValue.Table()}{text[end..]}");
        Assert.That(text, Does.Contain(Begin + ChartValue.Table() + End), "make golden");
    }

    [TestCase("replica=3", "replica")]
    [TestCase("replicas=\"two\"", "/replicas")]
    [TestCase("replicas=11", "/replicas")]
    [TestCase("image.digest=\"sha256:beef\"", "/image/digest")]
    [TestCase("image.digets=\"\"", "digets")]
    [TestCase("image.repository=\"\"", "/image/repository")]
    [TestCase("image.pullPolicy=\"Sometimes\"", "/image/pullPolicy")]
    [TestCase("imagePullSecrets=[\"login\"]", "/imagePullSecrets/0")]
    [TestCase("rbac.scope=\"Namespaces\"", "/namespaces")]
    [TestCase("rbac.scope=\"cluster\"", "/rbac/scope")]
    [TestCase("namespaces=[\"A\"]", "/namespaces/0")]
    [TestCase("namespaces=\"a\"", "/namespaces")]
    [TestCase("driftInterval=\"10\"", "/driftInterval")]
    [TestCase("driftInterval=600", "/driftInterval")]
    [TestCase("clusterRanges=[\"10.0.0.0\"]", "/clusterRanges/0")]
    [TestCase("logLevel=\"debug\"", "/logLevel")]
    [TestCase("otlp.endpoint=\"collector:4317\"", "/otlp/endpoint")]
    [TestCase("otlp.protocol=\"http\"", "/otlp/protocol")]
    [TestCase("extraEnv=[{\"name\":\"RUCIO_OPERATOR_NAMESPACES\",\"value\":\"x\"}]", "/extraEnv/0/name")]
    [TestCase("podLabels={\"app.kubernetes.io/name\":\"x\"}", "app.kubernetes.io/name")]
    [TestCase("commonLabels={\"team\":1}", "/commonLabels/team")]
    [TestCase("resources.limit={}", "limit")]
    [TestCase("podDisruptionBudget.maxUnavailable=0", "/podDisruptionBudget/maxUnavailable")]
    [TestCase("networkPolicy.deniedRanges=[\"metadata\"]", "/networkPolicy/deniedRanges/0")]
    [TestCase("networkPolicy.apiServerPorts=[]", "/networkPolicy/apiServerPorts")]
    [TestCase("podMonitor.interval=\"often\"", "/podMonitor/interval")]
    [TestCase("dashboards.namespace=\"My Dashboards\"", "/dashboards/namespace")]
    public async Task A_bad_value_is_refused_by_name(string value, string named)
    {
        var (code, _, errors) = await Helm.TemplateAsync([value]);

        Assert.That(code, Is.Not.Zero);
        Assert.That(errors, Does.Contain(named));
    }

    [Test]
    public async Task A_chart_that_has_this_one_as_a_part_may_have_values_for_all()
    {
        Assert.That(await Helm.RenderAsync("global={\"team\":\"data\"}"), Is.EqualTo(await Helm.RenderAsync()));
    }

    private static IEnumerable<string> Leaves(JsonObject schema, string path) => schema["properties"] is JsonObject { Count: > 0 } fields
        ? fields.SelectMany(field => Leaves(field.Value!.AsObject(), path == "" ? field.Key : $"{path}.{field.Key}")) : [path];

    private static IEnumerable<string> Open(JsonObject schema, string path) =>
        [.. schema["properties"] is JsonObject fields ? fields.SelectMany(field => Open(field.Value!.AsObject(), $"{path}.{field.Key}")) : [],
            .. schema["properties"] is not null && schema["additionalProperties"]?.ToJsonString() != "false" ? (string[])[path] : []];
}
