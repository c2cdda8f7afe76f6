using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Tests.Behaviour;

namespace RucioOperator.Tests.Commands.Status;

/// <summary>The command as a process, beside an operator at work.</summary>
public sealed class StatusCommandTests
{
    [Test]
    public async Task Status_shows_the_tree_its_next_steps_and_an_exit_code_and_writes_nothing()
    {
        await using var world = await World.StartAsync();
        var (platform, tenant) = (world.Ns("platform"), world.Ns("tenant"));
        world.Namespace(tenant);
        world.ApplyInstance(platform, spec: "  tenancy: {allowedNamespaces: {from: All}}");
        world.ApplyVo(tenant, "sky", "sky", $"{platform}/rucio");
        world.ApplyStorage(tenant, "disk", "sky", "SKY_DISK");
        await world.ReadyAsync((World.Instances, platform, "rucio"), (World.Vos, tenant, "sky"), (World.Storages, tenant, "disk"));

        var all = await RunAsync(world, "status", "-A");
        Assert.That((all.Code, all.Error), Is.EqualTo((0, "")));
        Assert.That(Lines(all.Out).Take(4), Is.EqualTo((string[])["NAMESPACE NAME READY", $"{platform} RucioInstance/rucio True", $"{tenant} └─VirtualOrganisation/sky True", $"{tenant} └─StorageElement/disk True"]));
        Assert.That((await RunAsync(world, "status", "-n", platform)).Out, Is.EqualTo(all.Out), "the tenants of an instance belong to it");
        Assert.That(Lines((await RunAsync(world, "status", "-n", tenant)).Out)[1], Does.StartWith($"{platform} RucioInstance/rucio True"));
        Assert.That(Lines((await RunAsync(world, "status", "disk", "-n", tenant)).Out)[1], Does.StartWith($"{tenant} StorageElement/disk True"));

        world.ApplyStorage(tenant, "tape", "sky", "SKY_TAPE", url: "davs://127.0.0.1:443/x/");
        await world.NotReadyAsync(World.Storages, tenant, "tape", "HostNotAllowed");
        world.Bed.Operator!.Kill();
        var mark = world.Bed.Kubernetes.Requests.Mark();
        var one = await RunAsync(world, "status", "-n", tenant, "-o", "json");
        Assert.That(one.Code, Is.EqualTo(2));
        var vo = JsonNode.Parse(one.Out)!["items"]![0]!["children"]![0]!;
        Assert.That((string?)vo["children"]![1]!["nextStep"], Does.StartWith("spec.endpoints: "));
        // The killed operator may have had an event on its way.
        Assert.That(world.Bed.Kubernetes.Requests.Since(mark).Where(r => r.Resource != "events").Select(r => r.Verb).Distinct(), Is.SubsetOf((string[])["get", "list"]));
    }

    [Test]
    public async Task What_is_not_there_is_said()
    {
        await using var world = await World.StartAsync("--no-operator");
        var nothing = await RunAsync(world, "status", "-n", "empty");
        Assert.That(nothing, Is.EqualTo((0, "", "rucio-operator: no resources found in namespace empty\n")));
        var unknown = await RunAsync(world, "status", "sky", "-n", "empty");
        Assert.That(unknown, Is.EqualTo((1, "", "rucio-operator: no RucioInstance, VirtualOrganisation or StorageElement sky in namespace empty\n")));
        var nowhere = await OperatorProcess.CommandAsync(null, ["status"]);
        Assert.That(nowhere, Is.EqualTo((1, "", "rucio-operator: no kubeconfig: name one with --kubeconfig or KUBECONFIG, or put it in ~/.kube/config\n")));
        var wrong = await RunAsync(world, "status", "--context", "elsewhere");
        Assert.That((wrong.Code, wrong.Error), Is.EqualTo((1, "rucio-operator: no usable kubeconfig: CurrentContext: elsewhere not found in contexts in kubeconfig\n")));
    }

    private static Task<(int Code, string Out, string Error)> RunAsync(World world, params string[] arguments) => OperatorProcess.CommandAsync(world.Bed.Kubernetes.KubeconfigPath, arguments);

    /// <summary>The first three columns.</summary>
    private static string[] Lines(string text) => [.. text.Split('\n').Select(line => string.Join(' ', line.Replace("│", "", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(3)))];
}
