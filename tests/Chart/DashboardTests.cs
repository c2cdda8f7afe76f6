using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Hosting;

namespace RucioOperator.Tests.Chart;

/// <summary>Dashboards and alerts ask only for what the operator exports: each metric and label is in the table, which the process is held to.</summary>
[Parallelizable(ParallelScope.All)]
public sealed partial class DashboardTests
{
    /// <summary>Of the target, from Prometheus.</summary>
    private static readonly string[] Target = ["namespace", "pod", "container", "job", "endpoint"];

    private static readonly ILookup<string, string> Labels = MetricTable.Series.SelectMany(s => s.Labels.Append("").Select(label => (s.Series, label)))
        .Concat(MetricTable.OfTheRuntime.Select(name => (name, ""))).ToLookup(s => s.Item1, s => s.Item2);

    private static string Folder(string name) => Path.Combine(Helm.Chart, name);

    private static IEnumerable<string> Boards => Directory.GetFiles(Folder("dashboards"), "*.json").Select(f => Path.GetFileName(f));

    [TestCaseSource(nameof(Boards))]
    public void A_dashboard_asks_for_what_there_is(string name)
    {
        var board = Board(name);
        var variables = Nodes(board["templating"]!["list"]).Select(v => v["name"]!.GetValue<string>()).ToList();
        Assert.Multiple(() =>
        {
            foreach (var panel in Panels(board))
            {
                foreach (var target in Nodes(panel["targets"]))
                {
                    var query = target["expr"]!.GetValue<string>();
                    var names = Check(query, $"{name}: {panel["title"]}");
                    var known = names.Selectors.SelectMany(s => Labels[s.Metric]).Concat(names.Made).Concat(Target).ToHashSet();
                    Assert.That(Legend().Matches(target["legendFormat"]!.GetValue<string>()).Select(m => m.Groups[1].Value).Distinct(), Is.SubsetOf(known), $"legend of {panel["title"]}");
                    Assert.That(Variable().Matches(query).Select(m => m.Groups[1].Value).Distinct(), Is.SubsetOf(variables), query);
                }
            }
            foreach (var variable in Nodes(board["templating"]!["list"]).Where(v => v["type"]!.GetValue<string>() == "query"))
            {
                var asked = LabelValues().Match(variable["definition"]!.GetValue<string>());
                var names = Check(asked.Groups[1].Value, $"{name}: {variable["name"]}");
                Assert.That(Labels[names.Selectors.Single().Metric], Does.Contain(asked.Groups[2].Value));
                Assert.That(variable["query"]!["query"]!.GetValue<string>(), Is.EqualTo(asked.Value));
            }
        });
    }

