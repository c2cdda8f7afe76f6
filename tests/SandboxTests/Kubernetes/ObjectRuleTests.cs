using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using static RucioOperator.Tests.SandboxTests.Kubernetes.WidgetApi;

namespace RucioOperator.Tests.SandboxTests.Kubernetes;

/// <summary>What is kept of a body, and what is said about a bad one.</summary>
public sealed class ObjectRuleTests
{
    private WidgetApi _api = null!;

    [SetUp]
    public async Task StartAsync() => _api = await WidgetApi.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _api.DisposeAsync();

    [Test]
    public async Task Unknown_fields_are_pruned_defaults_filled_in_and_status_dropped()
    {
        var body = Widget("a", "{size: 1, wrong: 1, parts: [{name: x, odd: 1}], free: {any: [1]}}");
        body["status"] = new JsonObject { ["phase"] = "Mine" };

        var created = await _api.CreateAsync(Widgets, body);

        Assert.That(created.Body["spec"]!.ToJsonString(), Is.EqualTo("""{"size":1,"parts":[{"name":"x","count":1}],"free":{"any":[1]},"color":"red"}"""));
        Assert.That(created.Body["status"], Is.Null);
        Assert.That(created.Headers.GetValues("Warning"), Has.Some.Contains("spec.parts[0].odd"));
    }

    [Test]
    public async Task Strict_validation_names_unknown_fields()
    {
        var refused = await _api.CreateAsync($"{Widgets}?fieldValidation=Strict", Widget("a", "{size: 1, wrong: 1}"));

        Assert.That((refused.Status, refused.Message), Is.EqualTo(
            (400, "Widget in version \"v1\" cannot be handled as a Widget: strict decoding error: unknown field \"spec.wrong\"")));
    }

    [TestCase("{}", "spec.size: Required value")]
    [TestCase("{size: 11}", "spec.size: Invalid value: 11: spec.size in body should be less than or equal to 10")]
    [TestCase("{size: many}", "spec.size: Invalid value: \"string\": spec.size in body must be of type integer: \"string\"")]
    [TestCase("{size: 1, color: blue}", "spec.color: Unsupported value: \"blue\": supported values: \"red\", \"green\"")]
    [TestCase("{size: 1, title: A}", "spec.title: Invalid value: \"A\": spec.title in body should match '^[a-z]+$'")]
    [TestCase("{size: 1, title: waytoolong}", "spec.title: Too long: may not be more than 8 bytes")]
    [TestCase("{size: 1, port: true}", "spec.port: Invalid value: \"boolean\": spec.port in body must be of type integer,string: \"boolean\"")]
    [TestCase("{size: 1, parts: [{name: x}, {name: x}]}", "spec.parts[1]: Duplicate value: {\"name\":\"x\"}")]
    [TestCase("{size: 1, parts: [{name: a}, {name: b}, {name: c}, {name: d}]}", "spec.parts: Too many: 4: must have at most 3 items")]
    public async Task The_schema_is_enforced(string spec, string message)
    {
        var refused = await _api.CreateAsync(Widgets, Widget("a", spec));

        Assert.That((refused.Status, refused.Message), Is.EqualTo((422, $"Widget.example.org \"a\" is invalid: {message}")));
    }

    [Test]
    public async Task The_generation_counts_changes_of_spec_alone()
    {
        await _api.CreateAsync(Widgets, Widget("a"));
        await _api.MergeAsync($"{Widgets}/a", "{metadata: {labels: {x: y}}, status: {phase: No}}");
        var status = await _api.MergeAsync($"{Widgets}/a/status", "{status: {phase: Yes}, spec: {size: 5}, metadata: {labels: {x: z}}}");
        var spec = await _api.MergeAsync($"{Widgets}/a", "{spec: {size: 5}}");

        Assert.That((status.Body.Number("metadata", "generation"), spec.Body.Number("metadata", "generation")), Is.EqualTo((1L, 2L)));
        Assert.That((spec.Body.Text("status", "phase"), spec.Body.Text("metadata", "labels", "x")), Is.EqualTo(("Yes", "y")));
    }

    [Test]
    public async Task A_stale_update_is_a_conflict()
    {
        var first = await _api.CreateAsync(Widgets, Widget("a"));
        await _api.MergeAsync($"{Widgets}/a", "{spec: {size: 2}}");

        var stale = await _api.PutAsync($"{Widgets}/a", first.Body);
        var same = await _api.MergeAsync($"{Widgets}/a", "{spec: {size: 2}}");

        Assert.That((stale.Status, stale.Body.Text("reason")), Is.EqualTo((409, "Conflict")));
        Assert.That(same.Body.Number("metadata", "generation"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_generated_name_gets_a_suffix()
    {
        var created = await _api.CreateAsync(Widgets, Yaml.Parse("{apiVersion: example.org/v1, kind: Widget, metadata: {generateName: w-}, spec: {size: 1}}")[0]);

        Assert.That(created.Body.Text("metadata", "name"), Does.Match("^w-[a-z0-9]{5}$"));
    }

    [Test]
    public async Task A_dry_run_leaves_no_trace()
    {
        var dry = await _api.CreateAsync($"{Widgets}?dryRun=All", Widget("a"));

        Assert.That(dry.Body.Text("spec", "color"), Is.EqualTo("red"));
        Assert.That((await _api.GetAsync($"{Widgets}/a")).Status, Is.EqualTo(404));
    }

    [Test]
    public async Task A_Jobs_template_and_a_Deployments_selector_cannot_change()
    {
        _api.Server.ApplyYaml("""
            {apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: i}]}}}}
            """);

        var refused = await _api.MergeAsync("apis/batch/v1/namespaces/default/jobs/j", "{spec: {template: {spec: {containers: [{name: c, image: other}]}}}}");

        Assert.That(refused.Message, Does.EndWith("field is immutable"));
    }

    [Test]
    public async Task An_Event_reads_the_same_in_both_groups()
    {
        await _api.CreateAsync("apis/events.k8s.io/v1/namespaces/default/events", Yaml.Parse("""
            {apiVersion: events.k8s.io/v1, kind: Event, metadata: {name: e}, eventTime: "2026-01-01T00:00:00.000000Z", type: Normal, reason: Made, action: Make,
             note: hello, reportingController: example.org/c, reportingInstance: c-1, regarding: {kind: Widget, name: a, namespace: default}}
            """)[0]);

        var core = await _api.GetAsync("api/v1/namespaces/default/events?fieldSelector=involvedObject.name=a");
        var events = await _api.GetAsync("apis/events.k8s.io/v1/namespaces/default/events?fieldSelector=regarding.name=a");

        Assert.That(core.Body["items"].Objects().Single().Text("message"), Is.EqualTo("hello"));
        Assert.That(events.Body["items"].Objects().Single().Text("note"), Is.EqualTo("hello"));
    }

    [Test]
    public async Task Tables_have_the_definitions_columns()
    {
        await _api.CreateAsync(Widgets, Widget("a"));
        await _api.MergeAsync($"{Widgets}/a/status", "{status: {conditions: [{type: Other, status: 'False'}, {type: Ready, status: 'True'}]}}");

        var table = await _api.GetAsync(Widgets, "application/json;as=Table;v=v1;g=meta.k8s.io");

        Assert.That(table.Body["columnDefinitions"].Objects().Select(column => column.Text("name")), Is.EqualTo(new[] { "Name", "Ready", "Size", "Age" }));
        Assert.That(table.Body["rows"].Objects().Single()["cells"]!.ToJsonString(), Does.Match("""^\["a","True",1,"\d+s"\]$"""));
    }
}
