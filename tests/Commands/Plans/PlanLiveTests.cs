using NUnit.Framework;
using RucioOperator.Releases;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Commands.Plans;

/// <summary>What a plan reads of a cluster, and what it says where it may not.</summary>
public sealed class PlanLiveTests
{
    private static readonly string Instance = $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: rucio}
        spec:
          version: 41.0.0
          database: {embedded: {} }
          tenancy: {allowedNamespaces: {from: Selector, matchLabels: {tenant: "yes"} } }
        """;

    private static readonly string Status = $"status: {{version: 41.0.0, alembicRevision: {ReleaseCatalogue.Lines[0].AlembicHead}}}";

    private const string Vo = """
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        metadata: {name: sky, namespace: sky}
        spec: {instanceRef: {name: rucio, namespace: rucio}, tag: sky}
        """;

    private const string Claimed = "status: {tag: sky, conditions: [{type: Claimed, status: \"True\", reason: AsDesired, message: x, lastTransitionTime: \"2026-01-01T00:00:00Z\"}]}";

    private static string Storage(string name) => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        metadata: {name: {{name}}, namespace: sky}
        spec: {voRef: {name: sky}, rse: SKY_DISK, endpoints: [{url: "davs://{{name}}.example.org:443/sky/"}]}
        """;

    private KubeApiServer _kubernetes = null!;

    [SetUp]
    public async Task StartAsync()
    {
        _kubernetes = await KubeApiServer.StartAsync();
        foreach (var file in Directory.GetFiles(Repository.Path("crds"), "*.yaml"))
            _kubernetes.ApplyYaml(await File.ReadAllTextAsync(file));
        _kubernetes.ApplyYaml("""
            {apiVersion: v1, kind: Namespace, metadata: {name: rucio}}
            ---
            {apiVersion: v1, kind: Namespace, metadata: {name: sky, labels: {tenant: "yes"}}}
            """);
    }

    [TearDown]
    public async Task StopAsync() => await _kubernetes.DisposeAsync();

    [Test]
    public async Task Tenants_that_an_instance_selects_are_known_by_the_labels_of_their_own_namespaces()
    {
        _kubernetes.ApplyYaml($"{Instance}\n{Status}\n---\n{Vo}");
        var run = await PlanAsync(Instance);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out, Does.Contain("  Rucio: create VO sky\n"));
    }

    [Test]
    public async Task A_file_is_newer_than_what_the_server_has()
    {
        _kubernetes.ApplyYaml($"{Instance}\n{Status}\n---\n{Vo}\n{Claimed}\n---\n{Storage("old")}\nstatus: {{rseId: abc}}");
        var run = await PlanAsync(Storage("another"));
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Out, Does.Contain("  but: spec.rse: SKY_DISK is already described by StorageElement old\n").And.Not.Contain("Rucio: "));
    }

    [Test]
    public async Task Whoever_may_not_ask_what_the_cluster_serves_gets_a_plan_all_the_same()
    {
        _kubernetes.Faults.Add(new() { Status = 403, When = request => request.Resource.Length == 0 });
        var run = await PlanAsync(Instance);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "rucio-operator: what kinds this cluster serves can't be asked with your rights: planned as if it had every product\n")));
        Assert.That(run.Out, Does.Contain("create RucioInstance").Or.Contain("create   RucioInstance"));
    }

    private Task<CommandRun> PlanAsync(string files) => CommandRun.OfAsync(["plan", "-f", "-"], files, _kubernetes.KubeconfigPath);
}
