using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Commands.Plans;

public sealed class OfflinePlanTests
{
    private const string Vo = """
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        metadata: {name: sky, namespace: sky}
        spec:
          instanceRef: {name: rucio, namespace: rucio}
          tag: sky
          accounts:
          - name: alice
            quotas: [{rseExpression: SKY_TAPE, bytes: 1Ti}]
          scopes: [{name: data, owner: alice}]
        """;

    private const string Instance = """
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: rucio}
        spec:
          version: 41.0.0
          database: {embedded: {}}
        """;

    private static IEnumerable<string> Stories => Directory.GetDirectories(Repository.Path("samples")).Where(folder => Directory.GetFiles(folder, "*.yaml").Any(file => File.ReadAllText(file).Contains("apiVersion: rucio.cern.ch/", StringComparison.Ordinal))).Select(folder => Path.GetFileName(folder)!).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Stories))]
    public async Task Every_sample_is_planned_from_nothing_to_all_of_it_and_waits_for_nobody(string story)
    {
        var run = await CommandRun.OfAsync(["plan", "--offline", "-f", Repository.Path("samples", story), "-o", "json", "--exit-code"]);
        Assert.That((run.Code, run.Error), Is.EqualTo((2, "")));
        var resources = JsonNode.Parse(run.Out)!["resources"]!.AsArray();
        Assert.That(resources.Select(r => (string?)r!["action"]), Is.All.EqualTo("create"));
        Assert.That(resources.SelectMany(r => r!["waits"]?.AsArray() ?? []).Select(w => (string)w!).Where(w => !w.StartsWith("spec.membership", StringComparison.Ordinal) && !w.Contains("is not among the files", StringComparison.Ordinal)), Is.Empty);
        Assert.That(resources.Where(r => (string?)r!["kind"] == "StorageElement").Select(r => (string?)r!["rucio"]?[0]), Is.All.StartsWith("create RSE "));
        Assert.That(resources.Where(r => (string?)r!["kind"] == "VirtualOrganisation").Select(r => string.Join(' ', r!["rucio"]!.AsArray())), Is.All.StartsWith("claim tag "));
    }

    [TestCase("  tag: no", "stdin:6: spec.tag: must be text, not true or false")]
    [TestCase("  tag: SKY", "stdin:6: spec.tag: must match ^[a-z][a-z0-9]{2}$")]
    [TestCase("  tag: sky\n  acounts: []", "stdin:7: spec.acounts: is no field: did you mean accounts?")]
    public async Task A_manifest_that_would_be_refused_is_named_with_file_line_and_field(string spec, string error)
    {
        var manifest = Vo[..Vo.IndexOf("  tag:", StringComparison.Ordinal)] + spec;
        var run = await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], manifest);
        Assert.That((run.Code, run.Error.TrimEnd()), Is.EqualTo((1, error)));
    }

    [TestCase("apiVersion: rucio.cern.ch/v1\nkind: RucioInstance\nmetadata: {name: a}", "stdin:1: rucio.cern.ch/v1 is not a version this operator knows: it is rucio.cern.ch/v1alpha1")]
    [TestCase("apiVersion: rucio.cern.ch/v1alpha1\nkind: Rucio\nmetadata: {name: a}", "stdin:2: rucio.cern.ch/v1alpha1 has no kind Rucio: it is one of RucioInstance, StorageElement, VirtualOrganisation")]
    [TestCase("apiVersion: v1\nkind: Secret\nmetadata: {name: a}", "rucio-operator: -f: no RucioInstance, VirtualOrganisation or StorageElement in it")]
    public async Task What_is_none_of_the_three_kinds_is_said(string manifest, string error)
    {
        var run = await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], manifest);
        Assert.That((run.Code, run.Error.TrimEnd()), Is.EqualTo((1, error)));
    }

    [Test]
    public async Task A_version_or_daemon_that_nobody_knows_is_an_error_too()
    {
        Assert.That((await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], Instance.Replace("41.0.0", "39.0.0", StringComparison.Ordinal))).Error, Does.StartWith("stdin:5: spec.version: Rucio 39 is not a line this operator knows"));
        Assert.That((await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], Instance + "\n  daemons:\n    overrides:\n    - name: reeper")).Error, Does.StartWith("stdin:9: spec.daemons.overrides[0].name: reeper is not a daemon of Rucio 41: did you mean reaper?"));
    }

    [Test]
    public async Task Of_a_tenants_file_alone_the_instance_is_believed_to_allow_it()
    {
        var run = await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], Vo);
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Out, Does.Contain("  Rucio: create VO sky\n").And.Contain("  Rucio: create scope data of alice\n")
            .And.Contain("  but: RucioInstance rucio/rucio is not among the files: believed to be there and to allow this\n")
            .And.Contain("  but: the quota of account alice waits for storage SKY_TAPE"));
    }

    [Test]
    public async Task What_the_instance_does_not_allow_is_not_planned_any_further()
    {
        var closed = await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], $"{Instance}\n---\n{Vo}");
        Assert.That(closed.Out, Does.Contain("  but: RucioInstance rucio/rucio does not allow namespace sky: its platform engineer opens it in spec.tenancy.allowedNamespaces\n").And.Not.Contain("create VO"));
        var open = await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], $"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: sky\n  labels: {{tenant: \"yes\"}}\n---\n{Instance}\n  tenancy: {{allowedNamespaces: {{from: Selector, matchLabels: {{tenant: \"yes\"}}}}}}\n---\n{Vo}");
        Assert.That(open.Out, Does.Contain("create VO sky"));
    }

    [Test]
    public async Task Two_that_want_one_tag_or_one_place_are_told()
    {
        var other = Vo.Replace("name: sky, namespace: sky", "name: ski, namespace: rucio", StringComparison.Ordinal);
        var run = await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], $"{Instance}\n  tenancy: {{allowedNamespaces: {{from: All}}}}\n---\n{Vo}\n---\n{other}");
        Assert.That(run.Out, Does.Contain("  but: spec.tag: sky is VirtualOrganisation (not seen)'s: choose another\n"));
    }

    [Test]
    public async Task What_is_suspended_is_left_alone()
    {
        var run = await CommandRun.OfAsync(["plan", "--offline", "-f", "-"], Vo + "\n  suspend: true");
        Assert.That(run.Out, Does.Contain("  but: spec.suspend is true: nothing is looked at or changed\n").And.Not.Contain("Rucio: "));
    }

    [Test]
    public async Task Without_a_kubeconfig_it_is_offline_and_says_so()
    {
        var (code, _, error) = await OperatorProcess.CommandAsync(null, ["plan", "-f", "-"], Vo);
        Assert.That((code, error), Is.EqualTo((0, "rucio-operator: no kubeconfig: planned offline, as for an empty cluster\n")));
    }
}
