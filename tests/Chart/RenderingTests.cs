using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Hosting;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Chart;

/// <summary>What the chart makes: as text beside this file, and as the operator understands it.</summary>
[Parallelizable(ParallelScope.All)]
public sealed partial class RenderingTests
{
    [TestCase("defaults")]
    [TestCase("namespaces", "rbac.scope=\"Namespaces\"", "namespaces=[\"rucio\",\"sky\"]")]
    public async Task What_is_rendered_is_what_the_file_says(string name, params string[] values)
    {
        var rendered = Documents(await Helm.RenderAsync([.. values, "crds.install=false"]));
        var file = Repository.Path("tests", "Chart", $"{name}.yaml");
        if (Environment.GetEnvironmentVariable("GOLDEN") == "write")
            File.WriteAllText(file, rendered);
        Assert.That(rendered, Is.EqualTo(File.Exists(file) ? File.ReadAllText(file) : ""), "make golden, and read the diff");
    }

    [Test]
    public void Definitions_in_the_chart_are_those_of_the_project()
    {
        // Copies: neither archives nor Flux follow links.
        var (project, chart) = (Repository.Path("crds"), Path.Combine(Helm.Chart, "definitions"));
        var files = Directory.GetFiles(project, "*.yaml").Select(file => Path.GetFileName(file)).ToList();
        if (Environment.GetEnvironmentVariable("GOLDEN") == "write")
            files.ForEach(file => File.Copy(Path.Combine(project, file), Path.Combine(chart, file), overwrite: true));
        Assert.That(Directory.GetFiles(chart).Select(Path.GetFileName), Is.EquivalentTo(files), "make golden");
        foreach (var file in files)
            Assert.That(File.ReadAllText(Path.Combine(chart, file)), Is.EqualTo(File.ReadAllText(Path.Combine(project, file))), $"{file}: make golden");
    }

    [Test]
    public async Task Definitions_are_rendered_as_they_are_and_stay_when_the_release_goes()
    {
        var rendered = Yaml.Parse(await Helm.RenderAsync()).Where(o => o["kind"]!.GetValue<string>() == "CustomResourceDefinition").ToDictionary(o => o["metadata"]!["name"]!.GetValue<string>());
        var files = Directory.GetFiles(Repository.Path("crds"), "*.yaml").Select(file => Yaml.Parse(File.ReadAllText(file)).Single()).ToList();

        Assert.That(rendered, Has.Count.EqualTo(files.Count));
        foreach (var file in files)
        {
            var definition = rendered[file["metadata"]!["name"]!.GetValue<string>()];
            Assert.That(JsonNode.DeepEquals(definition["spec"], file["spec"]));
            Assert.That(definition["metadata"]!["annotations"]!["helm.sh/resource-policy"]!.GetValue<string>(), Is.EqualTo("keep"));
        }
    }

    [Test]
    public void The_charts_version_is_the_operators()
    {
        var chart = Yaml.Parse(File.ReadAllText(Path.Combine(Helm.Chart, "Chart.yaml"))).Single();
        var version = typeof(OperatorOptions).Assembly.GetName().Version!.ToString(3);

        Assert.That(chart["appVersion"]!.GetValue<string>(), Is.EqualTo(version));
        Assert.That(chart["version"]!.GetValue<string>(), Is.EqualTo(version));
    }

