using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Commands;
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
