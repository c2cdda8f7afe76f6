using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Demo;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Rucio;
using RucioOperator.Sandbox.Workloads;
using RucioOperator.Tests.Chart;
using RucioOperator.Tests.SandboxTests;

namespace RucioOperator.Tests.Cluster;

/// <summary>
/// The operator as its own process on a real API server, the sandbox playing its workloads: what admission, managedFields,
/// the status subresource and immutability make of the quickstart. It is the chart's ServiceAccount, once with rights in the
/// whole cluster and once with Roles.
/// </summary>
[Category("Cluster"), FixtureLifeCycle(LifeCycle.SingleInstance)]
[TestFixture("Cluster", "rucio")]
[TestFixture("Namespaces", "rucio-by-roles")]
public sealed class OperatorOnClusterTests(string scope, string ns)
{
    private const string Ri = "rucioinstances.rucio.cern.ch", Vo = "virtualorganisations.rucio.cern.ch", Se = "storageelements.rucio.cern.ch";

    private string Ns { get; } = ns;
    private string[] Values => scope == "Cluster" ? [] : [$"rbac.scope=\"{scope}\"", $"namespaces=[\"{Ns}\"]"];
    private static readonly TimeSpan DriftInterval = TimeSpan.FromSeconds(10);

    private readonly string _log = Path.Combine(Path.GetTempPath(), $"rucio-operator-cluster-{Guid.NewGuid():n}.log");
    private TestCluster _cluster = null!;
    private string _account = "", _kubeconfig = "";
    private StandInRucio _rucio = null!;
    private WorkloadPlayer _workloads = null!;
    private OperatorProcess _operator = null!;

