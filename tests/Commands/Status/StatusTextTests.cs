using System.Text.Json;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Commands.Status;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Commands.Status;

public sealed class StatusTextTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    private const string Instance = """
        metadata: {name: rucio, namespace: rucio, generation: 1}
        spec: {}
        status:
          observedGeneration: 1
          conditions: [{type: Ready, status: "True", reason: Ready, message: Rucio 41.0.0 serves 2 VOs}]
          transfers: {certificateNotAfter: "2027-01-01T00:00:00Z", proxyNotAfter: "2026-11-25T20:30:00Z", delegations: [{server: "https://fts.example.org:8446", notAfter: "2026-11-23T07:00:00Z"}]}
        """;

    private static string Vo(string name, string conditions, string more = "", int generation = 2) => $$"""
        metadata: {name: {{name}}, namespace: {{name}}, generation: {{generation}}}
        spec: {instanceRef: {name: rucio, namespace: rucio}, tag: {{name}}}
        status: {observedGeneration: 2, conditions: [{{conditions}}]{{more}}}
        """;

    private static string Storage(string name, string vo, string conditions, string more = "") => $$"""
        metadata: {name: {{name}}, namespace: {{vo}}, generation: 1}
        spec: {voRef: {name: {{vo}}}, rse: X}
        status: {observedGeneration: 1, conditions: [{{conditions}}]{{more}}}
        """;

    private static string Ready(string message) => $$"""{type: Ready, status: "True", reason: Ready, message: "{{message}}"}""";

    private static string Unready(string reason, string message, string also = "Reconciling") =>
        $$"""{type: Ready, status: "False", reason: {{reason}}, message: "{{message}}"}, {type: {{also}}, status: "True", reason: {{reason}}, message: "{{message}}"}""";

    [Test]
    public void The_tree_shows_what_waits_for_what_and_each_next_step_once() =>
        Assert.That(StatusText.Of(Tree(
            [Instance],
            [Vo("sky", Ready("VO sky is ready")), Vo("pol", Unready("LimitExceeded", "spec.accounts: 9 accounts, RucioInstance rucio/rucio allows 5"))],
            [
                Storage("disk", "sky", Ready("RSE X is ready") + """, {type: Served, status: "False", reason: Waiting, message: soon}""", """, endpoints: [{url: "davs://a.example.org:443/x", result: Ok, certificateExpires: "2026-11-23T09:10:00Z"}]"""),
                Storage("tape", "sky", Unready("InvalidField", "spec.rse: must be capitals", "Stalled"), ", plan: {changes: 1, entries: [create RSE X]}"),
                Storage("lab", "pol", Unready("VirtualOrganisationNotReady", "VirtualOrganisation pol/pol is not ready for storages yet")),
            ]), Now), Is.EqualTo("""
            NAMESPACE   NAME                        READY   REASON                        MESSAGE
            rucio       RucioInstance/rucio         True    Ready                         Rucio 41.0.0 serves 2 VOs
            pol         ├─VirtualOrganisation/pol   False   LimitExceeded                 spec.accounts: 9 accounts, RucioInstance rucio/rucio allows 5
            pol         │ └─StorageElement/lab      False   VirtualOrganisationNotReady   VirtualOrganisation pol/pol is not ready for storages yet
            sky         └─VirtualOrganisation/sky   True    Ready                         VO sky is ready
            sky           ├─StorageElement/disk     True    Ready                         RSE X is ready
            sky           └─StorageElement/tape     False   InvalidField                  spec.rse: must be capitals

            Next steps:
            OF                            WHAT TO DO
            VirtualOrganisation pol/pol   spec.accounts: 9 accounts, RucioInstance rucio/rucio allows 5 (the instance allows a VO no more; ask its platform engineer for more, or take some out)
            StorageElement sky/tape       correct it and apply it again: spec.rse: must be capitals (the named field can't work as it is)

            Remarks:
            OF                        CONDITION      REASON    MESSAGE
            StorageElement sky/disk   Served=False   Waiting   soon

            Ends by itself:
            OF                          WHAT                                         WHEN                LEFT
            RucioInstance rucio/rucio   delegation at https://fts.example.org:8446   2026-11-23 07:00Z   over
            StorageElement sky/disk     certificate of davs://a.example.org:443/x    2026-11-23 09:10Z   70m
            RucioInstance rucio/rucio   proxy                                        2026-11-25 20:30Z   60h
            RucioInstance rucio/rucio   certificate                                  2027-01-01 00:00Z   38d

            Pending changes:
            OF                        CHANGE
            StorageElement sky/tape   create RSE X

            """));

    [TestCase(0, "Unknown", "NotSeenYet", "is the operator running? rucio-operator doctor says so")]
    [TestCase(-1, "Unknown", "NotSeenYet", "is the operator running? rucio-operator doctor says so")]
    [TestCase(2, "True", "Ready", null)]
    [TestCase(3, "Unknown", "NotSeenYet", "the operator has not looked at generation 3 yet")]
    public void What_the_operator_has_not_seen_is_not_called_Ready(int generation, string ready, string reason, string? step)
    {
        var vo = Read<VirtualOrganisation>(Vo("sky", Ready("VO sky is ready"), generation: generation));
        var node = StatusNode.Of(generation switch { 0 => vo with { Status = null }, -1 => vo with { Status = new() { ObservedGeneration = -1 } }, _ => vo }, []);
        Assert.That((node.Ready, node.Reason, StatusWords.NextStep(node, null)), Is.EqualTo((ready, reason, step)));
    }

    [Test]
    public void One_that_is_suspended_says_so_whatever_it_was_before()
    {
        var node = StatusNode.Of(Read<VirtualOrganisation>("""
            metadata: {name: sky, namespace: sky, generation: 1}
            spec: {suspend: true}
            status: {observedGeneration: 1, conditions: [{type: Ready, status: "True", reason: Ready, message: fine}, {type: Suspended, status: "True", reason: SuspendRequested, message: "spec.suspend is true"}]}
            """), []);
        Assert.That((node.Ready, node.Reason, node.Message, StatusWords.NextStep(node, null)), Is.EqualTo(("True", "Suspended", "spec.suspend is true", "set spec.suspend to false to have it looked at again")));
    }

    [Test]
    public void A_parent_that_is_not_there_or_out_of_sight_has_its_line()
    {
        var vos = (string[])[Vo("sky", Unready("InstanceNotFound", "spec.instanceRef: RucioInstance rucio/rucio does not exist"))];
        var roots = Tree([], vos, [Storage("disk", "gone", Ready("x"))]);
        Assert.That(roots.Select(r => (r.Kind, $"{r.Key}", r.Reason, StatusWords.NextStep(r, null))), Is.EqualTo(((string, string, string, string?)[])
            [("RucioInstance", "rucio/rucio", "NotFound", "create RucioInstance rucio/rucio, or correct the reference to it"), ("VirtualOrganisation", "gone/gone", "NotFound", "create VirtualOrganisation gone/gone, or correct the reference to it")]));
        Assert.That(Tree([], vos, [], StatusTree.Forbidden).Select(r => (r.Message, StatusWords.NextStep(r, null))), Is.EqualTo(((string, string?)[])[("RucioInstance rucio/rucio can't be read with your rights", null)]));
    }

    [Test]
    public void A_tenant_who_may_not_see_the_instance_is_told_what_to_do_and_Ready_means_the_same_in_every_output()
    {
        var (unready, ready) = (Vo("sky", Unready("LimitExceeded", "spec.accounts: 9 accounts")), Vo("pol", Ready("VO pol is ready")));
        var root = Tree([], [unready, ready], [], StatusTree.Forbidden).Single();
        Assert.That(root.Children.Select(vo => StatusWords.NextStep(vo, root)), Is.EqualTo((string?[])[null, "spec.accounts: 9 accounts (the instance allows a VO no more; ask its platform engineer for more, or take some out)"]));
        Assert.That(StatusText.Of([root], Now), Does.Contain("VirtualOrganisation sky/sky   spec.accounts"));
        foreach (var (vos, expected) in (((string[], bool)[])[([ready], true), ([unready, ready], false)]))
        {
            var roots = Tree([], vos, [], StatusTree.Forbidden);
            Assert.That((StatusTree.AllReady(roots), (bool)StatusJson.Of(roots)["ready"]!), Is.EqualTo((expected, expected)));
        }
        Assert.That(StatusTree.AllReady(Tree([], [ready], [], StatusTree.NotFound)), Is.False);
    }

    [Test]
    public void What_is_named_like_its_parent_is_shown_once()
    {
        var roots = Tree([Instance], [Vo("rucio", Ready("x"))], [Storage("rucio", "rucio", Ready("y")), Storage("disk", "rucio", Ready("z"))]);
        Assert.That(StatusTree.Named(roots, "rucio").Select(n => n.Kind), Is.EqualTo((string[])["RucioInstance"]));
        Assert.That(StatusTree.Named(roots, "disk").Select(n => n.Kind), Is.EqualTo((string[])["StorageElement"]));
    }

    [TestCase("259200", "3d")]
    [TestCase("259199", "71h")]
    [TestCase("10799", "179m")]
    [TestCase("179", "179s")]
    [TestCase("0", "over")]
    public void What_is_left_is_said_as_kubectl_says_ages(string seconds, string words) => Assert.That(Expiry.Left(TimeSpan.FromSeconds(int.Parse(seconds))), Is.EqualTo(words));

    private static IReadOnlyList<StatusNode> Tree(string[] instances, string[] vos, string[] storages, string missing = StatusTree.NotFound) => StatusTree.Of(
        [.. instances.Select(Read<RucioInstance>)], [.. vos.Select(Read<VirtualOrganisation>)], [.. storages.Select(Read<StorageElement>)],
        new Dictionary<ObjectKey, string> { [new("rucio", "rucio")] = missing });

    private static T Read<T>(string yaml) => Yaml.Parse(yaml)[0].Deserialize(KubeJson.Info<T>())!;
}
