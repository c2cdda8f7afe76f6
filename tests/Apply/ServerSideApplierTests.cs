using System.Text.Json.Nodes;
using CsCheck;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;
using RucioOperator.Apply;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Runtime;

namespace RucioOperator.Tests.Apply;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ServerSideApplierTests
{
    private KubeBed bed = null!;
    private V1ConfigMap owner = null!;
    private ChildCaches children = null!;
    private Informer<V1Deployment> deployments = null!;
    private Informer<V1ConfigMap> maps = null!;
    private Informer<V1Secret> secrets = null!;
    private Informer<V1Job> jobs = null!;
    private ServerSideApplier applier = null!;

    [SetUp]
    public async Task StartAsync()
    {
        bed = await KubeBed.StartAsync();
        owner = await bed.Api.CreateAsync(Map("owner", ("is", "owner")), "test", default);
        children = new ChildCaches();
        deployments = await bed.FollowAsync<V1Deployment>(ChildMarks.Selector, one => children.Add(one));
        maps = await bed.FollowAsync<V1ConfigMap>(ChildMarks.Selector, one => children.Add(one));
        secrets = await bed.FollowAsync<V1Secret>(ChildMarks.Selector, one => children.Add(one));
        jobs = await bed.FollowAsync<V1Job>(ChildMarks.Selector, one => children.Add(one));
        Restart();
    }

    [TearDown]
    public ValueTask StopAsync() => bed.DisposeAsync();

    [Test]
    public async Task A_second_pass_sends_nothing()
    {
        DesiredObject[] desired = [new(Deployment()), new(Map("m", ("a", "1"))), new(Password("s", "text"), Retain: true), new(Job("j", "one"))];
        var first = await ApplyAsync(desired);
        Assert.That(first.Changes, Has.Count.EqualTo(4));
        // At once, when the caches may still lag, and later.
        await SendsNothingAsync(desired);
        await SeenAsync(4);
        await SendsNothingAsync(desired);
    }

    [Test]
    public async Task After_a_restart_nothing_is_sent_either()
    {
        DesiredObject[] desired = [new(Deployment()), new(Map("m", ("a", "1"))), new(Password("s", "text"))];
        await SettledAsync(desired);
        Restart();
        await SendsNothingAsync(desired);
    }

    [Test]
    public async Task A_hand_edit_is_healed_also_one_from_before_a_restart([Values] bool restart)
    {
        DesiredObject[] desired = [new(Deployment()), new(Map("m", ("a", "1")))];
        await SettledAsync(desired);
        bed.Server.Store.Patch("configmaps", KubeBed.Ns, "m", Node("""{"data":{"a":"edited"}}"""));
        bed.Server.Store.Patch("deployments.apps", KubeBed.Ns, "d", Node("""{"spec":{"replicas":7}}"""));
        await Eventually.TrueAsync(() => maps.Store.Get(Key("m"))!.Data["a"] == "edited" && deployments.Store.Get(Key("d"))!.Spec.Replicas == 7);
        if (restart)
            Restart();
        var result = await ApplyAsync(desired);
        Assert.That(result.Changes, Has.Count.EqualTo(2));
        Assert.That(bed.Server.Store.Get("configmaps", KubeBed.Ns, "m")!["data"]!["a"]!.GetValue<string>(), Is.EqualTo("1"));
        Assert.That(bed.Server.Store.Get("deployments.apps", KubeBed.Ns, "d")!["spec"]!["replicas"]!.GetValue<int>(), Is.EqualTo(2));
        await SendsNothingAsync(desired);
    }