    [TestCaseSource(nameof(Boards))]
    public void A_dashboard_has_what_Grafana_needs_and_its_panels_lie_beside_each_other(string name)
    {
        var board = Board(name);
        var panels = Nodes(board["panels"]).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(board["uid"]!.GetValue<string>(), Is.EqualTo($"rucio-operator-{Path.GetFileNameWithoutExtension(name)}"));
            Assert.That(board["title"]!.GetValue<string>(), Is.Not.Empty);
            Assert.That(board["schemaVersion"]!.GetValue<int>(), Is.GreaterThanOrEqualTo(36));
            Assert.That(panels.Select(p => p["id"]!.GetValue<int>()), Is.Unique);
            Assert.That(Panels(board).Select(p => p["datasource"]!["uid"]!.GetValue<string>()).Distinct(), Is.EqualTo(new[] { "${datasource}" }));
            Assert.That(panels.Select(p => p["type"]!.GetValue<string>()).Distinct(), Is.SubsetOf(new[] { "row", "stat", "table", "timeseries" }));
            var fields = panels.SelectMany(Cells).ToList();
            Assert.That(fields, Is.Unique, "no two panels in one place");
            Assert.That(fields.Select(f => f.X).Max(), Is.LessThan(24));
        });

        static IEnumerable<(int X, int Y)> Cells(JsonObject panel)
        {
            var at = panel["gridPos"]!;
            var (x, y, w, h) = (at["x"]!.GetValue<int>(), at["y"]!.GetValue<int>(), at["w"]!.GetValue<int>(), at["h"]!.GetValue<int>());
            return from column in Enumerable.Range(x, w) from line in Enumerable.Range(y, h) select (column, line);
        }
    }

    [Test]
    public void What_runs_out_is_on_the_dashboard_of_all_instances()
    {
        var queries = Panels(Board("fleet.json")).SelectMany(p => Nodes(p["targets"])).Select(t => t["expr"]!.GetValue<string>()).ToList();
        foreach (var row in MetricTable.Rows.Where(r => r.Name.EndsWith("_expiration_timestamp_seconds", StringComparison.Ordinal)))
            Assert.That(queries, Has.Some.Contains(row.Name));
    }

    [Test]
    public void Alerts_ask_for_what_there_is_and_say_what_to_do()
    {
        var groups = Nodes(Yaml.Parse(File.ReadAllText(Path.Combine(Folder("alerts"), "operator.yaml"))).Single()["groups"]);
        var rules = groups.SelectMany(g => Nodes(g["rules"])).ToList();
        Assert.That(rules, Has.Count.GreaterThan(5));
        Assert.That(rules.Select(r => r["alert"]!.GetValue<string>()), Is.Unique.And.All.StartsWith("Rucio"));
        Assert.Multiple(() =>
        {
            foreach (var rule in rules)
                CheckRule(rule);
        });
    }

    /// <summary>Those the operator makes for an instance are rendered by a golden file.</summary>
    [Test]
    public void Alerts_of_an_instance_ask_for_what_there_is()
    {
        var rules = Yaml.Parse(File.ReadAllText(Sandbox.Repository.Path("tests", "Golden", "production.yaml"))).Where(o => o["kind"]?.GetValue<string>() == "PrometheusRule")
            .SelectMany(o => Nodes(o["spec"]!["groups"])).SelectMany(g => Nodes(g["rules"])).ToList();
        Assert.That(rules, Is.Not.Empty);
        Assert.Multiple(() =>
        {
            foreach (var rule in rules)
                CheckRule(rule);
        });
    }

    [Test]
    public async Task The_chart_renders_all_of_them()
    {
        var objects = Yaml.Parse(await Helm.RenderAsync("prometheusRule.enabled=true", "dashboards.enabled=true", "dashboards.namespace=\"monitoring\"", "podMonitor.enabled=true", "crds.install=false"));
        var boards = objects.Where(o => o["kind"]!.GetValue<string>() == "ConfigMap").ToList();
        Assert.Multiple(() =>
        {
            Assert.That(boards.SelectMany(b => b["data"]!.AsObject()).ToDictionary(d => d.Key, d => d.Value!.GetValue<string>()), Is.EqualTo(Boards.ToDictionary(b => $"rucio-operator-{b}", b => File.ReadAllText(Path.Combine(Folder("dashboards"), b)))));
            Assert.That(boards.Select(b => b["metadata"]!["namespace"]!.GetValue<string>()).Distinct(), Is.EqualTo(new[] { "monitoring" }));
            var rule = objects.Single(o => o["kind"]!.GetValue<string>() == "PrometheusRule");
            Assert.That(JsonNode.DeepEquals(rule["spec"], Yaml.Parse(File.ReadAllText(Path.Combine(Folder("alerts"), "operator.yaml"))).Single()));
            // Else Prometheus would put its own words for namespace and instance in the place of ours.
            Assert.That(objects.Single(o => o["kind"]!.GetValue<string>() == "PodMonitor")["spec"]!["podMetricsEndpoints"]![0]!["honorLabels"]!.GetValue<bool>(), Is.True);
        });
    }

    private static void CheckRule(JsonObject rule)
    {
        var alert = rule["alert"]!.GetValue<string>();
        var names = Check(rule["expr"]!.GetValue<string>(), alert);
        var known = names.Selectors.SelectMany(s => Labels[s.Metric]).ToHashSet();
        var words = rule["annotations"]!.AsObject().Select(a => a.Value!.GetValue<string>()).ToList();
        Assert.That(rule["labels"]!["severity"]!.GetValue<string>(), Is.AnyOf("info", "warning", "critical"), alert);
        Assert.That(rule["for"]!.GetValue<string>(), Does.Match("^[0-9]+[mh]$"), alert);
        Assert.That(rule["annotations"]!.AsObject().Select(a => a.Key), Is.EquivalentTo(new[] { "summary", "description" }), alert);
        Assert.That(words.SelectMany(w => AlertLabel().Matches(w)).Select(m => m.Groups[1].Value).Distinct(), Is.SubsetOf(known), alert);
        // What an aggregation leaves over is all that the words may name.
        if (names.Grouped.Count > 0)
            Assert.That(words.SelectMany(w => AlertLabel().Matches(w)).Select(m => m.Groups[1].Value).Distinct(), Is.SubsetOf(names.Grouped), alert);
    }

    private static PromQlNames Check(string query, string where)
    {
        PromQlNames names;
        try
        {
            names = PromQl.Parse(query);
        }
        catch (FormatException error)
        {
            Assert.Fail($"{where}: {query}: {error.Message}");
            throw;
        }
        foreach (var (metric, labels) in names.Selectors)
        {
            Assert.That(Labels.Contains(metric), Is.True, $"{where}: nobody exports {metric}");
            // Prometheus renames ours where it does not honour labels.
            Assert.That(labels.Where(l => l != "exported_namespace"), Is.SubsetOf(Labels[metric].Concat(Target)), $"{where}: labels of {metric}");
        }
        Assert.That(names.Grouped.Distinct(), Is.SubsetOf(names.Selectors.SelectMany(s => Labels[s.Metric]).Concat(names.Made).Concat(Target)), $"{where}: {query}");
        return names;
    }

    private static JsonObject Board(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Folder("dashboards"), name)))!.AsObject();

    private static IEnumerable<JsonObject> Panels(JsonObject board) => Nodes(board["panels"]).Where(p => p["type"]!.GetValue<string>() != "row");

    private static IEnumerable<JsonObject> Nodes(JsonNode? list) => (list as JsonArray ?? []).Select(n => n!.AsObject());

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Legend();

    [GeneratedRegex(@"\$labels\.(\w+)")]
    private static partial Regex AlertLabel();

    /// <summary>Grafana's own begin with two underscores, groups of a pattern are digits.</summary>
    [GeneratedRegex(@"\$((?!__)[a-z]\w*)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^label_values\((.+), (\w+)\)$")]
    private static partial Regex LabelValues();
}
