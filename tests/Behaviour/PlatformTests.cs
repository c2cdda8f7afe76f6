using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;

namespace RucioOperator.Tests.Behaviour;

/// <summary>What surrounds a Rucio: token issuers, other products' kinds, network, cache.</summary>
public sealed class PlatformTests
{
    private static readonly string[] WithTokens = ["rucio-api", "rucio-conveyor-finisher", "rucio-conveyor-poller", "rucio-conveyor-submitter", "rucio-reaper"];

    [Test]
    public async Task A_broken_issuer_stays_out_until_it_answers_and_a_changed_client_rolls_only_what_mounts_it()
    {
        await using var issuer = await TokenIssuer.StartAsync();
        await using var world = await World.StartAsync("--no-operator");
        var ns = world.Ns("oidc");
        world.Bed.StartOperator(new Dictionary<string, string> { ["SSL_CERT_FILE"] = issuer.CaFile });
        world.Namespace(ns);
        Client("iam-client", "first");
        world.ApplyInstance(ns, spec: $$"""
              transfers: {ftsServers: ["https://fts.example.org:8446"]}
              oidc:
                adminIssuer: iam
                issuers:
                - {name: iam, url: "{{issuer.Up("iam")}}", clientSecretRef: {name: iam-client} }
                - {name: late, url: "{{issuer.Url}}/late/", clientSecretRef: {name: iam-client} }
            """);

        var waiting = await world.NotReadyAsync(World.Instances, ns, "rucio", "IssuerUnreachable");
        Assert.That(World.Message(waiting), Does.StartWith("spec.oidc.issuers[1].url:").And.Contain("answers 503").And.Contain("late is left out"));
        await world.UntilAsync(() => SandboxBed.Condition(world.Store.Get(World.Instances, ns, "rucio")!, "DaemonsReady")?["status"]?.GetValue<string>() == "True", () => "all the rest does not become ready");
        Assert.That(Issuers(), Is.EqualTo(new[] { "iam" }));
        Assert.That(world.Store.List("deployments.apps", ns).Where(MountsTokens).Select(Name), Is.EquivalentTo(WithTokens));

        issuer.Up("late");
        await world.UntilAsync(() =>
        {
            // As a person would who has repaired it.
            world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", $"{Environment.TickCount64}");
            return SandboxBed.IsReady(world.Store.Get(World.Instances, ns, "rucio")!);
        }, () => "the repaired issuer is not taken", TimeSpan.FromSeconds(90));
        Assert.That(Issuers(), Is.EqualTo(new[] { "iam", "late" }));

        var before = Templates();
        Client("iam-client", "second");
        await world.UntilAsync(() => world.Secret(ns, "rucio-idpsecrets")!["idpsecrets.json"].Contains("second", StringComparison.Ordinal), () => "the new client is not rendered");
        await world.UntilAsync(() => WithTokens.All(name => Templates()[name] != before[name]), () => "not all that mount it roll");
        Assert.That(Templates().Where(t => before[t.Key] != t.Value).Select(t => t.Key), Is.EquivalentTo(WithTokens));
        world.AssertNoSecretIsTold();

        void Client(string name, string secret) => world.Apply($"{{apiVersion: v1, kind: Secret, metadata: {{name: {name}, namespace: {ns}}}, stringData: {{client-id: rucio, client-secret: {secret}-password}}}}");
        string[] Issuers() => [.. JsonNode.Parse(world.Secret(ns, "rucio-idpsecrets")!["idpsecrets.json"])!.AsObject().Select(i => i.Key)];
        Dictionary<string, string> Templates() => world.Store.List("deployments.apps", ns).ToDictionary(Name, d => d["spec"]!["template"]!.ToJsonString());
    }

    [Test]
    public async Task A_product_that_is_installed_later_is_used_and_one_that_goes_is_told()
    {
        await using var world = await World.StartAsync();
        var ns = world.Ns("kinds");
        world.ApplyInstance(ns, spec: "  monitoring: {podMonitor: true, prometheusRule: true, labels: {release: prometheus}}\n  networkPolicy: {}\n  cache: {shared: {}}");

        var missing = await world.NotReadyAsync(World.Instances, ns, "rucio", "KindMissing");
        Assert.That(World.Message(missing), Does.StartWith("spec.monitoring.podMonitor").And.Contain("PodMonitor (monitoring.coreos.com)").And.Contain("install the Prometheus Operator"));
        await world.UntilAsync(() => SandboxBed.Condition(world.Store.Get(World.Instances, ns, "rucio")!, "DaemonsReady")?["status"]?.GetValue<string>() == "True", () => "all the rest does not become ready");

        world.Bed.Kubernetes.InstallKinds(OptionalDefinitions.PodMonitor, OptionalDefinitions.PrometheusRule);
        await world.UntilAsync(() =>
        {
            world.Annotate(World.Instances, ns, "rucio", "rucio.cern.ch/reconcile-at", $"{Environment.TickCount64}");
            return SandboxBed.IsReady(world.Store.Get(World.Instances, ns, "rucio")!);
        }, () => "the kind is not seen");
        Assert.That(world.Store.Get(OptionalDefinitions.PodMonitor, ns, "rucio")!["metadata"]!["labels"]!["release"]!.GetValue<string>(), Is.EqualTo("prometheus"));
        Assert.That(world.Store.Get(OptionalDefinitions.PrometheusRule, ns, "rucio")!["spec"]!.ToJsonString(), Does.Contain("RucioDelegationExpires"));
        Assert.That(world.Store.List("networkpolicies.networking.k8s.io", ns).Select(Name), Does.Contain("rucio-pods").And.Contain("rucio-admin").And.Contain("rucio-cache"));
        Assert.That(world.Store.Get("deployments.apps", ns, "rucio-memcached"), Is.Not.Null);

        // Of any kind, also another product's: gone is made again, edited is healed, no longer asked for is taken away.
        world.Store.Delete(OptionalDefinitions.PodMonitor, ns, "rucio");
        await world.UntilAsync(() => world.Store.Get(OptionalDefinitions.PodMonitor, ns, "rucio") is not null, () => "the PodMonitor does not come back");
        world.Store.Patch("networkpolicies.networking.k8s.io", ns, "rucio-admin", World.Parse("""{"spec":{"ingress":[{}]}}"""));
        await world.UntilAsync(() => world.Store.Get("networkpolicies.networking.k8s.io", ns, "rucio-admin")!["spec"]!["ingress"]![0]!["from"] is not null, () => "the opened policy is not closed again");
        world.PatchSpec(World.Instances, ns, "rucio", """{"networkPolicy":null,"monitoring":null,"cache":null}""");
        await world.UntilAsync(() => world.Store.List("networkpolicies.networking.k8s.io", ns).Count == 0 && world.Store.Get(OptionalDefinitions.PodMonitor, ns, "rucio") is null && world.Store.Get("deployments.apps", ns, "rucio-memcached") is null,
            () => "what is no longer asked for stays");
    }

    private static bool MountsTokens(JsonObject deployment) => deployment["spec"]!["template"]!["spec"]!["volumes"]!.AsArray().Any(v => v!["secret"]?["secretName"]?.GetValue<string>() == "rucio-idpsecrets");

    private static string Name(JsonObject node) => node["metadata"]!["name"]!.GetValue<string>();
}
