using System.Diagnostics;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Chart;
using RucioOperator.Tests.Commands.Doctor;

namespace RucioOperator.Tests.Cluster;

/// <summary>
/// doctor on a real API server, as the pod of `helm test`: the chart's arguments, environment and account, in an environment with a
/// ServiceAccount's token folder and nothing else; and for a person with a kubeconfig. An operator leads beside it.
/// </summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
[TestFixture("Cluster")]
[TestFixture("Namespaces")]
public sealed class DoctorOnClusterTests(string scope)
{
    /// <summary>A pod's files, in a file system that only this process sees.</summary>
    private const string Enter = """
        files=$1; shift
        mount -t tmpfs none /var/run
        mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
        cp "$files"/* /var/run/secrets/kubernetes.io/serviceaccount/
        exec "$@"
        """;

    private const string Account = "rucio-operator";

    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("rucio-pod-");
    private TestCluster _cluster = null!;
    private string _home = "", _watched = "", _kubeconfig = "";
    private IReadOnlyList<JsonObject> _chart = [];
    private OperatorProcess _operator = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        Helm.Require();
        _cluster = await TestCluster.GetAsync(own: true);
        (_home, _watched) = (_cluster.NewNamespace(), _cluster.NewNamespace());
        // Definitions are there already.
        string[] values = ["crds.install=false", "rbac.aggregate=false", .. scope == "Cluster" ? (string[])[] : [$"rbac.scope=\"{scope}\"", $"namespaces=[\"{_watched}\"]"]];
        _chart = [.. Yaml.Parse(await Helm.RenderInAsync(_home, values))];
        var (code, _, errors) = await Helm.RunAsync(_cluster.Kubeconfig, ["install", Helm.Release, Helm.Chart, "--namespace", _home, .. Helm.Set(values)]);
        Assert.That(code, Is.Zero, errors);
        // There are no nodes.
        _cluster.Store.PatchStatus("deployments.apps", _home, Account, new JsonObject { ["replicas"] = 2, ["readyReplicas"] = 2 });
        _kubeconfig = await ChartAccount.KubeconfigAsync(_cluster, Account, _home);
        // Of its own namespaces only: other suites have operators, too.
        _operator = OperatorProcess.Start(_kubeconfig, Path.Combine(_files.FullName, "log"), ["--health-port=0", $"--namespaces={_watched}"], new Dictionary<string, string> { ["POD_NAMESPACE"] = _home });
        await _cluster.UntilAsync("leases.coordination.k8s.io", _home, Account, lease => lease["spec"]?["holderIdentity"]?.GetValue<string>() is { Length: > 0 }, () => File.ReadAllText(Path.Combine(_files.FullName, "log")));
    }

    [OneTimeTearDown]
    public async Task EndAsync()
    {
        if (_operator is not null)
            await _operator.DisposeAsync();
        _files.Delete(recursive: true);
        if (_kubeconfig != "")
            File.Delete(_kubeconfig);
        if (_home == "")
            return;
        await Helm.RunAsync(_cluster.Kubeconfig, "uninstall", Helm.Release, "--namespace", _home);
        foreach (var ns in (string[])[_home, _watched])
            _cluster.Store.Delete("namespaces", "", ns);
    }

    [Test]
    public async Task Helm_test_finds_the_installation_in_order()
    {
        var helm = Helm.RunAsync(_cluster.Kubeconfig, "test", Helm.Release, "--namespace", _home, "--timeout", "90s");
        var pod = await _cluster.UntilAsync("pods", _home, $"{Account}-test", _ => true);
        var run = await InPodAsync(pod);
        // There is no kubelet to say so.
        _cluster.Store.PatchStatus("pods", _home, $"{Account}-test", new JsonObject { ["phase"] = run.Code == 0 ? "Succeeded" : "Failed" });
        var (code, output, errors) = await helm;
        Assert.That((code, run.Code), Is.EqualTo((0, 0)), $"{errors}{run.All}");
        Assert.That(output, Does.Match(@"Phase:\s+Succeeded"));
        // With Roles alone its own namespace is not among those it watches.
        Assert.That(run.Complaints, Is.EqualTo(scope == "Cluster" ? (string[])[] : ["operator pods KubernetesApiForbidden"]));
    }

    [Test]
    public async Task A_right_that_is_taken_away_is_missed()
    {
        var role = _chart.First(node => node["kind"]!.GetValue<string>() == (scope == "Cluster" ? "ClusterRole" : "Role") && node["rules"]!.ToJsonString().Contains("deployments", StringComparison.Ordinal));
        var less = role.DeepClone().AsObject();
        less["rules"]!.AsArray().Single(rule => rule!["resources"]!.AsArray().Any(resource => resource!.GetValue<string>() == "deployments"))!["verbs"] = new JsonArray("get", "list", "watch", "create", "delete");
        try
        {
            _cluster.Store.Upsert(less);
            // The authorizer hears of roles by a watch.
            var missing = await UntilFoundAsync(() => InPodAsync(_chart.Single(node => node["kind"]!.GetValue<string>() == "Pod")));
            Assert.That(missing.Of("error"), Is.EqualTo((string[])["operator rights RightsMissing"]), missing.All);
            var where = scope == "Cluster" ? "" : $" in {_watched}";
            Assert.That(DoctorRun.Text(missing.Find("operator", "rights"), "message"), Does.Contain($"lacks 2 of").And.EndWith($"rights: patch deployments.apps{where}; patch statefulsets.apps{where}"));
        }
        finally
        {
            _cluster.Store.Upsert(role);
        }
    }

    [Test]
    public async Task A_person_hears_the_same_of_the_operators_account()
    {
        var run = await DoctorRun.OfAsync(_cluster.Kubeconfig, "", "-n", _home);
        Assert.That(run.Findings.Where(f => DoctorRun.Text(f, "check") != "resources").Select(f => DoctorRun.Text(f, "result")).Distinct(), Is.EqualTo((string[])["ok"]), run.All);
        Assert.That(run.Findings.Count(f => DoctorRun.Text(f, "message").EndsWith("is served as this operator knows it", StringComparison.Ordinal)), Is.EqualTo(3));
        Assert.That(DoctorRun.Text(run.Find("operator", "rights"), "message"), Does.StartWith($"ServiceAccount {_home}/{Account} has all "));
        Assert.That(DoctorRun.Text(run.Find("operator", "pods"), "message"), Is.EqualTo($"Deployment {_home}/{Account}: 2 of 2 pods are ready"));
    }

    [Test]
    public async Task Definitions_of_an_older_operator_are_told_from_those_of_this_one()
    {
        const string Definitions = "customresourcedefinitions.apiextensions.k8s.io", Storages = "storageelements.rucio.cern.ch";
        var versions = _cluster.Store.Get(Definitions, "", Storages)!["spec"]!["versions"]!;
        var older = versions.DeepClone();
        var spec = older[0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!.AsObject();
        spec.Remove("greedyDeletion");
        spec["rse"]!["maxLength"] = 7;
        Task<DoctorRun> LookAsync() => DoctorRun.OfAsync(_cluster.Kubeconfig, "", "-n", _home);
        try
        {
            _cluster.Store.Patch(Definitions, "", Storages, new JsonObject { ["spec"] = new JsonObject { ["versions"] = older } });
            var found = await UntilFoundAsync(LookAsync);
            Assert.That(DoctorRun.Text(found.Find("cluster", "definitions", "DefinitionDiffers"), "message"), Does.StartWith("StorageElement ").And.Contain("spec.rse: maxLength differs").And.Contain("spec.greedyDeletion is not there"));
        }
        finally
        {
            _cluster.Store.Patch(Definitions, "", Storages, new JsonObject { ["spec"] = new JsonObject { ["versions"] = versions.DeepClone() } });
        }
        Assert.That((await UntilFoundAsync(LookAsync, code: 0)).Of("error"), Is.Empty);
    }

    /// <summary>Servers take a moment to act by what they were told.</summary>
    private static async Task<DoctorRun> UntilFoundAsync(Func<Task<DoctorRun>> look, int code = 2)
    {
        for (var began = Stopwatch.GetTimestamp(); ;)
        {
            var run = await look();
            if (run.Code == code || Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(60))
                return run;
        }
    }

    /// <summary>What the kubelet would start.</summary>
    private async Task<DoctorRun> InPodAsync(JsonObject podOfChart)
    {
        if (Environment.UserName != "root")
            Assert.Ignore("needs root, for a file system of its own");
        var server = new Uri(Yaml.Parse(await File.ReadAllTextAsync(_cluster.Kubeconfig)).Single()["clusters"]![0]!["cluster"]!["server"]!.GetValue<string>());
        var pod = Directory.CreateDirectory(Path.Combine(_files.FullName, "pod")).FullName;
        await File.WriteAllTextAsync(Path.Combine(pod, "token"), await ChartAccount.TokenAsync(_cluster, Account, _home));
        await File.WriteAllTextAsync(Path.Combine(pod, "namespace"), _home);
        await File.WriteAllBytesAsync(Path.Combine(pod, "ca.crt"), Convert.FromBase64String(Yaml.Parse(await File.ReadAllTextAsync(_cluster.Kubeconfig)).Single()["clusters"]![0]!["cluster"]!["certificate-authority-data"]!.GetValue<string>()));
        var container = podOfChart["spec"]!["containers"]!.AsArray().Single()!;

        var (program, first) = OperatorProcess.Program();
        string[] arguments = [.. container["args"]!.AsArray().Select(argument => argument!.GetValue<string>()), "-o", "json"];
        var start = new ProcessStartInfo("unshare", ["--mount", "--propagation", "private", "sh", "-ec", Enter, "sh", pod, program, .. first, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment.Clear();
        foreach (var name in (string[])["PATH", "DOTNET_ROOT"])
            start.Environment[name] = Environment.GetEnvironmentVariable(name);
        (start.Environment["KUBERNETES_SERVICE_HOST"], start.Environment["KUBERNETES_SERVICE_PORT"]) = (server.Host, $"{server.Port}");
        foreach (var variable in container["env"]!.AsArray())
            start.Environment[variable!["name"]!.GetValue<string>()] = variable["valueFrom"] is { } from ? Field(from["fieldRef"]!["fieldPath"]!.GetValue<string>()) : variable["value"]?.GetValue<string>();
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await process.WaitForExitAsync(deadline.Token);
        return DoctorRun.Of(process.ExitCode, await output, await error);

        string Field(string path) => path == "metadata.namespace" ? _home : throw new InvalidOperationException(path);
    }
}