    [OneTimeSetUp]
    public async Task BringTheQuickstartUpAsync()
    {
        Helm.Require();
        _cluster = await TestCluster.GetAsync(own: true);
        _cluster.Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Ns } });
        _account = $"operator-by-{scope.ToLowerInvariant()}";
        await ChartAccount.ApplyAsync(_cluster, _account, Values);
        _kubeconfig = await ChartAccount.KubeconfigAsync(_cluster, _account);
        var postgres = await SharedPostgres.ServerAsync();
        _rucio = await StandInRucio.StartAsync();
        _workloads = new WorkloadPlayer(_cluster.Store, _rucio);
        _operator = OperatorProcess.Start(_kubeconfig, _log,
            ["--health-port=0", $"--namespaces={(scope == "Cluster" ? "" : Ns)}", $"--drift-interval={DriftInterval.TotalSeconds}s", $"--service-override=*={_rucio.BaseUri.GetLeftPart(UriPartial.Authority)}/{{namespace}}/{{service}}"],
            new Dictionary<string, string> { ["POD_NAMESPACE"] = Helm.Namespace });
        Samples.Apply(_cluster.Store, postgres, "quickstart", adapt: Moved);
        await ReadyAsync(Ri, "rucio");
        await ReadyAsync(Vo, "sky");
        await ReadyAsync(Se, "disk");
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_operator is not null)
        {
            await _operator.StopAsync();
            await _operator.DisposeAsync();
            // Nobody's concern any more: of the other operator neither.
            foreach (var resource in (string[])[Se, Vo, Ri])
                foreach (var left in _cluster.Store.List(resource, Ns))
                    _cluster.Store.Delete(resource, Ns, left["metadata"]!["name"]!.GetValue<string>());
        }
        if (_workloads is not null)
            await _workloads.DisposeAsync();
        if (_rucio is not null)
            await _rucio.DisposeAsync();
        File.Delete(_log);
        if (_kubeconfig != "")
            File.Delete(_kubeconfig);
    }

    [Test]
    public void The_quickstart_is_ready_and_its_bootstrap_ran_once()
    {
        Assert.That(_workloads.Bootstraps, Is.EqualTo(1));
        Assert.That(_cluster.Store.List("deployments.apps", Ns).Select(d => d["metadata"]!["name"]!.GetValue<string>()), Does.Contain("rucio-api").And.Contain("rucio-admin"));
    }

    [Test]
    public async Task Get_shows_what_a_person_looks_for()
    {
        Assert.That(await ColumnsAsync(Ri, "rucio"), Is.SupersetOf(new Dictionary<string, string> { ["Ready"] = "True", ["Version"] = "41.0.0", ["VOs"] = "1", ["URL"] = $"http://rucio-api.{Ns}.svc" }));
        Assert.That(await ColumnsAsync(Vo, "sky"), Is.SupersetOf(new Dictionary<string, string> { ["Ready"] = "True", ["Tag"] = "sky", ["Accounts"] = "1" }));
        Assert.That(await ColumnsAsync(Se, "disk"), Is.SupersetOf(new Dictionary<string, string> { ["Ready"] = "True", ["RSE"] = "SKY_DISK", ["VO"] = "sky", ["Type"] = "DISK" }));
        var (names, _) = await TableAsync($"{RemoteStore.Path(Ri, Ns)}");
        Assert.That(names, Does.Contain("Age").And.Contain("Reason"));
    }

    [Test]
    public void Each_child_has_one_manager_for_what_the_operator_wants()
    {
        foreach (var resource in (string[])["deployments.apps", "services", "configmaps", "secrets", "serviceaccounts", "jobs.batch"])
        {
            foreach (var child in _cluster.Store.List(resource, Ns, "app.kubernetes.io/managed-by=rucio-operator"))
            {
                var managers = Managers(child).Select(m => m["manager"]!.GetValue<string>()).Where(m => m.StartsWith("rucio-operator", StringComparison.Ordinal)).ToList();
                Assert.That(managers, Has.Count.EqualTo(1), $"{resource} {child["metadata"]!["name"]}: {string.Join(", ", managers)}");
            }
        }
    }

    [Test]
    public async Task A_users_own_label_stays_and_a_users_change_of_an_owned_field_is_healed()
    {
        var container = Container(_cluster.Store.Get("deployments.apps", Ns, "rucio-api")!)["name"]!.GetValue<string>();
        await _cluster.Api.DoAsync("PATCH", $"{RemoteStore.Path("deployments.apps", Ns, "rucio-api")}?fieldManager=kubectl-edit", Yaml.Parse($$$"""
            metadata: {labels: {team: grid}, annotations: {note: mine}}
            spec: {replicas: 5, template: {spec: {containers: [{name: "{{{container}}}", image: evil}] } } }
            """).Single(), ClusterClient.StrategicMerge);
        var healed = await UntilAsync("deployments.apps", "rucio-api", d => d["spec"]!["replicas"]!.GetValue<int>() == 1 && Container(d)["image"]!.GetValue<string>() != "evil");
        Assert.That((healed["metadata"]!["labels"]!["team"]!.GetValue<string>(), healed["metadata"]!["annotations"]!["note"]!.GetValue<string>()), Is.EqualTo(("grid", "mine")));

        _cluster.Store.Patch("services", Ns, "rucio-api", Yaml.Parse("metadata: {labels: {rucio.cern.ch/component: changed, team: grid}}").Single());
        var service = await UntilAsync("services", "rucio-api", s => s["metadata"]!["labels"]!["rucio.cern.ch/component"]!.GetValue<string>() == "api");
        Assert.That(service["metadata"]!["labels"]!["team"]!.GetValue<string>(), Is.EqualTo("grid"));
    }

    [Test]
    public async Task A_child_that_somebody_deletes_comes_back()
    {
        var uid = Uid(_cluster.Store.Get("services", Ns, "rucio-admin")!);
        _cluster.Store.Delete("services", Ns, "rucio-admin");
        await UntilAsync("services", "rucio-admin", s => Uid(s) != uid);
    }

    [Test]
    public async Task Spec_and_status_are_written_through_doors_of_their_own()
    {
        var before = _cluster.Store.Get(Vo, Ns, "sky")!;
        var patched = _cluster.Store.Patch(Vo, Ns, "sky", Yaml.Parse("spec: {description: changed}\nstatus: {tag: zzz, conditions: []}").Single());
        Assert.That(patched["status"]!.ToJsonString(), Is.EqualTo(before["status"]!.ToJsonString()), "a patch of spec leaves status alone");
        await UntilAsync(Vo, "sky", v => SandboxBed.IsReady(v) && v["status"]!["observedGeneration"]!.GetValue<long>() == patched["metadata"]!["generation"]!.GetValue<long>());
        var after = _cluster.Store.Get(Vo, Ns, "sky")!;
        Assert.That(after["metadata"]!["generation"]!.GetValue<long>(), Is.EqualTo(before["metadata"]!["generation"]!.GetValue<long>() + 1), "writing status is no change of spec");
        var statusManagers = Managers(after).Where(m => m["subresource"]?.GetValue<string>() == "status").Select(m => m["manager"]!.GetValue<string>());
        Assert.That(statusManagers, Has.Exactly(1).Items.And.All.StartsWith("rucio-operator"));
    }

    [Test]
    public async Task A_status_for_a_former_version_is_a_conflict_and_a_uid_would_be_ignored()
    {
        var former = _cluster.Store.Get(Vo, Ns, "sky")!["metadata"]!["resourceVersion"]!.GetValue<string>();
        _cluster.Store.Patch(Vo, Ns, "sky", Yaml.Parse("metadata: {labels: {seen: again}}").Single());

        Assert.That((await ApplyAsync("resourceVersion", former)).Status, Is.EqualTo(409));
        Assert.That((await ApplyAsync("uid", Guid.NewGuid().ToString())).Status, Is.EqualTo(200));

        Task<(int Status, JsonObject Body)> ApplyAsync(string field, string value) => _cluster.Api.SendAsync("PATCH", $"{RemoteStore.Path(Vo, Ns, "sky")}/status?fieldManager=late&force=true&dryRun=All", new JsonObject
        {
            ["apiVersion"] = "rucio.cern.ch/v1alpha1",
            ["kind"] = "VirtualOrganisation",
            ["metadata"] = new JsonObject { ["name"] = "sky", ["namespace"] = Ns, [field] = value },
            ["status"] = new JsonObject { ["tag"] = "old" },
        }, ClusterClient.Apply);
    }

    [Test]
    public async Task What_cannot_change_is_refused_by_the_server_once_it_is_made()
    {
        foreach (var (resource, name, patch, message) in ((string, string, string, string)[])
        [
            (Ri, "rucio", "spec: {multiVo: false}", "spec.multiVo"),
            (Vo, "sky", "spec: {tag: sea}", "spec.tag is immutable"),
            (Vo, "sky", "spec: {instanceRef: {name: other}}", "spec.instanceRef is immutable"),
            (Se, "disk", "spec: {rse: OTHER}", "spec.rse is immutable"),
            (Se, "disk", "spec: {voRef: {name: other}}", "spec.voRef"),
            (Se, "disk", "spec: {deterministic: false}", "spec.deterministic"),
        ])
        {
            var (status, body) = await _cluster.Api.SendAsync("PATCH", RemoteStore.Path(resource, Ns, name), Yaml.Parse(patch).Single(), ClusterClient.Merge);
            Assert.That((status, body["message"]!.GetValue<string>()), Is.EqualTo((422, body["message"]!.GetValue<string>())));
            Assert.That(body["message"]!.GetValue<string>(), Does.Contain(message));
        }
    }

    /// <summary>Over two drift periods: what a real server stores differs from what was sent, and must not look like a change.</summary>
    [Test]
    public async Task An_unchanged_world_is_written_to_by_nobody()
    {
        var before = Versions();
        for (var period = 1; ; period++)
        {
            await Task.Delay(2 * DriftInterval);
            var after = Versions();
            if (before.SequenceEqual(after))
                break;
            Assert.That(period, Is.LessThan(3), () => string.Join(", ", after.Except(before)));
            // What an earlier test stirred up may still have been settling.
            before = after;
        }
    }

    private List<string> Versions() => [.. ((string[])[Ri, Vo, Se, "deployments.apps", "services", "configmaps", "secrets", "serviceaccounts", "jobs.batch", "events.events.k8s.io"])
        .SelectMany(resource => _cluster.Store.List(resource, Ns).Select(o => $"{resource}/{o["metadata"]!["name"]} {o["metadata"]!["resourceVersion"]}"))];

    [Test]
    public void Events_are_written_where_describe_finds_them()
    {
        var events = _cluster.Store.List("events.events.k8s.io", Ns);
        Assert.That(events.Select(e => e["regarding"]!["kind"]!.GetValue<string>()), Does.Contain("RucioInstance").And.Contain("VirtualOrganisation").And.Contain("StorageElement"));
        Assert.That(events.Where(e => e["reportingController"]?.GetValue<string>().Length is null or 0 || e["reportingInstance"]?.GetValue<string>().Length is null or 0), Is.Empty);
    }

    [Test]
    public void Nothing_was_asked_for_that_the_roles_do_not_allow()
    {
        using var reader = new StreamReader(new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.That(reader.ReadToEnd().Split('\n').Where(line => line.Contains("Forbidden (Forbidden)", StringComparison.Ordinal)), Is.Empty, "a namespace that ends refuses, too, and names the field");
    }

    [Test]
    public void Its_Lease_is_beside_it() =>
        Assert.That(_cluster.Store.Get("leases.coordination.k8s.io", Helm.Namespace, "rucio-operator")!["spec"]!["holderIdentity"]!.GetValue<string>(), Is.Not.Empty);

    private JsonObject Moved(JsonObject node)
    {
        if (node["kind"]!.GetValue<string>() == "Namespace")
            node["metadata"]!["name"] = Ns;
        else
            node["metadata"]!["namespace"] = Ns;
        return Samples.WithoutGrid(node);
    }

    [Test]
    public async Task The_charts_own_test_passes_with_this_account()
    {
        var (code, said) = await DoctorAsync(_account, _kubeconfig);
        Assert.That(code, Is.Zero, said);
        Assert.That(said, Does.Contain("this account has all").And.Contain("leads, and renews it").And.Contain("RucioInstance Ready"));
    }

    [Test]
    public async Task The_charts_own_test_names_a_right_that_somebody_took_away()
    {
        var account = $"{_account}-poorer";
        await ChartAccount.ApplyAsync(_cluster, account, Values);
        var (resource, ns, name) = scope == "Cluster" ? ("clusterroles.rbac.authorization.k8s.io", "", $"{Helm.Namespace}-{account}") : ("roles.rbac.authorization.k8s.io", Ns, account);
        var rules = _cluster.Store.Get(resource, ns, name)!["rules"]!.DeepClone().AsArray();
        rules.Remove(rules.Single(rule => rule!["resources"]!.AsArray().Any(r => r!.GetValue<string>() == "pods")));
        _cluster.Store.Patch(resource, ns, name, new JsonObject { ["rules"] = rules });
        var kubeconfig = await ChartAccount.KubeconfigAsync(_cluster, account);
        try
        {
            var (code, said) = await DoctorAsync(account, kubeconfig);
            Assert.That((code, said), Is.EqualTo((2, said)));
            Assert.That(said, Does.Contain("this account lacks 1 of").And.Contain("list pods"));
        }
        finally
        {
            File.Delete(kubeconfig);
        }
    }

    /// <summary>As the pod of helm test would be run.</summary>
    private async Task<(int Code, string Said)> DoctorAsync(string account, string kubeconfig)
    {
        var pod = Yaml.Parse(await Helm.RenderAsync([$"fullnameOverride=\"{account}\"", .. Values])).Single(o => o["kind"]!.GetValue<string>() == "Pod")["spec"]!;
        Assert.That(pod["serviceAccountName"]!.GetValue<string>(), Is.EqualTo(account));
        var container = pod["containers"]!.AsArray().Single()!;
        var environment = container["env"]!.AsArray().ToDictionary(v => v!["name"]!.GetValue<string>(), v => v!["value"]?.GetValue<string>() ?? Helm.Namespace);
        var (code, said, error) = await OperatorProcess.CommandAsync(kubeconfig, container["args"]!.AsArray().Select(a => a!.GetValue<string>()), environment: environment);
        return (code, said + error);
    }

    private Task<JsonObject> ReadyAsync(string resource, string name) => UntilAsync(resource, name, SandboxBed.IsReady);

    private Task<JsonObject> UntilAsync(string resource, string name, Func<JsonObject, bool> holds) => _cluster.UntilAsync(resource, Ns, name, holds, Tail);

    private string Tail()
    {
        using var reader = new StreamReader(new FileStream(_log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return string.Join('\n', reader.ReadToEnd().Split('\n').TakeLast(40));
    }

    private async Task<Dictionary<string, string>> ColumnsAsync(string resource, string name)
    {
        var (names, rows) = await TableAsync(RemoteStore.Path(resource, Ns, name));
        return names.Zip(rows.Single()).ToDictionary(c => c.First, c => c.Second);
    }

    private async Task<(List<string> Names, List<List<string>> Rows)> TableAsync(string path)
    {
        var table = await _cluster.Api.DoAsync("GET", path, accept: "application/json;as=Table;v=v1;g=meta.k8s.io");
        return ([.. table["columnDefinitions"]!.AsArray().Select(c => c!["name"]!.GetValue<string>())],
            [.. table["rows"]!.AsArray().Select(r => r!["cells"]!.AsArray().Select(c => c?.ToString() ?? "").ToList())]);
    }

    private static IEnumerable<JsonObject> Managers(JsonObject node) => node["metadata"]!["managedFields"]!.AsArray().Select(m => m!.AsObject());

    private static JsonObject Container(JsonObject deployment) => deployment["spec"]!["template"]!["spec"]!["containers"]!.AsArray().Single()!.AsObject();

    private static string Uid(JsonObject node) => node["metadata"]!["uid"]!.GetValue<string>();
}
