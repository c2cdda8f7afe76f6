using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Hosts, certificates and X.509 logins of an instance, with an auth server that can be told to have the image's hole.</summary>
[Parallelizable]
public sealed class ExposureTests
{
    private const string Spec = """
          api: {host: rucio.example.org, autoscaling: {maxReplicas: 4}, exposure: {type: Ingress, className: nginx}, tls: {secretRef: {name: api-tls}}}
          auth: {host: auth.example.org, exposure: {type: LoadBalancer}, tls: {secretRef: {name: auth-tls}}}
          trust: {caBundles: [{name: users}]}
        """;

    private readonly ThrowAwayAuthority _authority = new("Users");
    private World _world = null!;
    private StandInHttpd _httpd = null!;
    private string _ns = "";

    [SetUp]
    public async Task Start()
    {
        _world = await World.StartAsync("--no-operator");
        _ns = _world.Ns("exposed");
        _httpd = new StandInHttpd(_authority, Authorities);
        StartOperator();
        _world.Namespace(_ns);
    }

    [TearDown]
    public async Task End()
    {
        _world.AssertNoSecretIsTold();
        await _world.DisposeAsync();
        await _httpd.DisposeAsync();
    }

    [OneTimeTearDown]
    public void Forget() => _authority.Dispose();

    [Test]
    public async Task The_auth_server_is_exposed_once_it_refuses_forged_certificates_and_withdrawn_when_it_does_not()
    {
        _httpd.Verifies = false;
        ApplyEverything();
        var open = await _world.Bed.WaitConditionAsync(World.Instances, _ns, "rucio", "X509Verified", "False", "ForgedAccepted");
        Assert.That(World.Message(open, "X509Verified"), Does.Contain("self-signed certificate").And.Contain("let through"));
        await _world.Bed.WaitConditionAsync(World.Instances, _ns, "rucio", "Exposed", "False", "X509NotVerified");
        Assert.That(_world.Store.Get("services", _ns, "rucio-auth-public"), Is.Null);
        Assert.That(_world.Store.Get(World.Instances, _ns, "rucio")!["status"]!["authUrl"], Is.Null);
        Assert.That(_world.Store.Get("ingresses.networking.k8s.io", _ns, "rucio-api"), Is.Not.Null, "the API waits for nobody");
        // Nor do the daemons wait.
        await _world.Bed.WaitConditionAsync(World.Instances, _ns, "rucio", "DaemonsReady", "True");

        _httpd.Verifies = true;
        Ask("again");
        var ready = await _world.Bed.WaitReadyAsync(World.Instances, _ns, "rucio");
        Assert.That(ready["status"]!["authUrl"]!.GetValue<string>(), Is.EqualTo("https://auth.example.org"));
        Assert.That(ready["status"]!["url"]!.GetValue<string>(), Is.EqualTo("https://rucio.example.org"));
        Assert.That(World.Reason(ready, "X509Verified"), Is.EqualTo("Verified"));
        Assert.That(_world.Store.Get("services", _ns, "rucio-auth-public")!["spec"]!["type"]!.GetValue<string>(), Is.EqualTo("LoadBalancer"));

        _httpd.Verifies = false;
        using var another = new ThrowAwayAuthority("More users");
        Trust(_authority.CaPem + another.CaPem);
        await _world.Bed.WaitConditionAsync(World.Instances, _ns, "rucio", "X509Verified", "False", "ForgedAccepted");
        await _world.GoneAsync("services", _ns, "rucio-auth-public");
    }

    [Test]
    public async Task A_server_that_refuses_proxies_is_not_exposed_and_told_so()
    {
        _httpd.TakesProxies = false;
        ApplyEverything();
        await _world.Bed.WaitConditionAsync(World.Instances, _ns, "rucio", "X509Verified", "False", "ProxyRefused");
        Assert.That(_world.Store.Get("services", _ns, "rucio-auth-public"), Is.Null);
    }

