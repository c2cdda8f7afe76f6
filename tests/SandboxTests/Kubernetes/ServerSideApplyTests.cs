using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using static RucioOperator.Tests.SandboxTests.Kubernetes.WidgetApi;

namespace RucioOperator.Tests.SandboxTests.Kubernetes;

public sealed class ServerSideApplyTests
{
    private WidgetApi _api = null!;

    [SetUp]
    public async Task StartAsync() => _api = await WidgetApi.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _api.DisposeAsync();

    [Test]
    public async Task Applying_creates_then_changes_nothing()
    {
        var created = await _api.ApplyAsync(Widget("a"), "one");
        var again = await _api.ApplyAsync(Widget("a"), "one");

        Assert.That((created.Status, again.Status), Is.EqualTo((201, 200)));
        Assert.That(again.ResourceVersion, Is.EqualTo(created.ResourceVersion));
    }

    [Test]
    public async Task A_field_no_longer_applied_is_removed_and_its_default_comes_back()
    {
        await _api.ApplyAsync(Widget("a", "{size: 1, title: hello, color: green, parts: [{name: x}, {name: z}]}"), "one");

        var now = await _api.ApplyAsync(Widget("a", "{size: 1, parts: [{name: z}]}"), "one");

        Assert.That(now.Body["spec"]!.ToJsonString(), Is.EqualTo("""{"size":1,"parts":[{"name":"z","count":1}],"color":"red"}"""));
    }

    [Test]
    public async Task A_field_another_manager_applies_too_stays_when_one_lets_go()
    {
        await _api.ApplyAsync(Widget("a", "{size: 1, title: hello}"), "one");
        await _api.ApplyAsync(Widget("a", "{size: 1, title: hello}"), "two");

        var now = await _api.ApplyAsync(Widget("a"), "one");

        Assert.That(now.Body.Text("spec", "title"), Is.EqualTo("hello"));
    }

    [Test]
    public async Task A_field_of_another_manager_conflicts_until_forced()
    {
        await _api.ApplyAsync(Widget("a"), "one");

        var refused = await _api.ApplyAsync(Widget("a", "{size: 2}"), "two");
        var forced = await _api.ApplyAsync(Widget("a", "{size: 2}"), "two", force: true);
        var late = await _api.ApplyAsync(Widget("a", "{size: 3}"), "one");

        Assert.That(refused.Status, Is.EqualTo(409));
        Assert.That(refused.Message, Is.EqualTo("Apply failed with 1 conflict: conflict with \"one\": .spec.size"));
        Assert.That(refused.Body.At("details", "causes").Objects().Single().Text("field"), Is.EqualTo(".spec.size"));
        Assert.That(forced.Body.Number("spec", "size"), Is.EqualTo(2));
        Assert.That(late.Message, Does.Contain("conflict with \"two\""));
    }

    [Test]
    public async Task An_update_takes_the_fields_it_changes()
    {
        await _api.ApplyAsync(Widget("a", "{size: 1, parts: [{name: x, count: 2}]}"), "one");
        await _api.MergeAsync($"{Widgets}/a?fieldManager=hand", "{spec: {parts: [{name: x, count: 3}]}}");

        var refused = await _api.ApplyAsync(Widget("a", "{size: 1, parts: [{name: x, count: 2}]}"), "one");

        Assert.That(refused.Message, Does.EndWith("conflict with \"hand\" using example.org/v1: .spec.parts[name=\"x\"].count"));
    }

    [Test]
    public async Task Status_is_applied_and_owned_apart_from_the_rest()
    {
        await _api.ApplyAsync(Widget("a"), "one");
        var status = Widget("a", "{size: 9}");
        status["status"] = Yaml.Parse("{phase: Good, conditions: [{type: Ready, status: 'True'}]}")[0];

        var applied = await _api.ApplyAsync(status, "one", subresource: "/status");
        var main = await _api.ApplyAsync(Widget("a"), "one");

        Assert.That(applied.Body.Number("spec", "size"), Is.EqualTo(1));
        Assert.That(main.Body.Text("status", "phase"), Is.EqualTo("Good"));
        Assert.That(main.Body.At("metadata", "managedFields").Objects().Select(entry => entry.Text("subresource")), Is.EquivalentTo(new[] { null, "status" }));
    }

    [Test]
    public async Task Lists_of_built_in_kinds_merge_by_their_keys()
    {
        const string path = "apis/apps/v1/namespaces/default/deployments/d?fieldManager=";
        Task<Answer> Apply(string manager, string container) => _api.SendApplyAsync(path + manager, Yaml.Parse($$$"""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: d}
            spec:
              selector: {matchLabels: {app: d}}
              template: {metadata: {labels: {app: d}}, spec: {containers: [{{{container}}}]}}
            """)[0]);

        await Apply("one", "{name: main, image: i, env: [{name: A, value: '1'}, {name: B, value: '2'}], ports: [{containerPort: 80}]}");
        await Apply("two", "{name: side, image: j}");
        var now = await Apply("one", "{name: main, image: i, env: [{name: B, value: '2'}]}");

        var containers = now.Body.At("spec", "template", "spec", "containers").Objects().ToList();
        Assert.That(containers.Select(one => one.Text("name")), Is.EqualTo(new[] { "main", "side" }));
        Assert.That(containers[0]["env"].Objects().Select(one => one.Text("name")), Is.EqualTo(new[] { "B" }));
        Assert.That(containers[0]["ports"], Is.Null);
    }

    [Test]
    public async Task An_unknown_field_is_refused()
    {
        var refused = await _api.ApplyAsync(Widget("a", "{size: 1, colour: red}"), "one");

        Assert.That(refused.Message, Does.Contain(".spec.colour: field not declared in schema"));
    }
}