    [Test]
    public async Task A_removed_label_of_ours_is_healed()
    {
        DesiredObject[] desired = [new(Map("m", ("a", "1")))];
        await SettledAsync(desired);
        bed.Server.Store.Patch("configmaps", KubeBed.Ns, "m", Node("""{"metadata":{"labels":{"mine":null}}}"""));
        await Eventually.TrueAsync(() => !maps.Store.Get(Key("m"))!.Metadata.Labels.ContainsKey("mine"));
        Assert.That((await ApplyAsync(desired)).Changes, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Status_and_fields_of_others_cause_no_apply()
    {
        DesiredObject[] desired = [new(Deployment()), new(Map("m", ("a", "1")))];
        await SettledAsync(desired);
        bed.Server.Store.PatchStatus("deployments.apps", KubeBed.Ns, "d", Node("""{"availableReplicas":2}"""));
        bed.Server.Store.Patch("deployments.apps", KubeBed.Ns, "d", Node("""{"metadata":{"annotations":{"theirs":"1"}},"spec":{"minReadySeconds":3}}"""));
        bed.Server.Store.Patch("configmaps", KubeBed.Ns, "m", Node("""{"data":{"theirs":"1"}}"""));
        await Eventually.TrueAsync(() => deployments.Store.Get(Key("d"))!.Spec.MinReadySeconds == 3 && maps.Store.Get(Key("m"))!.Data.ContainsKey("theirs"));
        await SendsNothingAsync(desired);
        Restart();
        await SendsNothingAsync(desired);
    }

    [Test]
    public async Task A_deleted_child_is_made_again()
    {
        DesiredObject[] desired = [new(Map("m", ("a", "1")))];
        await SettledAsync(desired);
        bed.Server.Store.Delete("configmaps", KubeBed.Ns, "m");
        await Eventually.TrueAsync(() => maps.Count == 0);
        Assert.That((await ApplyAsync(desired)).Changes.Single().Verb, Is.EqualTo(ChildVerb.Applied));
        Assert.That(bed.Server.Store.Get("configmaps", KubeBed.Ns, "m"), Is.Not.Null);
    }

    [Test]
    public async Task Another_products_object_is_applied_compared_healed_and_pruned_like_our_own()
    {
        bed.Server.InstallKinds(OptionalDefinitions.PodMonitor);
        var kind = new ResourceKind("monitoring.coreos.com", "v1", "PodMonitor", "podmonitors");
        var monitors = await bed.FollowAsync<UntypedObject>(ChildMarks.Selector, one => children.Add(one), kind);
        DesiredObject[] desired = [new(UntypedObject.Of(kind, new V1ObjectMeta { Name = "m", NamespaceProperty = KubeBed.Ns }, Node("""{"endpoints":[{"port":"metrics"}]}""")))];
        Assert.That((await ApplyAsync(desired)).Changes, Has.Count.EqualTo(1));
        await Eventually.TrueAsync(() => monitors.Count == 1);
        await SendsNothingAsync(desired);
        Restart();
        await SendsNothingAsync(desired);
        bed.Server.Store.Patch(OptionalDefinitions.PodMonitor, KubeBed.Ns, "m", Node("""{"spec":{"endpoints":[]}}"""));
        await Eventually.TrueAsync(() => monitors.Store.Get(Key("m"))!.Spec!["endpoints"]!.AsArray().Count == 0);
        Assert.That((await ApplyAsync(desired)).Changes.Single().IsDrift);
        Assert.That((await ApplyAsync([])).Changes.Single(), Is.EqualTo(new ChildChange(ChildVerb.Pruned, "PodMonitor", Key("m"))));
    }

    [Test]
    public async Task A_child_that_somebody_deletes_is_drift_and_one_that_we_took_away_is_not()
    {
        DesiredObject[] desired = [new(Map("m", ("a", "1")))];
        var made = (await ApplyAsync(desired)).Changes.Single();
        Assert.That((made.IsDrift, made.IsNew), Is.EqualTo((false, true)));
        await SeenAsync(1);
        bed.Server.Store.Delete("configmaps", KubeBed.Ns, "m");
        await Eventually.TrueAsync(() => maps.Count == 0);
        Assert.That((await ApplyAsync(desired)).Changes.Single().IsDrift);
        await SeenAsync(1);
        await ApplyAsync([]);
        await Eventually.TrueAsync(() => maps.Count == 0);
        Assert.That((await ApplyAsync(desired)).Changes.Single().IsDrift, Is.False);
    }

    [Test]
    public async Task What_joins_a_set_later_was_never_deleted_and_what_is_missing_after_a_restart_may_have_been()
    {
        await SettledAsync([new(Map("first"))]);
        var late = (await ApplyAsync([new(Map("first")), new(Map("late"))])).Changes.Single();
        Assert.That((late.Key, late.IsDrift, late.IsNew), Is.EqualTo((Key("late"), false, false)));
        await SeenAsync(2);
        bed.Server.Store.Delete("configmaps", KubeBed.Ns, "late");
        await Eventually.TrueAsync(() => maps.Count == 1);
        Restart();
        var missing = (await ApplyAsync([new(Map("first")), new(Map("late"))])).Changes.Single();
        Assert.That((missing.Key, missing.IsNew), Is.EqualTo((Key("late"), true)));
    }

    [Test]
    public async Task A_builders_own_mark_retains_too()
    {
        var map = Map("m");
        map.Metadata.Annotations = new Dictionary<string, string> { [ChildMarks.RetainAnnotation] = "true" };
        await SettledAsync([new(map)]);
        Assert.That(maps.Store.Get(Key("m"))!.Metadata.OwnerReferences, Is.Null);
        Assert.That((await ApplyAsync([])).Changes, Is.Empty);
    }

    [Test]
    public async Task A_field_no_longer_desired_is_taken_away()
    {
        await SettledAsync([new(Map("m", ("a", "1"), ("b", "2")))]);
        await ApplyAsync([new(Map("m", ("a", "1")))]);
        Assert.That(bed.Server.Store.Get("configmaps", KubeBed.Ns, "m")!["data"]!.ToJsonString(), Is.EqualTo("""{"a":"1"}"""));
    }

    [Test]
    public async Task What_is_no_longer_desired_is_pruned_but_never_what_is_retained_or_of_another_set()
    {
        await SettledAsync([new(Map("gone")), new(Map("kept"), Retain: true), new(Map("stays"))]);
        await applier.ApplyAsync(owner, "test", "other", [new(Map("others"))], default);
        await SeenAsync(4);
        var result = await ApplyAsync([new(Map("stays"))]);
        Assert.That(result.Changes, Is.EqualTo(new[] { new ChildChange(ChildVerb.Pruned, "ConfigMap", Key("gone")) }));
        Assert.That(bed.Server.Store.List("configmaps", KubeBed.Ns, ChildMarks.Selector).Select(map => map["metadata"]!["name"]!.GetValue<string>()), Is.EquivalentTo(new[] { "kept", "others", "stays" }));
    }

    [Test]
    public async Task An_operator_that_knows_less_leaves_what_is_retained_and_a_newer_one_takes_it_up_again()
    {
        await SettledAsync([new(Map("volume"), Retain: true), new(Map("server"))]);
        var uid = maps.Store.Get(Key("volume"))!.Metadata.Uid;
        // Downgraded: neither the objects nor their set are known to it.
        Restart();
        await ApplyAsync([]);
        await applier.ApplyAsync(owner, "test", "whatever it has", [], default);
        await Eventually.TrueAsync(() => maps.Store.Get(Key("server")) is null);
        Assert.That(maps.Store.Get(Key("volume"))!.Metadata.OwnerReferences, Is.Null);
        Restart();
        await SendsNothingAsync([new(Map("volume"), Retain: true)]);
        Assert.That(maps.Store.Get(Key("volume"))!.Metadata.Uid, Is.EqualTo(uid));
    }

    [Test]
    public async Task A_set_that_is_removed_goes_as_a_whole_and_no_other()
    {
        await SettledAsync([new(Map("volume"), Retain: true), new(Map("server"))]);
        await applier.ApplyAsync(owner, "test", "other", [new(Map("others"), Retain: true)], default);
        await SeenAsync(3);
        await applier.RemoveAsync(owner, "set", default);
        await Eventually.TrueAsync(() => maps.Store.Get(Key("volume")) is null && maps.Store.Get(Key("server")) is null);
        Assert.That(maps.Store.Get(Key("others")), Is.Not.Null);
    }

    [Test]
    public async Task Only_what_may_go_with_the_owner_belongs_to_it()
    {
        await SettledAsync([new(Map("owned")), new(Map("kept"), Retain: true), new(Map("far", "kube-public", []))]);
        Assert.That(maps.Store.Get(Key("owned"))!.Metadata.OwnerReferences.Single().Uid, Is.EqualTo(owner.Metadata.Uid));
        Assert.That(maps.Store.Get(Key("kept"))!.Metadata.OwnerReferences, Is.Null);
        Assert.That(maps.Store.Get(new("kube-public", "far"))!.Metadata.OwnerReferences, Is.Null);
    }

    [Test]
    public async Task A_foreign_object_of_that_name_is_refused_and_left_alone()
    {
        await bed.Api.CreateAsync(Map("m", ("whose", "theirs")) with { Metadata = new V1ObjectMeta { Name = "m", NamespaceProperty = KubeBed.Ns } }, "test", default);
        var result = await ApplyAsync([new(Map("m", ("whose", "ours")))]);
        Assert.That(result.Refused.Single(), Is.EqualTo(new RefusedChild("ConfigMap", Key("m"))));
        Assert.That(result.InSync, Is.False);
        Assert.That(bed.Server.Store.Get("configmaps", KubeBed.Ns, "m")!["data"]!["whose"]!.GetValue<string>(), Is.EqualTo("theirs"));
    }

    [Test]
    public async Task A_child_of_another_owner_is_refused_and_a_retained_one_is_taken_up_by_the_owner_made_again()
    {
        await SettledAsync([new(Map("m", ("a", "1")), Retain: true)]);
        var other = await bed.Api.CreateAsync(Map("other"), "test", default);
        Assert.That((await applier.ApplyAsync(other, "test", "set", [new(Map("m", ("a", "2")))], default)).Refused, Has.Count.EqualTo(1));
        bed.Server.Store.Delete("configmaps", KubeBed.Ns, "owner");
        owner = await bed.Api.CreateAsync(Map("owner"), "test", default);
        Assert.That((await ApplyAsync([new(Map("m", ("a", "3")), Retain: true)])).Changes, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_job_is_never_changed_but_replaced_when_it_should_be_another()
    {
        await SettledAsync([new(Job("j", "one"))]);
        bed.Server.Store.Patch("jobs.batch", KubeBed.Ns, "j", Node("""{"spec":{"backoffLimit":5}}"""));
        await Eventually.TrueAsync(() => jobs.Store.Get(Key("j"))!.Spec.BackoffLimit == 5);
        await SendsNothingAsync([new(Job("j", "one"))]);

        var replaced = await ApplyAsync([new(Job("j", "two"))]);
        Assert.That(replaced.Changes.Single().Verb, Is.EqualTo(ChildVerb.Replaced));
        Assert.That(replaced.Pending);
        await Eventually.TrueAsync(() => jobs.Count == 0);
        await ApplyAsync([new(Job("j", "two"))]);
        await SeenAsync(1);
        Assert.That(jobs.Store.Get(Key("j"))!.Spec.Template.Spec.Containers.Single().Image, Is.EqualTo("two"));
    }

    [Test]
    public async Task Applying_twice_is_applying_once_whatever_the_content() =>
        await Gen.Dictionary(Gen.String[Gen.Char['a', 'z'], 1, 8], Gen.String[0, 30])[0, 6].SampleAsync(async data =>
        {
            var name = "p" + Guid.NewGuid().ToString("N");
            DesiredObject[] desired = [new(Map(name, [.. data.Select(pair => (pair.Key, pair.Value))]))];
            await applier.ApplyAsync(owner, "test", name, desired, default);
            await Eventually.TrueAsync(() => maps.Store.Get(Key(name)) is not null);
            Restart();
            var mark = bed.Server.Requests.Mark();
            var again = await applier.ApplyAsync(owner, "test", name, desired, default);
            // Content the server writes differently (or not at all) may cost one apply after a restart, never a change.
            var third = bed.Server.Requests.Mark();
            await applier.ApplyAsync(owner, "test", name, desired, default);
            return again.InSync && bed.Server.Requests.Count(third) == 0 && (data.Count == 0 || bed.Server.Requests.Count(mark) == 0);
        }, iter: 40, threads: 1);

    private void Restart() => applier = new ServerSideApplier(bed.Api, children, TimeProvider.System, NullLogger<ServerSideApplier>.Instance);

    private Task<ApplyResult> ApplyAsync(DesiredObject[] desired) => applier.ApplyAsync(owner, "test", "set", desired, default);

    private async Task SettledAsync(DesiredObject[] desired)
    {
        await ApplyAsync(desired);
        await SeenAsync(desired.Length);
    }

    private Task SeenAsync(int count) => Eventually.TrueAsync(() => deployments.Count + maps.Count + secrets.Count + jobs.Count == count, what: "children in the caches");

    private async Task SendsNothingAsync(DesiredObject[] desired)
    {
        var mark = bed.Server.Requests.Mark();
        var result = await ApplyAsync(desired);
        Assert.That(bed.Server.Requests.Since(mark), Is.Empty);
        Assert.That(result.InSync);
    }

    private static ObjectKey Key(string name) => new(KubeBed.Ns, name);

    private static JsonObject Node(string json) => (JsonObject)JsonNode.Parse(json)!;

    private static V1ConfigMap Map(string name, params (string Key, string Value)[] data) => Map(name, KubeBed.Ns, data);

    private static V1ConfigMap Map(string name, string ns, params (string Key, string Value)[] data) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = ns, Labels = new Dictionary<string, string> { ["mine"] = "yes" } },
        Data = data.ToDictionary(pair => pair.Key, pair => pair.Value),
    };

    private static V1Secret Password(string name, string text) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = KubeBed.Ns },
        StringData = new Dictionary<string, string> { ["password"] = text },
    };

    private static V1Deployment Deployment() => new()
    {
        Metadata = new V1ObjectMeta { Name = "d", NamespaceProperty = KubeBed.Ns },
        Spec = new V1DeploymentSpec
        {
            Replicas = 2,
            Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "d" } },
            Template = new V1PodTemplateSpec
            {
                Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "d" } },
                Spec = new V1PodSpec { Containers = [Container("image")], Volumes = [new V1Volume { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() }] },
            },
        },
    };

    private static V1Job Job(string name, string image) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = KubeBed.Ns },
        Spec = new V1JobSpec { Template = new V1PodTemplateSpec { Spec = new V1PodSpec { RestartPolicy = "Never", Containers = [Container(image)], Volumes = [new V1Volume { Name = "tmp", EmptyDir = new V1EmptyDirVolumeSource() }] } } },
    };

    private static V1Container Container(string image) => new()
    {
        Name = "main",
        Image = image,
        Args = ["--a", "b"],
        Ports = [new V1ContainerPort { ContainerPort = 80 }],
        Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["cpu"] = new("1000m") } },
        VolumeMounts = [new V1VolumeMount { Name = "tmp", MountPath = "/tmp" }],
    };
}
