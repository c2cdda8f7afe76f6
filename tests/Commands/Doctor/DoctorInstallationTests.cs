using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Commands;
using RucioOperator.Sandbox.Kubernetes.Rights;
using RucioOperator.Tests.Behaviour;

namespace RucioOperator.Tests.Commands.Doctor;

/// <summary>Without files: the operator's own set-up.</summary>
public sealed class DoctorInstallationTests
{
    private const string Home = "rucio-system", Definitions = "customresourcedefinitions.apiextensions.k8s.io";

    [Test]
    public async Task A_sound_installation_is_told_from_one_whose_operator_has_died_and_one_with_old_definitions()
    {
        await using var world = await World.StartAsync("--no-operator");
        world.Namespace(Home);
        Deploy(world, ready: 1);
        world.Bed.StartOperator("--leader-election=true", $"--lease-namespace={Home}");
        await world.UntilAsync(() => world.Store.Get("leases.coordination.k8s.io", Home, "rucio-operator") is not null, () => "nobody leads");
        var mark = world.Bed.Kubernetes.Requests.Mark();
        var run = await RunAsync(world);
        Assert.That(run.Complaints, Is.Empty, run.All);
        Assert.That(run.Code, Is.Zero);
        Assert.That(run.Findings.Select(f => DoctorRun.Text(f, "check")).Distinct(), Is.EqualTo((string[])["version", "definitions", "products", "pods", "rights", "lease", "resources"]));
        Assert.That(Message(run, "operator", "rights"), Does.Contain($"ServiceAccount {Home}/rucio"));
        Assert.That(world.Bed.Kubernetes.Requests.Since(mark).Where(r => r.UserAgent.StartsWith("rucio-operator", StringComparison.Ordinal) && r.Verb is not ("get" or "list" or "watch" or "") && r.Resource is not ("subjectaccessreviews" or "leases")), Is.Empty);

        world.Bed.KillOperator();
        Deploy(world, ready: 0);
        var dead = await RunAsync(world);
        Assert.That(dead.Code, Is.EqualTo((int)ExitCode.Found));
        Assert.That(dead.Of("error"), Is.EqualTo((string[])["operator pods PodsNotReady", "operator lease NobodyLeads"]));

        var versions = world.Store.Get(Definitions, "", "storageelements.rucio.cern.ch")!["spec"]!["versions"]!.DeepClone();
        ((JsonObject)versions[0]!["schema"]!["openAPIV3Schema"]!["properties"]!["spec"]!["properties"]!).Remove("lfn2pfn");
        world.Store.Patch(Definitions, "", "storageelements.rucio.cern.ch", new JsonObject { ["spec"] = new JsonObject { ["versions"] = versions } });
        var old = await RunAsync(world);
        Assert.That(Message(old, "cluster", "definitions", "DefinitionDiffers"), Does.Contain("spec.lfn2pfn is not there"));
    }

    [TestCase("")]
    [TestCase("tenant")]
    public async Task In_a_pod_it_is_its_own_rights_that_count_each_of_them(string watched)
    {
        await using var world = await World.StartAsync("--no-operator");
        // What doctor asks for in vain is no want of the operator's.
        world.Bed.Kubernetes.Gate.Used = new();
        foreach (var ns in (string[])[Home, "tenant"])
            world.Namespace(ns);
        Deploy(world, ready: 1);
        world.Bed.StartOperator("--leader-election=true", $"--lease-namespace={Home}", $"--namespaces={watched}");
        await world.UntilAsync(() => world.Store.Get("leases.coordination.k8s.io", Home, "rucio-operator") is not null, () => "nobody leads");

        var sound = await DoctorRun.InPodAsync(With(RightsFile.All), Home, watched);
        Assert.That(sound.Code, Is.Zero, sound.All);
        // With Roles alone its own namespace is not among those it watches.
        Assert.That(sound.Complaints, Is.EqualTo(watched.Length == 0 ? (string[])[] : ["operator pods KubernetesApiForbidden"]));
        Assert.That(Message(sound, "operator", "rights"), Does.Match($"^this account has all \\d+ rights that the operator uses{(watched.Length == 0 ? "" : " in tenant")}$"));

        var less = await DoctorRun.InPodAsync(With([.. RightsFile.All.Where(right => right is not { Verb: "patch", Resource: "deployments.apps" } and not { Verb: "update", Resource: "leases.coordination.k8s.io" })]), Home, watched);
        Assert.That(less.Code, Is.EqualTo((int)ExitCode.Found));
        Assert.That(less.Of("error"), Is.EqualTo((string[])["operator rights RightsMissing"]));
        Assert.That(Message(less, "operator", "rights"), Does.Match($"^this account lacks 2 of \\d+ rights: patch deployments.apps{(watched.Length == 0 ? "" : " in tenant")}; update leases.coordination.k8s.io rucio-operator in {Home}$"));
        Assert.That(DoctorRun.Text(less.Find("operator", "rights"), "next"), Does.Contain("rbac.create"));

        string With(IReadOnlyList<Right> rights)
        {
            var token = $"pod-with-{rights.Count}";
            world.Bed.Kubernetes.Gate.Admit(token, new($"system:serviceaccount:{Home}:doctor", rights, watched.Length == 0 ? [] : [watched], Home));
            var path = Path.Combine(Path.GetDirectoryName(world.Bed.LogFile)!, $"{token}.kubeconfig");
            File.WriteAllText(path, world.Bed.Kubernetes.Kubeconfig(token));
            return path;
        }
    }

    [Test]
    public async Task Where_there_is_no_operator_that_is_said()
    {
        await using var world = await World.StartAsync("--no-operator");
        var run = await RunAsync(world);
        Assert.That(run.Of("error"), Is.EqualTo((string[])["operator pods OperatorNotFound"]));
    }

    private static Task<DoctorRun> RunAsync(World world) => DoctorRun.OfAsync(world.Bed.Kubernetes.KubeconfigPath, "");

    private static string Message(DoctorRun run, string about, string check, string? reason = null) => DoctorRun.Text(run.Find(about, check, reason), "message");

    private static void Deploy(World world, int ready) => world.Apply($$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: rucio
          namespace: {{Home}}
          labels: {app.kubernetes.io/name: rucio-operator}
        spec:
          replicas: 1
          selector:
            matchLabels: {a: b}
          template:
            metadata:
              labels: {a: b}
            spec:
              serviceAccountName: rucio
              containers:
                - name: operator
                  image: rucio-operator
                  env: [{name: RUCIO_OPERATOR_LEADER_ELECTION, value: "true"}]
        status: {readyReplicas: {{ready}}, replicas: 1}
        """);
}
