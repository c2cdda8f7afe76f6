using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Behaviour;

/// <summary>A policy package from the platform engineer's list to the VO that selects it, and back.</summary>
public sealed class PolicyPackageBehaviourTests
{
    private const string Annotation = "rucio.cern.ch/policy-packages";

    [Test]
    public async Task A_package_is_used_once_it_is_checked_by_those_it_is_open_to_and_left_again()
    {
        await using var world = await World.StartAsync();
        var (ns, sea) = (world.Ns("policy"), world.Ns("sea"));
        world.Namespace(sea);
        world.ApplyInstance(ns, spec: $$"""
              tenancy: {allowedNamespaces: {from: All} }
              policyPackages: [{name: open, module: open_policy, configMapRef: {name: open-policy}, allowedNamespaces: [{{ns}}] }]
            """);
        world.ApplyVo(ns, "sky", "sky", "rucio", "  policyPackageName: open");
        world.ApplyVo(sea, "sea", "sea", $"{ns}/rucio", "  policyPackageName: open");

        Assert.That(World.Message(await world.NotReadyAsync(World.Instances, ns, "rucio", "ConfigMapNotFound")), Does.StartWith("spec.policyPackages[0].configMapRef:"));
        world.Bed.Workloads.Failing["policy-check"] = "{\"step\": \"import\", \"outcome\": \"failed\", \"message\": \"SyntaxError: invalid syntax\"}";
        Package("def (");
        Assert.That(World.Message(await world.NotReadyAsync(World.Instances, ns, "rucio", "PolicyPackageRefused")), Does.Contain("step import: SyntaxError"));
        await world.NotReadyAsync(World.Vos, ns, "sky", "PolicyPackageNotReady");
        Assert.That(World.Message(await world.NotReadyAsync(World.Vos, sea, "sea", "PolicyPackageNotOffered")), Does.Contain("offers no policy package open"));
        Assert.That(world.Secret(ns, "rucio-policy-open"), Is.Null);
        Assert.That(Selected("rucio-api"), Is.Null);

        world.Bed.Workloads.Failing.TryRemove("policy-check", out _);
        Package("def has_permission(issuer, action, kwargs, *, session): return None");
        await world.ReadyAsync((World.Vos, ns, "sky"));
        // The instance tells of the VO a pass after it has taken it in.
        await world.UntilAsync(() => new[] { "rucio-api", "rucio-admin", "rucio-judge-evaluator" }.All(name => Selected(name) == "sky=open"), () => "pods do not get the selection");
        await world.Bed.WaitAsync(World.Instances, ns, "rucio", i => SandboxBed.IsReady(i) && i["status"]!["policyPackages"]?[0]?["vos"]?.ToJsonString() == "[\"sky\"]");
        Assert.That(SandboxBed.Condition(world.Store.Get(World.Vos, ns, "sky")!, "PolicyReady")?["status"]?.GetValue<string>(), Is.EqualTo("True"));
        Assert.That(world.Secret(ns, "rucio-vos")!["90-vos.json"], Does.Contain("rucio_tenant_policy.selected.sky.open").And.Contain("\"package-sea\":\"rucio_tenant_policy\""));
        Assert.That(new[] { "rucio-api", "rucio-admin", "rucio-judge-evaluator" }.Select(Selected), Is.All.EqualTo("sky=open"));
        var status = world.Store.Get(World.Instances, ns, "rucio")!["status"]!["policyPackages"]![0]!;
        Assert.That((status["checked"]!.GetValue<bool>(), status["vos"]!.ToJsonString()), Is.EqualTo((true, "[\"sky\"]")));

        // A bad new content leaves the one in use.
        world.Bed.Workloads.Failing["policy-check"] = "{\"step\": \"permission\", \"outcome\": \"failed\", \"message\": \"no has_permission\"}";
        Package("pass");
        await world.NotReadyAsync(World.Instances, ns, "rucio", "PolicyPackageRefused");
        Assert.That(world.Secret(ns, "rucio-policy-open")!["permission.py"], Does.Contain("has_permission"));
        world.Bed.Workloads.Failing.TryRemove("policy-check", out _);
        Package("def has_permission(issuer, action, kwargs, *, session): return True");
        await world.ReadyAsync((World.Instances, ns, "rucio"));

        world.PatchSpec(World.Vos, ns, "sky", """{"policyPackageName": null}""");
        world.PatchSpec(World.Vos, sea, "sea", """{"policyPackageName": null}""");
        await world.UntilAsync(() => Selected("rucio-api") is null && Selected("rucio-judge-evaluator") is null, () => "pods keep the selection");
        await world.UntilAsync(() => SandboxBed.Condition(world.Store.Get(World.Vos, ns, "sky")!, "PolicyReady") is null, () => "the condition stays");
        await world.ReadyAsync((World.Vos, sea, "sea"));
        await world.UntilAsync(() => !world.Secret(ns, "rucio-vos")!["90-vos.json"].Contains("selected", StringComparison.Ordinal), () => "the configuration keeps the selection");

        void Package(string permission) => world.Apply(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "open-policy", ["namespace"] = ns },
            ["data"] = new JsonObject { ["__init__.py"] = "", ["permission.py"] = permission },
        }.ToJsonString());

        string? Selected(string deployment) =>
            world.Store.Get("deployments.apps", ns, deployment)!["spec"]!["template"]!["metadata"]!["annotations"]?[Annotation]?.GetValue<string>();
    }
}
