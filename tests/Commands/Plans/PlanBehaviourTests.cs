using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Tests.Behaviour;

namespace RucioOperator.Tests.Commands.Plans;

/// <summary>The command as a process: what it foretells, and what an operator then makes of the same files.</summary>
public sealed class PlanBehaviourTests
{
    private World _world = null!;

    private string Platform => _world.Ns("platform");
    private string Tenant => _world.Ns("tenant");

    private string Instance => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: {{Platform}} }
        spec:
          version: 41.0.0
          database:
            provision: {host: {{_world.Proxy.Host}}, port: {{_world.Proxy.Port}}, sslMode: Disable, adminSecretRef: {name: postgres-admin} }
          tenancy: {allowedNamespaces: {from: All} }
          transfers: {ftsServers: ["https://fts.example.org:8446"]}
          networkPolicy: {}
          cache: {shared: {} }
        """;

    private string Vo => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        metadata: {name: sky, namespace: {{Tenant}} }
        spec:
          instanceRef: {name: rucio, namespace: {{Platform}} }
          tag: sky
          longName: skysurvey
          description: The sky
          accounts:
          - {name: alice, admin: true, attributes: {country: CH}, identities: [{type: Userpass}, {type: X509, dn: "CN=alice,O=x,C=CH"}], quotas: [{rseExpression: "*", bytes: 1Ti, total: 2Ti}]}
          - {name: robot, type: Service, identities: [{type: Userpass}]}
          scopes: [{name: data, owner: alice}]
          clientConfig: {}
        """;

    private string Storage(string name, string rse, string more = "") => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: StorageElement
        metadata: {name: {{name}}, namespace: {{Tenant}} }
        spec:
          voRef: {name: sky}
          rse: {{rse}}
          endpoints: [{url: "davs://{{name}}.example.org:443/sky/"}]
          minFreeSpace: 10Gi
        {{more}}
        """;

    [Test]
    public async Task A_plan_says_what_the_operator_then_does_and_nothing_after_that()
    {
        _world = await World.StartAsync("--no-operator");
        await using var world = _world;
        world.Namespace(Tenant);
        world.Bed.CreateAdminSecret(Platform);
        var files = string.Join("\n---\n", Instance, Vo, Storage("disk", "SKY_DISK"), Storage("cache", "SKY_CACHE"));
        var mark = world.Bed.Kubernetes.Requests.Mark();
        var (first, firstCode) = await PlanAsync(files);
        Assert.That((firstCode, first["errors"]!.ToJsonString()), Is.EqualTo((2, "[]")));
        Assert.That(Written(mark), Is.Empty, "a plan writes nothing");
        var foretold = Objects(first, "create");

        world.Bed.StartOperator();
        world.Apply(files);
        await world.ReadyAsync((World.Instances, Platform, "rucio"), (World.Vos, Tenant, "sky"), (World.Storages, Tenant, "disk"), (World.Storages, Tenant, "cache"));
        await world.UntilAsync(() => world.Store.Get("configmaps", Tenant, "sky-client") is not null, () => "no client configuration");
        Assert.That(foretold.Except(Made()), Is.SubsetOf((string[])[$"Job {Platform}/rucio-bootstrap", $"ConfigMap {Platform}/rucio-bootstrap", $"Secret {Platform}/rucio-config-bootstrap"]), "foretold and not made, or made and gone again");
        Assert.That(Made().Except(foretold), Is.Empty, "made and not foretold");
        await DoneAsync(0, Steps(first, "VirtualOrganisation", "StorageElement"));

        var (second, secondCode) = await PlanAsync(files);
        Assert.That((secondCode, Text(second)), Is.EqualTo((0, Text(JsonNode.Parse("""{"changes":false,"errors":[],"remarks":[]}""")!.AsObject()))), second.ToJsonString());

        var edited = string.Join("\n---\n", Vo.Replace("The sky", "All of it", StringComparison.Ordinal).Replace("- {name: robot, type: Service, identities: [{type: Userpass}]}", "- {name: bob}", StringComparison.Ordinal), Storage("disk", "SKY_DISK", "  attributes: {tier: \"2\"}"), Storage("tape", "SKY_TAPE"));
        mark = world.Bed.Kubernetes.Requests.Mark();
        var done = Done().Count;
        var (third, thirdCode) = await PlanAsync(edited);
        Assert.That(Written(mark), Is.Empty);
        Assert.That(thirdCode, Is.EqualTo(2));
        var resources = third["resources"]!.AsArray().ToDictionary(r => (string)r!["name"]!, r => r!.AsObject());
        Assert.That(resources.ToDictionary(r => r.Key, r => (string?)r.Value["action"]), Is.SupersetOf(new Dictionary<string, string> { ["sky"] = "change", ["disk"] = "change", ["tape"] = "create" }));
        Assert.That(resources["sky"]["fields"]!.AsArray().Select(f => (string?)f!["path"]), Is.EqualTo((string[])["spec.description", "spec.accounts[bob]", "spec.accounts[robot]"]));
        var expected = Steps(third);
        Assert.That(expected, Is.EquivalentTo((string[])
        [
            "update description and email of VO sky", "unmap identity robot@sky from account robot", "set status of account robot", "create account bob", "give account bob attribute rucio-operator",
            "set quota of alice on SKY_TAPE to 1099511627776 bytes", "set 4 distances from SKY_CACHE → SKY_TAPE on", "update RSE SKY_DISK: attributes.tier", "create RSE SKY_TAPE",
        ]));

        Assert.That(Objects(third, "delete"), Is.EqualTo((string[])[$"Secret {Tenant}/sky-robot-login"]));

        world.Apply(edited);
        await world.ReadyAsync((World.Vos, Tenant, "sky"), (World.Storages, Tenant, "tape"), (World.Storages, Tenant, "disk"));
        await DoneAsync(done, expected);
        await world.UntilAsync(() => world.Store.Get("secrets", Tenant, "sky-robot-login") is null, () => "the login of an account that left is still there");
        var (last, lastCode) = await PlanAsync(edited);
        Assert.That(lastCode, Is.Zero, last.ToJsonString());
    }

    [Test]
    public async Task Errors_of_the_server_and_of_the_files_end_it_with_their_place()
    {
        _world = await World.StartAsync("--no-operator");
        await using var world = _world;
        var refused = await OperatorProcess.CommandAsync(world.Bed.Kubernetes.KubeconfigPath, ["plan", "-f", "-"], Vo.Replace("tag: sky", "tag: Sky", StringComparison.Ordinal));
        Assert.That(refused, Is.EqualTo((1, "", "stdin:6: spec.tag: must match ^[a-z][a-z0-9]{2}$\n")));
        var missing = await OperatorProcess.CommandAsync(world.Bed.Kubernetes.KubeconfigPath, ["plan", "-f", "-"], Vo);
        Assert.That(missing.Out, Does.Contain($"  but: spec.instanceRef: RucioInstance {Platform}/rucio does not exist\n"));
    }

    /// <summary>With every Secret's value looked for in what it says.</summary>
    private async Task<(JsonObject Plan, int Code)> PlanAsync(string files)
    {
        var (code, output, error) = await OperatorProcess.CommandAsync(_world.Bed.Kubernetes.KubeconfigPath, ["plan", "-f", "-", "-o", "json", "--exit-code"], files);
        Assert.That(error, Is.Empty);
        foreach (var value in _world.Store.List("secrets").SelectMany(s => s["data"] as JsonObject ?? []).Where(e => e.Key.Contains("password", StringComparison.Ordinal)).Select(e => System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(e.Value!.GetValue<string>()))))
            Assert.That(output, Does.Not.Contain(value));
        return (JsonNode.Parse(output)!.AsObject(), code);
    }

    private IEnumerable<ApiRequest> Written(int mark) => _world.Bed.Kubernetes.Requests.Since(mark, r => r.IsWrite && r.UserAgent.StartsWith("rucio-operator", StringComparison.Ordinal) && !r.Query.Contains("dryRun=All", StringComparison.Ordinal));

    private static string Text(JsonObject plan) => new JsonObject { ["changes"] = plan["changes"]?.DeepClone(), ["errors"] = plan["errors"]?.DeepClone(), ["remarks"] = plan["remarks"]?.DeepClone() }.ToJsonString();

    private static IReadOnlyList<string> Objects(JsonObject plan, string action) =>
        [.. plan["resources"]!.AsArray().SelectMany(r => r!["objects"]?.AsArray() ?? []).Where(o => (string?)o!["action"] == action).Select(o => $"{o!["kind"]} {o["namespace"]}/{o["name"]}").Order(StringComparer.Ordinal)];

    private static IReadOnlyList<string> Steps(JsonObject plan, params string[] kinds) =>
        [.. plan["resources"]!.AsArray().Where(r => kinds.Length == 0 || kinds.Contains((string?)r!["kind"])).SelectMany(r => r!["rucio"]?.AsArray() ?? []).Select(c => (string)c!)];

    /// <summary>Quotas come last, once the storages are there.</summary>
    private async Task DoneAsync(int before, IReadOnlyList<string> steps)
    {
        var singly = steps.Where(IsToldSingly).ToList();
        await _world.UntilAsync(() => Done().Count - before >= singly.Count, () => $"not done: {string.Join(", ", singly.Except(Done().Skip(before)))}");
        Assert.That(Done().Skip(before), Is.EquivalentTo(singly), "steps in Rucio");
    }

    /// <summary>What the operator says it did, in its log.</summary>
    private IReadOnlyList<string> Done() => [.. _world.Bed.ReadLog().Select(line => line.StartsWith('{') ? JsonNode.Parse(line) : null).Where(line => (int?)line?["event"] == 201)
        .SelectMany(line => ((string)line!["change"]!).Split("; ")).Where(IsToldSingly)];

    /// <summary>Distances come in chunks as storages do, and which identities super_root has only Rucio knows.</summary>
    private static bool IsToldSingly(string step) => !step.Contains("distance", StringComparison.Ordinal) && !step.StartsWith("unmap USERPASS identity", StringComparison.Ordinal);

    /// <summary>All that carries the operator's label.</summary>
    private IReadOnlyList<string> Made() => [.. ((string[])["serviceaccounts", "configmaps", "secrets", "services", "deployments.apps", "jobs.batch", "networkpolicies.networking.k8s.io", "poddisruptionbudgets.policy", "ingresses.networking.k8s.io"])
        .SelectMany(resource => _world.Store.List(resource)).Where(o => (string?)o["metadata"]!["labels"]?["app.kubernetes.io/managed-by"] == "rucio-operator")
        .Select(o => $"{o["kind"]} {o["metadata"]!["namespace"]}/{o["metadata"]!["name"]}").Order(StringComparer.Ordinal)];
}