    [Test]
    public async Task The_operator_understands_the_settings_it_is_given()
    {
        var (options, errors) = OperatorOptions.Parse([], await EnvironmentAsync(
            "namespaces=[\"rucio\",\"sky\"]", "driftInterval=\"1h\"", "rseQuiet=\"90s\"", "rseRollInterval=\"20m\"", "clusterRanges=[\"10.0.0.0/8\",\"fd00::/48\"]", "logLevel=\"Warning\""));

        Assert.That(errors, Is.Empty);
        Assert.Multiple(() =>
        {
            Assert.That(options.Namespaces, Is.EqualTo((string[])["rucio", "sky"]));
            Assert.That(options.LeaderElection);
            Assert.That((options.Namespace, options.LeaseNamespace), Is.EqualTo((Helm.Namespace, Helm.Namespace)));
            Assert.That(options.HealthPort, Is.EqualTo(8080));
            Assert.That((options.DriftInterval, options.RseQuiet, options.RseRollInterval), Is.EqualTo((TimeSpan.FromHours(1), TimeSpan.FromSeconds(90), TimeSpan.FromMinutes(20))));
            Assert.That(options.ClusterRanges.Select(r => r.ToString()), Is.EqualTo((string[])["10.0.0.0/8", "fd00::/48"]));
            Assert.That(options.LogLevel, Is.EqualTo(Microsoft.Extensions.Logging.LogLevel.Warning));
        });
    }

    [Test]
    public async Task Defaults_are_the_operators_own()
    {
        var (options, errors) = OperatorOptions.Parse([], await EnvironmentAsync());
        var (own, _) = OperatorOptions.Parse([], name => name == "POD_NAMESPACE" ? Helm.Namespace : null);

        Assert.That(errors, Is.Empty);
        Assert.That((options.DriftInterval, options.RseQuiet, options.RseRollInterval, options.LogLevel, options.HealthPort, options.LeaderElection), Is.EqualTo((own.DriftInterval, own.RseQuiet, own.RseRollInterval, own.LogLevel, own.HealthPort, own.LeaderElection)));
        Assert.That(options.Namespaces, Is.Empty);
    }

    [Test]
    public async Task Each_option_of_the_operator_can_be_set_or_has_a_reason()
    {
        // In a cluster Services are found by name, and the Lease is beside the pods.
        string[] notHere = ["service-override", "lease-namespace"];
        var options = Option().Matches(OperatorOptions.Help).Select(m => m.Groups[1].Value);
        var rendered = await Helm.RenderAsync("clusterRanges=[\"10.0.0.0/8\"]");

        Assert.That(options.Where(o => !rendered.Contains($"name: RUCIO_OPERATOR_{o.ToUpperInvariant().Replace('-', '_')}\n", StringComparison.Ordinal)), Is.EquivalentTo(notHere));
    }

    [Test]
    public async Task Policies_of_instances_take_its_pods_for_the_operator_and_no_others()
    {
        var objects = Yaml.Parse(await Helm.RenderAsync("fullnameOverride=\"anything\""));
        var deployment = Find(objects, "Deployment");
        var test = Find(objects, "Pod");

        Assert.That(deployment["spec"]!["template"]!["metadata"]!["labels"]!["app.kubernetes.io/name"]!.GetValue<string>(), Is.EqualTo(Labels.Operator));
        Assert.That(test["metadata"]!["labels"]!["app.kubernetes.io/name"]!.GetValue<string>(), Is.Not.EqualTo(Labels.Operator));
    }

