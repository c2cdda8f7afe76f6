using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Cluster;

/// <summary>Every CEL rule of the definitions, at a real API server: evaluated and passed in an accepted object, refused when broken, with the field named.</summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class SchemaRuleTests
{
    private static int _names;
    private TestCluster _cluster = null!;
    private string _ns = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await TestCluster.GetAsync();
        _ns = _cluster.NewNamespace();
    }

    [OneTimeTearDown]
    public void RemoveNamespace()
    {
        if (_ns != "")
            _cluster.Store.Delete("namespaces", "", _ns);
    }

    [Test]
    public void The_definitions_are_accepted_and_structural()
    {
        foreach (var definition in TestCluster.Definitions())
        {
            var stored = _cluster.Store.Get("customresourcedefinitions.apiextensions.k8s.io", "", definition["metadata"]!["name"]!.GetValue<string>())!;
            Assert.That(SandboxBed.Condition(stored, "NamesAccepted")!["status"]!.GetValue<string>(), Is.EqualTo("True"));
            Assert.That(SandboxBed.Condition(stored, "NonStructuralSchema"), Is.Null);
        }
    }

    private static IEnumerable<JsonObject> AcceptedObjects() => RuleCases.Accepted;

    [TestCaseSource(nameof(AcceptedObjects))]
    public async Task An_object_that_breaks_no_rule_is_accepted_and_accepted_again(JsonObject accepted)
    {
        var node = Named(accepted);
        await _cluster.Api.DoAsync("POST", $"{PathOf(node)}?fieldValidation=Strict", node);
        await _cluster.Api.DoAsync("PATCH", PathOf(node, Name(node)), Yaml.Parse("spec: {suspend: true}").Single(), ClusterClient.Merge);
    }

    [Test]
    public void Every_rule_has_an_accepted_object_and_a_case_and_every_case_a_rule() => Assert.Multiple(() =>
    {
        Assert.That(SchemaRules.All.Where(r => !RuleCases.Accepted.Any(a => Reaches(a, r))), Is.Empty, "no accepted object evaluates it");
        Assert.That(SchemaRules.All.Where(r => !RuleCases.All.Any(c => c.Breaks(r))), Is.Empty, "no case breaks it");
        Assert.That(RuleCases.All.Where(c => SchemaRules.All.Count(c.Breaks) != 1), Is.Empty, "belongs to no rule, or to several");
    });

    private static IEnumerable<RuleCase> Cases() => RuleCases.All;

    [TestCaseSource(nameof(Cases))]
    public async Task A_broken_rule_is_refused_and_names_the_field(RuleCase broken)
    {
        var rule = SchemaRules.All.Single(broken.Breaks);
        var before = Named(RuleCases.Accepted.First(a => Reaches(a, rule)));
        var patch = Yaml.Parse(broken.Patch).Single();
        if (!rule.Rule.Contains("oldSelf", StringComparison.Ordinal))
        {
            await RefusedAsync(rule, await _cluster.Api.SendAsync("POST", $"{PathOf(before)}?dryRun=All", Merged(before, patch).AsObject()));
            return;
        }
        await _cluster.Api.DoAsync("POST", PathOf(before), before);
        var path = PathOf(before, Name(before));
        if (broken.Status is { } status)
        {
            // Before it has a status the same change is a person's right.
            await _cluster.Api.DoAsync("PATCH", $"{path}?dryRun=All", patch, ClusterClient.Merge);
            await _cluster.Api.DoAsync("PATCH", $"{path}/status", Yaml.Parse($"status: {status}").Single(), ClusterClient.Merge);
        }
        await RefusedAsync(rule, await _cluster.Api.SendAsync("PATCH", path, patch, ClusterClient.Merge));
    }

    private static Task RefusedAsync(SchemaRule rule, (int Status, JsonObject Body) answer)
    {
        Assert.That(answer.Status, Is.EqualTo(422), answer.Body.ToJsonString());
        var causes = answer.Body["details"]!["causes"]!.AsArray().Select(c => (Field: SchemaRules.Normal(c!["field"]!.GetValue<string>()), Message: c["message"]!.GetValue<string>())).ToList();
        Assert.That(causes, Has.Some.Matches<(string Field, string Message)>(c => c.Message.Contains(rule.Message, StringComparison.Ordinal)), answer.Body["message"]!.GetValue<string>());
        Assert.That(causes.First(c => c.Message.Contains(rule.Message, StringComparison.Ordinal)).Field, Is.EqualTo(rule.Field == "" ? "<nil>" : rule.Field));
        return Task.CompletedTask;
    }

    private static bool Reaches(JsonObject accepted, SchemaRule rule) => accepted["kind"]!.GetValue<string>() == rule.Kind && SchemaRules.Find(accepted, rule.Path) is not null;

    private JsonObject Named(JsonObject accepted)
    {
        var node = accepted.DeepClone().AsObject();
        node["metadata"] = new JsonObject { ["name"] = $"case-{Interlocked.Increment(ref _names)}", ["namespace"] = _ns };
        return node;
    }

    private string PathOf(JsonObject node, string? name = null) => RemoteStore.Path(RemoteStore.ResourceOf(node), _ns, name);

    private static string Name(JsonObject node) => node["metadata"]!["name"]!.GetValue<string>();

    private static JsonNode Merged(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch.ToList())
        {
            if (value is null)
                target.Remove(key);
            else
                target[key] = value is JsonObject inner && target[key] is JsonObject there ? Merged(there.DeepClone().AsObject(), inner) : value.DeepClone();
        }
        return target;
    }
}
