using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Kubernetes.Rights;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Behaviour;

namespace RucioOperator.Tests.Commands.Plans;

/// <summary>Of an instance that asks for almost all there is, a plan foretells each object of each kind that the operator may make.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class EverythingPlanTests
{
    /// <summary>Made and gone again.</summary>
    private static readonly string[] Passing = ["Job rucio-bootstrap", "ConfigMap rucio-bootstrap", "Secret rucio-config-bootstrap"];

    /// <summary>There where the servers' certificates come from an authority that not every system knows: only their Secrets tell, and a plan reads none.</summary>
    private const string OfSecrets = "ConfigMap rucio-client-ca";

    private static string Instance(string ns, string database, string issuer) => $$"""
        apiVersion: rucio.cern.ch/v1alpha1
        kind: RucioInstance
        metadata: {name: rucio, namespace: {{ns}} }
        spec:
          version: 41.0.0
          database: {{database}}
          api: {host: rucio.example.org, autoscaling: {minReplicas: 2, maxReplicas: 4}, exposure: {type: Gateway, gatewayRef: {name: public, namespace: infra} } }
          auth: {host: auth.example.org, replicas: 2, exposure: {type: LoadBalancer}, tls: {issuerRef: {name: letsencrypt, kind: ClusterIssuer} } }
          webui: {host: ui.example.org, exposure: {type: Ingress, className: nginx}, tls: {secretRef: {name: ui-tls} } }
          trace: {}
          trust: {caBundles: [{name: users}]}
          oidc: {adminIssuer: iam, issuers: [{name: iam, url: "{{issuer}}", clientSecretRef: {name: iam} }]}
          daemons: {profile: Standard, overrides: [{name: reaper, replicas: 2}]}
          messaging: {hermes: {hosts: [mq.example.org], port: 61613, destination: /topic/x, credentialsSecretRef: {name: broker} }, traces: {hosts: [mq.example.org], port: 61613, destination: /topic/t, credentialsSecretRef: {name: broker} } }
          policyPackages: [{name: open, module: open_policy, configMapRef: {name: open-policy}, allowedNamespaces: [{{ns}}]}]
          transfers: {ftsServers: ["https://fts.example.org:8446"]}
          cache: {shared: {} }
          monitoring: {podMonitor: true, prometheusRule: true}
          networkPolicy: {}
        ---
        apiVersion: rucio.cern.ch/v1alpha1
        kind: VirtualOrganisation
        metadata: {name: sky, namespace: {{ns}} }
        spec:
          instanceRef: {name: rucio}
          tag: sky
          longName: skysurvey
          policyPackageName: open
          accounts: [{name: alice, identities: [{type: Userpass}]}]
          clientConfig: {serviceAccount: {name: alice} }
        """;

    [TestCase("{embedded: {storageSize: 1Gi}}", "rucio-postgres")]
    [TestCase("{cloudNativePG: {instances: 1, storageSize: 1Gi}}", "rucio-postgres-rw")]
    public async Task Each_object_of_an_instance_with_everything_is_foretold_and_no_other(string database, string service)
    {
        using var authority = new ThrowAwayAuthority("Users");
        await using var issuer = await TokenIssuer.StartAsync();
        await using var world = await World.StartAsync("--no-operator");
        var ns = world.Ns("everything");
        await using var httpd = new StandInHttpd(authority, () => Authorities(world, ns));
        world.Bed.Kubernetes.InstallKinds();
        world.Namespace(ns);
        var file = Instance(ns, database, issuer.Up("iam"));
        var plan = await CommandRun.OfAsync(["plan", "-f", "-", "-o", "json"], file, world.Bed.Kubernetes.KubeconfigPath);
        Assert.That((plan.Code, plan.Error), Is.EqualTo((0, "")), plan.Out);
        var foretold = JsonNode.Parse(plan.Out)!["resources"]!.AsArray().SelectMany(r => r!["objects"]!.AsArray()).Select(o => $"{o!["kind"]} {o["name"]}").ToList();

        Surroundings(world, ns, authority);
        world.Bed.StartOperator(new Dictionary<string, string> { ["SSL_CERT_FILE"] = issuer.CaFile },
            "--drift-interval=1h", $"--service-override=rucio-auth.{ns}={httpd.Url}", $"--service-override={service}.{ns}=tcp://127.0.0.1:{world.Bed.Workloads.DatabasePort(ns, service)}");
        world.Apply(file);
        await world.UntilAsync(() => world.Store.Get("httproutes.gateway.networking.k8s.io", ns, "rucio-api") is not null, () => $"no route: {world.Store.Get(World.Instances, ns, "rucio")?["status"]}");
        world.Store.PatchStatus("httproutes.gateway.networking.k8s.io", ns, "rucio-api", World.Parse("""{"parents": [{"conditions": [{"type": "Accepted", "status": "True"}]}]}"""));
        await world.ReadyAsync((World.Instances, ns, "rucio"), (World.Vos, ns, "sky"));
        // What checks a policy package goes again, too.
        await world.UntilAsync(() => Missing().Count == 0 && Made(world, ns).Except(foretold).SequenceEqual([OfSecrets]), () => $"foretold and not made: {string.Join(", ", Missing())}; made and not foretold: {string.Join(", ", Made(world, ns).Except(foretold))}");
        Assert.That(foretold.Select(o => o.Split(' ')[0]).Distinct(), Is.SupersetOf((string[])["Deployment", "HTTPRoute", "Ingress", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Certificate", "PodMonitor", "PrometheusRule", "NetworkPolicy"]));
        var after = await CommandRun.OfAsync(["plan", "-f", "-", "--exit-code"], file, world.Bed.Kubernetes.KubeconfigPath);
        Assert.That((after.Code, after.Error), Is.EqualTo((0, "")), after.Out);

        List<string> Missing() => [.. foretold.Except(Made(world, ns)).Except(Passing)];
    }

    /// <summary>All that carries the operator's label, of whatever kind it has a right to make.</summary>
    private static List<string> Made(World world, string ns) =>
    [
        .. from resource in RightsFile.All.Where(r => r.Verb == "create" && !r.Resource.Contains('/') && r.Resource is not ("events.events.k8s.io" or "leases.coordination.k8s.io")).Select(r => r.Resource).Distinct()
           from o in world.Store.List(resource, ns)
           where (string?)o["metadata"]!["labels"]?["app.kubernetes.io/managed-by"] == "rucio-operator"
           select $"{o["kind"]} {o["metadata"]!["name"]}",
    ];

    /// <summary>What the platform engineer and cert-manager bring.</summary>
    private static void Surroundings(World world, string ns, ThrowAwayAuthority authority)
    {
        foreach (var (secret, host) in ((string, string)[])[("rucio-auth-tls", "auth.example.org"), ("ui-tls", "ui.example.org")])
        {
            var (certificate, key) = authority.Issue(host, host);
            Put("Secret", secret, "stringData", new JsonObject { ["tls.crt"] = certificate, ["tls.key"] = key });
        }
        Put("Secret", "iam", "stringData", new JsonObject { ["client-id"] = "rucio", ["client-secret"] = "iam-password" });
        Put("Secret", "broker", "stringData", new JsonObject { ["username"] = "rucio", ["password"] = "broker-password" });
        Put("ConfigMap", "users", "data", new JsonObject { ["ca.pem"] = authority.CaPem });
        Put("ConfigMap", "open-policy", "data", new JsonObject { ["permission.py"] = "def has_permission(issuer, action, kwargs, *, session): return None" });

        void Put(string kind, string name, string field, JsonObject data) =>
            world.Store.Upsert(new JsonObject { ["apiVersion"] = "v1", ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns }, [field] = data });
    }

    /// <summary>What the pods of the auth server would find mounted.</summary>
    private static IEnumerable<string> Authorities(World world, string ns) => ((string[])["rucio-trust", "rucio-x509-probe-ca"])
        .SelectMany(map => world.Store.Get("configmaps", ns, map)?["data"] as JsonObject ?? [])
        .Where(file => file.Key.EndsWith(".0", StringComparison.Ordinal) && !file.Key.Contains(".r", StringComparison.Ordinal)).Select(file => file.Value!.GetValue<string>());
}
