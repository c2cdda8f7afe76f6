using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using static RucioOperator.Tests.SandboxTests.Kubernetes.WidgetApi;

namespace RucioOperator.Tests.SandboxTests.Kubernetes;

public sealed class DeletionTests
{
    private WidgetApi _api = null!;

    private IKubeStore Store => _api.Server.Store;

    [SetUp]
    public async Task StartAsync() => _api = await WidgetApi.StartAsync();

    [TearDown]
    public async Task StopAsync() => await _api.DisposeAsync();

    [Test]
    public async Task A_finalizer_holds_an_object_until_it_is_removed()
    {
        Store.Upsert(Widget("a", metadata: "finalizers: [example.org/x]"));

        var deleted = await _api.DeleteAsync($"{Widgets}/a");
        var added = await _api.MergeAsync($"{Widgets}/a", "{metadata: {finalizers: [example.org/x, example.org/y]}}");
        await _api.MergeAsync($"{Widgets}/a", "{metadata: {finalizers: null}}");

        Assert.That(deleted.Body.Text("metadata", "deletionTimestamp"), Is.Not.Null);
        Assert.That((added.Status, added.Message), Is.EqualTo((422, added.Message)));
        Assert.That(Store.Get("widgets.example.org", "default", "a"), Is.Null);
    }

    [Test]
    public async Task A_precondition_on_the_uid_protects_the_next_object_of_that_name()
    {
        Store.Upsert(Widget("a"));

        var refused = await _api.DeleteAsync($"{Widgets}/a", "{preconditions: {uid: other}}");

        Assert.That(refused.Status, Is.EqualTo(409));
    }

    [TestCase("Background", null)]
    [TestCase("Foreground", null)]
    [TestCase("Orphan", "orphaned")]
    public async Task Dependents_follow_the_propagation_policy(string policy, string? left)
    {
        var owner = Store.Upsert(Widget("owner"));
        Store.Upsert(Owned("child", owner));

        await _api.DeleteAsync($"{Widgets}/owner", $"{{propagationPolicy: {policy}}}");
        await EventuallyAsync(() => Task.FromResult(Store.Get("widgets.example.org", "default", "owner") is null
            && Left() == left));

        Assert.That(Left(), Is.EqualTo(left));

        string? Left() => Store.Get("configmaps", "default", "child") is { } child ? child.At("metadata", "ownerReferences") is null ? "orphaned" : "owned" : null;
    }

    [Test]
    public async Task An_object_whose_owner_never_was_is_collected()
    {
        var ghost = Widget("ghost");
        ghost["metadata"]!["uid"] = "no-such-uid";
        Store.Upsert(Owned("child", ghost));

        await EventuallyAsync(() => Task.FromResult(Store.Get("configmaps", "default", "child") is null));
    }

    [Test]
    public async Task A_namespace_goes_when_its_content_has_gone()
    {
        _api.Server.ApplyYaml("{apiVersion: v1, kind: Namespace, metadata: {name: t}}");
        var held = Widget("a", metadata: "namespace: t, finalizers: [example.org/x]");
        Store.Upsert(held);

        await _api.DeleteAsync("api/v1/namespaces/t");
        await EventuallyAsync(() => Task.FromResult(Store.Get("widgets.example.org", "t", "a")!.IsDeleting()));
        var late = await _api.CreateAsync("apis/example.org/v1/namespaces/t/widgets", Widget("late"));
        var phase = Store.Get("namespaces", "", "t").Text("status", "phase");
        Store.Patch("widgets.example.org", "t", "a", Yaml.Parse("{metadata: {finalizers: []}}")[0]);
        await EventuallyAsync(() => Task.FromResult(Store.Get("namespaces", "", "t") is null));

        Assert.That((late.Status, phase), Is.EqualTo((403, "Terminating")));
    }

    [Test]
    public async Task A_definition_takes_its_objects_with_it()
    {
        Store.Upsert(Widget("a"));

        await _api.DeleteAsync("apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.org");

        await EventuallyAsync(async () => (await _api.GetAsync(Widgets)).Status == 404);
    }

    private static System.Text.Json.Nodes.JsonObject Owned(string name, System.Text.Json.Nodes.JsonObject owner) => Yaml.Parse($"""
        apiVersion: v1
        kind: ConfigMap
        metadata:
          name: {name}
          ownerReferences: [{"{"}apiVersion: example.org/v1, kind: Widget, name: {owner.Text("metadata", "name")}, uid: {owner.Text("metadata", "uid")}, blockOwnerDeletion: true{"}"}]
        """)[0];
}