    [Test]
    public async Task What_is_exposed_stays_over_a_restart_of_the_operator_and_an_unchanged_server_is_not_asked_again()
    {
        ApplyEverything();
        await _world.Bed.WaitReadyAsync(World.Instances, _ns, "rucio");
        var uid = Uid();
        var asked = _httpd.Connections;
        Ask("nothing changed");
        await _world.Bed.WaitAsync(World.Instances, _ns, "rucio", n => n["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "nothing changed");
        Assert.That(_httpd.Connections, Is.EqualTo(asked));

        _world.Bed.KillOperator();
        await _world.Bed.Operator!.DisposeAsync();
        StartOperator();
        Ask("after the restart");
        await _world.Bed.WaitAsync(World.Instances, _ns, "rucio", n => n["status"]?["lastHandledReconcileAt"]?.GetValue<string>() == "after the restart" && SandboxBed.IsReady(n));
        Assert.That(Uid(), Is.EqualTo(uid));
        Assert.That(_httpd.Connections, Is.GreaterThan(asked), "and is verified anew");

        string Uid() => _world.Store.Get("services", _ns, "rucio-auth-public")!["metadata"]!["uid"]!.GetValue<string>();
    }

    [Test]
    public async Task What_is_missing_is_named_and_comes_when_it_comes()
    {
        _world.ApplyInstance(_ns, spec: Spec);
        var blocked = await _world.NotReadyAsync(World.Instances, _ns, "rucio", "ConfigMapNotFound");
        Assert.That(World.Message(blocked), Is.EqualTo($"spec.trust.caBundles[0]: ConfigMap {_ns}/users does not exist"));
        Trust("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
        await _world.NotReadyAsync(World.Instances, _ns, "rucio", "InvalidCertificates");
        Trust(_authority.CaPem);
        var certificate = await _world.NotReadyAsync(World.Instances, _ns, "rucio", "SecretNotFound");
        Assert.That(World.Message(certificate), Is.EqualTo($"spec.auth.tls.secretRef: Secret {_ns}/auth-tls does not exist"));
        Certificate("auth-tls", "elsewhere.example.org");
        await _world.NotReadyAsync(World.Instances, _ns, "rucio", "CertificateForOtherHost");
        Certificate("auth-tls", "auth.example.org");
        Certificate("api-tls", "rucio.example.org");
        await _world.Bed.WaitReadyAsync(World.Instances, _ns, "rucio");
    }

    [Test]
    public async Task Kinds_that_are_installed_later_are_used_then()
    {
        Trust(_authority.CaPem);
        _world.ApplyInstance(_ns, spec: """
              auth: {host: auth.example.org, exposure: {type: Gateway, gatewayRef: {name: public, namespace: infra}}, tls: {issuerRef: {name: letsencrypt, kind: ClusterIssuer}}}
              trust: {caBundles: [{name: users}]}
            """);
        await _world.Bed.WaitConditionAsync(World.Instances, _ns, "rucio", "KindsServed", "False", "KindMissing");
        _world.Bed.Kubernetes.InstallKinds();
        Ask("installed");
        await _world.UntilAsync(() => _world.Store.Get("certificates.cert-manager.io", _ns, "rucio-auth-tls") is not null, () => "no Certificate", TimeSpan.FromMinutes(2));
        var issuer = _world.Store.Get("certificates.cert-manager.io", _ns, "rucio-auth-tls")!["spec"]!["issuerRef"]!;
        Assert.That((issuer["kind"]!.GetValue<string>(), issuer["name"]!.GetValue<string>()), Is.EqualTo(("ClusterIssuer", "letsencrypt")));
        await _world.Bed.WaitConditionAsync(World.Instances, _ns, "rucio", "FrontendsReady", "False", "CertificatePending");
        Certificate("rucio-auth-tls", "auth.example.org");
        await _world.Bed.WaitConditionAsync(World.Instances, _ns, "rucio", "Exposed", "False", "RoutePending");
        var route = _world.Store.Get("tlsroutes.gateway.networking.k8s.io", _ns, "rucio-auth")!;
        Assert.That(route["spec"]!["hostnames"]![0]!.GetValue<string>(), Is.EqualTo("auth.example.org"));
        _world.Store.PatchStatus("tlsroutes.gateway.networking.k8s.io", _ns, "rucio-auth", World.Parse("""{"parents": [{"conditions": [{"type": "Accepted", "status": "True"}]}]}"""));
        await _world.Bed.WaitReadyAsync(World.Instances, _ns, "rucio");

        _world.PatchSpec(World.Instances, _ns, "rucio", """{"auth": null}""");
        await _world.GoneAsync("tlsroutes.gateway.networking.k8s.io", _ns, "rucio-auth");
        await _world.GoneAsync("certificates.cert-manager.io", _ns, "rucio-auth-tls");
    }

    [Test]
    public async Task What_leads_to_a_server_goes_with_the_field_that_asked_for_it()
    {
        _world.Bed.Kubernetes.InstallKinds();
        _world.ApplyInstance(_ns, spec: """
              api: {host: rucio.example.org, autoscaling: {minReplicas: 2, maxReplicas: 4}, exposure: {type: Gateway, gatewayRef: {name: public, namespace: infra}}}
            """);
        const string route = "httproutes.gateway.networking.k8s.io", ingress = "ingresses.networking.k8s.io", scaler = "horizontalpodautoscalers.autoscaling", budget = "poddisruptionbudgets.policy";
        foreach (var resource in (string[])[route, scaler, budget])
            await MadeAsync(resource);
        _world.PatchSpec(World.Instances, _ns, "rucio", """{"api": {"exposure": {"type": "Ingress", "gatewayRef": null}}}""");
        await MadeAsync(ingress);
        await _world.GoneAsync(route, _ns, "rucio-api");
        _world.PatchSpec(World.Instances, _ns, "rucio", """{"api": null}""");
        foreach (var resource in (string[])[ingress, scaler, budget])
            await _world.GoneAsync(resource, _ns, "rucio-api");
        await _world.Bed.WaitReadyAsync(World.Instances, _ns, "rucio");

        Task MadeAsync(string resource) => _world.UntilAsync(() => _world.Store.Get(resource, _ns, "rucio-api") is not null, () => $"no {resource}: {_world.Store.Get(World.Instances, _ns, "rucio")?["status"]}");
    }

    private void StartOperator() => _world.Bed.StartOperator($"--service-override=rucio-auth.{_ns}={_httpd.Url}");

    private void ApplyEverything()
    {
        Trust(_authority.CaPem);
        Certificate("api-tls", "rucio.example.org");
        Certificate("auth-tls", "auth.example.org");
        _world.ApplyInstance(_ns, spec: Spec);
    }

    private void Trust(string pem) => _world.Store.Upsert(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = "users", ["namespace"] = _ns },
        ["data"] = new JsonObject { ["ca.pem"] = pem },
    });

    private void Certificate(string name, string host)
    {
        var (certificate, key) = _authority.Issue(host, host);
        _world.Store.Upsert(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Secret",
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = _ns },
            ["type"] = "kubernetes.io/tls",
            ["stringData"] = new JsonObject { ["tls.crt"] = certificate, ["tls.key"] = key },
        });
    }

    private void Ask(string token) => _world.Annotate(World.Instances, _ns, "rucio", "rucio.cern.ch/reconcile-at", token);

    /// <summary>What the pods of the auth server would find mounted.</summary>
    private IEnumerable<string> Authorities() => ((string[])["rucio-trust", "rucio-x509-probe-ca"])
        .SelectMany(map => _world.Store.Get("configmaps", _ns, map)?["data"] as JsonObject ?? [])
        .Where(file => file.Key.EndsWith(".0", StringComparison.Ordinal) && !file.Key.Contains(".r", StringComparison.Ordinal)).Select(file => file.Value!.GetValue<string>());
}