    /// <summary>A selector that finds nothing protects nothing, and nobody sees it.</summary>
    [TestCase("fullnameOverride=\"anything\"")]
    [TestCase("podLabels={\"team\":\"data\"}", "commonLabels={\"tier\":\"system\"}")]
    public async Task What_selects_pods_finds_the_operators_and_not_that_of_the_test(params string[] values)
    {
        var objects = Yaml.Parse(await Helm.RenderAsync([.. values, "podMonitor.enabled=true"]));
        var template = Find(objects, "Deployment")["spec"]!["template"]!;
        var (pod, test) = (LabelsOf(template), LabelsOf(Find(objects, "Pod")));
        var ports = template["spec"]!["containers"]![0]!["ports"]!.AsArray().Select(port => port!["name"]!.GetValue<string>()).ToList();
        foreach (var (kind, selector) in ((string, JsonNode)[])
        [
            ("Deployment", Find(objects, "Deployment")["spec"]!["selector"]!["matchLabels"]!),
            ("PodDisruptionBudget", Find(objects, "PodDisruptionBudget")["spec"]!["selector"]!["matchLabels"]!),
            ("NetworkPolicy", Find(objects, "NetworkPolicy")["spec"]!["podSelector"]!["matchLabels"]!),
            ("Service", Find(objects, "Service")["spec"]!["selector"]!),
            ("PodMonitor", Find(objects, "PodMonitor")["spec"]!["selector"]!["matchLabels"]!),
        ])
        {
            var wanted = selector.AsObject().ToDictionary(l => l.Key, l => l.Value!.GetValue<string>());
            Assert.That(wanted, Is.Not.Empty.And.SubsetOf(pod), kind);
            Assert.That(wanted, Is.Not.SubsetOf(test), kind);
        }
        Assert.That(Find(objects, "NetworkPolicy")["spec"]!["ingress"]![0]!["ports"]![0]!["port"]!.GetValue<string>(), Is.AnyOf([.. ports]));
        Assert.That(Find(objects, "Service")["spec"]!["ports"]![0]!["targetPort"]!.GetValue<string>(), Is.AnyOf([.. ports]));
        Assert.That(Find(objects, "PodMonitor")["spec"]!["podMetricsEndpoints"]![0]!["port"]!.GetValue<string>(), Is.AnyOf([.. ports]));

        static Dictionary<string, string> LabelsOf(JsonNode of) => of["metadata"]!["labels"]!.AsObject().ToDictionary(l => l.Key, l => l.Value!.GetValue<string>());
    }

    [Test]
    public async Task Everything_has_the_names_and_labels_of_its_release()
    {
        var objects = Yaml.Parse(await Helm.RenderAsync("commonLabels={\"team\":\"data\"}", "podMonitor.enabled=true"));

        foreach (var o in objects)
        {
            var name = $"{o["kind"]} {o["metadata"]!["name"]}";
            Assert.That(o["metadata"]!["labels"]?["app.kubernetes.io/instance"]?.GetValue<string>(), Is.EqualTo(Helm.Release), name);
            Assert.That(o["metadata"]!["labels"]?["team"]?.GetValue<string>(), Is.EqualTo("data"), name);
        }
        Assert.That(objects.Select(o => $"{o["apiVersion"]} {o["kind"]} {o["metadata"]!["namespace"]} {o["metadata"]!["name"]}"), Is.Unique);
    }

    /// <summary>What a container of the rendered Deployment finds in its environment.</summary>
    private static async Task<Func<string, string?>> EnvironmentAsync(params string[] values)
    {
        var container = Find(Yaml.Parse(await Helm.RenderAsync(values)), "Deployment")["spec"]!["template"]!["spec"]!["containers"]![0]!;
        var variables = container["env"]!.AsArray().ToDictionary(v => v!["name"]!.GetValue<string>(), v => v!["value"]?.GetValue<string>() ?? v["valueFrom"]!["fieldRef"]!["fieldPath"]!.GetValue<string>() switch
        {
            "metadata.namespace" => Helm.Namespace,
            "metadata.name" => "rucio-operator-0",
            var path => path == "status.podIP" ? "10.42.0.7" : throw new InvalidOperationException(path),
        });
        return variables.GetValueOrDefault;
    }

    private static JsonObject Find(IEnumerable<JsonObject> objects, string kind) => objects.Single(o => o["kind"]!.GetValue<string>() == kind);

    /// <summary>As helm wrote them, in an order that stays.</summary>
    private static string Documents(string rendered)
    {
        var parts = rendered.Split("---\n", StringSplitOptions.RemoveEmptyEntries).Where(part => Yaml.TryParse(part) is not null).Order(StringComparer.Ordinal);
        return parts.Aggregate(new StringBuilder("# Written by make golden: helm template, without the definitions.\n"), (text, part) => text.Append("---\n").Append(part.TrimEnd()).Append('\n')).ToString();
    }

    [GeneratedRegex(@"^  --(\S+)", RegexOptions.Multiline)]
    private static partial Regex Option();
}
