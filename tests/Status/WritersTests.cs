using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Runtime;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Status;
using RucioOperator.Tests.Runtime;

namespace RucioOperator.Tests.Status;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WritersTests
{
    private static readonly ObjectKey Key = new(KubeBed.Ns, "vo");

    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 5, 1, 0, 0, 0, 123, TimeSpan.Zero));
    private KubeBed bed = null!;
    private Informer<VirtualOrganisation> vos = null!;
    private StatusWriter<VirtualOrganisation> writer = null!;

    [SetUp]
    public async Task StartAsync()
    {
        bed = await KubeBed.StartAsync();
        bed.Server.ApplyYaml(await File.ReadAllTextAsync(Repository.Path("crds", "virtualorganisations.rucio.cern.ch.yaml")));
        bed.Server.ApplyYaml($"{{apiVersion: rucio.cern.ch/v1alpha1, kind: VirtualOrganisation, metadata: {{name: vo, namespace: {KubeBed.Ns}}}, spec: {{instanceRef: {{name: rucio}}, tag: abc}}}}");
        vos = await bed.FollowAsync<VirtualOrganisation>();
        writer = new StatusWriter<VirtualOrganisation>(bed.Api, vos, "vo");
    }

    [TearDown]
    public ValueTask StopAsync() => bed.DisposeAsync();

    [Test]
    public async Task The_same_status_is_not_written_again_not_even_at_once()
    {
        Assert.That(await WriteAsync(new Outcome.Done()));
        var mark = bed.Server.Requests.Mark();
        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(10));
            Assert.That(await WriteAsync(new Outcome.Done()), Is.False);
        }
        // The watch may be opened after the list has been read.
        Assert.That(bed.Server.Requests.Count(mark, request => request.Verb != "watch"), Is.Zero);
    }

    [Test]
    public async Task What_was_written_reads_back_the_same_for_a_new_process()
    {
        await WriteAsync(new Outcome.Blocked("Parent", "RucioInstance default/rucio is not there"));
        vos = await bed.FollowAsync<VirtualOrganisation>();
        writer = new StatusWriter<VirtualOrganisation>(bed.Api, vos, "vo");
        Assert.That(await WriteAsync(new Outcome.Blocked("Parent", "RucioInstance default/rucio is not there")), Is.False);
    }

    [Test]
    public async Task Somebody_elses_write_in_between_does_not_matter()
    {
        var former = vos.Store.Get(Key)!;
        bed.Server.Store.Patch("virtualorganisations.rucio.cern.ch", KubeBed.Ns, "vo", new() { ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["team"] = "grid" } } });
        await Eventually.TrueAsync(() => vos.Store.Get(Key)!.Metadata.ResourceVersion != former.Metadata.ResourceVersion);
        Assert.That(await writer.WriteAsync(former, former with { Status = new() { Tag = "abc" } }, default));
    }

    [Test]
    public async Task What_was_found_out_of_an_object_is_not_written_to_another_of_its_name()
    {
        var former = vos.Store.Get(Key)!;
        bed.Server.Store.Delete("virtualorganisations.rucio.cern.ch", KubeBed.Ns, "vo");
        bed.Server.ApplyYaml($"{{apiVersion: rucio.cern.ch/v1alpha1, kind: VirtualOrganisation, metadata: {{name: vo, namespace: {KubeBed.Ns}}}, spec: {{instanceRef: {{name: rucio}}, tag: xyz}}}}");
        try
        {
            Assert.That(await writer.WriteAsync(former, former with { Status = new() { Tag = "abc" } }, default), Is.False);
        }
        catch (KubeApiException error) when (error.Kind == KubeErrorKind.Conflict)
        {
            // The store did not know of the new one yet: the next pass does.
        }
        Assert.That(bed.Server.Store.Get("virtualorganisations.rucio.cern.ch", KubeBed.Ns, "vo")!["status"]?["tag"], Is.Null);
    }

    [Test]
    public async Task A_condition_and_a_field_no_longer_set_go_away()
    {
        await WriteAsync(new Outcome.Blocked("Parent", "m"), "tag");
        await WriteAsync(new Outcome.Done());
        var status = bed.Server.Store.Get("virtualorganisations.rucio.cern.ch", KubeBed.Ns, "vo")!["status"]!;
        Assert.That(status["tag"], Is.Null);
        Assert.That(status["conditions"]!.AsArray().Select(condition => condition!["type"]!.GetValue<string>()), Is.EqualTo(new[] { "Ready" }));
    }

    [Test]
    public async Task A_server_that_keeps_the_conditions_in_another_order_is_not_told_them_again()
    {
        V1Condition[] conditions = [.. new[] { "Ready", "Claimed", "ScopesReady" }.Select(type => new V1Condition { Type = type, Status = "True", Reason = "AsDesired", Message = "m", LastTransitionTime = time.GetUtcNow().UtcDateTime.Date })];
        var current = vos.Store.Get(Key)!;
        await writer.WriteAsync(current, current with { Status = new() { Conditions = conditions } }, default);
        current = vos.Store.Get(Key)!;
        Assert.That(await writer.WriteAsync(current with { Status = current.Status! with { Conditions = [.. conditions.Reverse()] } }, current, default), Is.False);
        conditions[2] = new V1Condition { Type = "ScopesReady", Status = "False", Reason = "OwnerMissing", Message = "m", LastTransitionTime = conditions[2].LastTransitionTime };
        Assert.That(await writer.WriteAsync(current, current with { Status = new() { Conditions = [.. conditions.Reverse()] } }, default));
    }

    [Test]
    public async Task A_gone_object_is_no_error()
    {
        var last = vos.Store.Get(Key)!;
        bed.Server.Store.Delete("virtualorganisations.rucio.cern.ch", KubeBed.Ns, "vo");
        Assert.That(await writer.WriteAsync(last, last with { Status = new() { Tag = "abc" } }, default), Is.False);
        Assert.That(bed.Server.Store.Get("virtualorganisations.rucio.cern.ch", KubeBed.Ns, "vo"), Is.Null);
    }

    [Test]
    public async Task An_event_tells_a_transition_once()
    {
        var events = new EventWriter(bed.Api, "pod", time, NullLogger<EventWriter>.Instance);
        var vo = vos.Store.Get(Key)!;
        var blocked = new Conditions(null, 1, time.GetUtcNow()).Report(new Outcome.Blocked("Parent", "m")).Build();
        await events.TransitionAsync(vo, null, blocked, default);
        await events.TransitionAsync(vo, blocked, new Conditions(blocked, 1, time.GetUtcNow()).Report(new Outcome.Blocked("Parent", "m")).Build(), default);
        await events.TransitionAsync(vo, null, blocked, default);
        await events.TransitionAsync(vo, blocked, new Conditions(blocked, 1, time.GetUtcNow()).Report(new Outcome.Rejected("Bad", "m")).Build(), default);
        var told = bed.Server.Store.List("events.events.k8s.io", KubeBed.Ns);
        Assert.That(told.Select(one => $"{one["type"]} {one["reason"]} {one["regarding"]!["kind"]}/{one["regarding"]!["name"]}"),
            Is.EquivalentTo(new[] { "Normal Parent VirtualOrganisation/vo", "Warning Bad VirtualOrganisation/vo" }));
    }

    [Test]
    public async Task An_event_that_cannot_be_written_breaks_nothing()
    {
        bed.Server.Faults.Add(new Fault { Verb = "create", Resource = "events", Status = 500 });
        await new EventWriter(bed.Api, "pod", time, NullLogger<EventWriter>.Instance).WarningAsync(vos.Store.Get(Key)!, "Reason", "Act", new string('x', 5000), default);
    }

    private Task<bool> WriteAsync(Outcome outcome, string? tag = null)
    {
        var current = vos.Store.Get(Key)!;
        var conditions = new Conditions(current.Status?.Conditions, current.Metadata.Generation ?? 0, time.GetUtcNow()).Report(outcome).Build();
        return writer.WriteAsync(current, current with { Status = new() { ObservedGeneration = current.Metadata.Generation, Conditions = conditions, Tag = tag } }, default);
    }
}
