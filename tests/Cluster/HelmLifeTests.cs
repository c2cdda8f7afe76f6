using NUnit.Framework;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Chart;

namespace RucioOperator.Tests.Cluster;

/// <summary>Helm itself on a real API server: install beside definitions that are there, upgrade, roll back, uninstall, as the chart's README says.</summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance), NonParallelizable]
public sealed class HelmLifeTests
{
    private const string Definition = "storageelements.rucio.cern.ch", Definitions = "customresourcedefinitions.apiextensions.k8s.io";

    private readonly DirectoryInfo older = Directory.CreateTempSubdirectory("rucio-operator-chart-");
    private TestCluster cluster = null!;
    private string ns = "";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Helm.Require();
        // Definitions of a shared cluster are not ours to change.
        cluster = await TestCluster.GetAsync(own: true);
        ns = cluster.NewNamespace();
    }

    [OneTimeTearDown]
    public void RemoveNamespace()
    {
        older.Delete(recursive: true);
        if (ns != "")
            cluster.Store.Delete("namespaces", "", ns);
    }

    [Test]
    public async Task A_release_lives()
    {
        // The suite's own definitions came by kubectl, so to speak.
        var before = OlderChart();
        var (refused, _, why) = await HelmAsync("install", before);
        Assert.That(refused, Is.Not.Zero, "definitions of somebody else are not taken over silently");
        Assert.That(why, Does.Contain(".rucio.cern.ch").And.Contain("invalid ownership metadata"));

        await DoAsync("install", before, "--take-ownership", "--force-conflicts");
        Assert.That((Keep(), Interval(), ShortNames()), Is.EqualTo(("keep", "10m", "[\"older\"]")));

        await DoAsync("upgrade", Helm.Chart, Helm.Set(["driftInterval=\"1h\""]));
        Assert.That((Interval(), ShortNames()), Is.EqualTo(("1h", "[\"se\"]")), "definitions are upgraded, too");

        Assert.That((await Helm.RunAsync(cluster.Kubeconfig, "rollback", Helm.Release, "1", "--namespace", ns)).Code, Is.Zero);
        Assert.That(Interval(), Is.EqualTo("10m"));

        await DoAsync("upgrade", Helm.Chart, Helm.Set(["crds.install=false"]));
        Assert.That(Keep(), Is.EqualTo("keep"), "no value removes definitions");

        cluster.Store.Upsert(Yaml.Parse($"{{apiVersion: rucio.cern.ch/v1alpha1, kind: StorageElement, metadata: {{name: disk, namespace: {ns}}}, spec: {{voRef: {{name: sky}}, rse: SKY_DISK, endpoints: [{{url: \"davs://disk.example.org:443/sky/\"}}]}}}}").Single());
        var (code, _, errors) = await Helm.RunAsync(cluster.Kubeconfig, "uninstall", Helm.Release, "--namespace", ns);
        Assert.That(code, Is.Zero, errors);
        Assert.That(cluster.Store.List("deployments.apps", ns), Is.Empty);
        Assert.That(cluster.Store.Get("storageelements.rucio.cern.ch", ns, "disk"), Is.Not.Null, "resources stay");

        await DoAsync("install", Helm.Chart);
        Assert.That((Keep(), ShortNames()), Is.EqualTo(("keep", "[\"se\"]")), "definitions that stayed are this release's still");
        Assert.That(cluster.Store.Get("storageelements.rucio.cern.ch", ns, "disk"), Is.Not.Null);
    }

    private string Keep() => cluster.Store.Get(Definitions, "", Definition)!["metadata"]!["annotations"]!["helm.sh/resource-policy"]!.GetValue<string>();

    private string Interval() => cluster.Store.Get("deployments.apps", ns, Helm.Release)!["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray()
        .Single(v => v!["name"]!.GetValue<string>() == "RUCIO_OPERATOR_DRIFT_INTERVAL")!["value"]!.GetValue<string>();

    private string ShortNames() => cluster.Store.Get(Definitions, "", Definition)!["spec"]!["names"]!["shortNames"]!.ToJsonString();

    private string OlderChart()
    {
        foreach (var file in Directory.GetFiles(Helm.Chart, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(older.FullName, Path.GetRelativePath(Helm.Chart, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllText(copy, File.ReadAllText(file).Replace("shortNames: [se]", "shortNames: [older]", StringComparison.Ordinal));
        }
        return older.FullName;
    }

    private async Task DoAsync(string verb, string chart, params IEnumerable<string> more)
    {
        var (code, _, errors) = await HelmAsync(verb, chart, more);
        Assert.That(code, Is.Zero, errors);
    }

    private Task<(int Code, string Output, string Errors)> HelmAsync(string verb, string chart, params IEnumerable<string> more) =>
        Helm.RunAsync(cluster.Kubeconfig, [verb, Helm.Release, chart, "--namespace", ns, .. more]);
}
