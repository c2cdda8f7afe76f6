using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Observed;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Desired;

public sealed class ExposureTests
{
    private const string Auth = "auth: {host: auth.example.org, exposure: {type: LoadBalancer, className: c, annotations: {a: b}}, tls: {secretRef: {name: t}}}";

    [Test]
    public void Without_a_word_of_exposure_there_is_nothing_but_two_services() =>
        Assert.That(Kinds(InstanceCase.Of()), Has.None.AnyOf("Ingress", "HorizontalPodAutoscaler", "HTTPRoute"));

    [Test]
    public void An_ingress_ends_tls_for_the_api()
    {
        var i = InstanceCase.Of("{api: {host: rucio.example.org, exposure: {type: Ingress, className: nginx, annotations: {a: b}}, tls: {secretRef: {name: t}}}}");
        var ingress = One<V1Ingress>(i);
        Assert.That((ingress.Metadata.Name, ingress.Spec.IngressClassName, ingress.Spec.Tls[0].SecretName, ingress.Metadata.Annotations["a"]), Is.EqualTo(("rucio-api", "nginx", "t", "b")));
        Assert.That(ingress.Spec.Rules[0].Http.Paths[0].Backend.Service.Port.Name, Is.EqualTo("http"));
        Assert.That(InstanceCase.Deployment(i, "rucio-api").Spec.Template.Spec.Containers[0].Command, Is.Null);
    }

    [Test]
    public void Behind_a_load_balancer_tls_ends_in_the_pods_of_the_api()
    {
        var i = InstanceCase.Of("{api: {host: rucio.example.org, exposure: {type: LoadBalancer, className: c}, tls: {issuerRef: {name: le}}}}") with { Kinds = Served(OptionalKinds.Certificate) };
        var pod = InstanceCase.Deployment(i, "rucio-api").Spec.Template.Spec;
        Assert.That(pod.Volumes.Single(v => v.Name == "tls").Secret.SecretName, Is.EqualTo("rucio-api-tls"));
        Assert.That(pod.Containers[0].Env.Single(e => e.Name == "RUCIO_ENABLE_SSL").Value, Is.EqualTo("True"));
        Assert.That(pod.Containers[0].VolumeMounts.Where(m => m.MountPath.StartsWith("/opt/rucio/tls", StringComparison.Ordinal)).Select(m => m.SubPath), Is.EqualTo(new string?[] { null }), "renewed certificates arrive");
        var service = DesiredInstance.Objects(i).OfType<V1Service>().Single(s => s.Metadata.Name == "rucio-api-public");
        Assert.That((service.Spec.Type, service.Spec.LoadBalancerClass, service.Spec.Ports[0].Port), Is.EqualTo(("LoadBalancer", "c", 443)));
        var certificate = One<UntypedObject>(i);
        Assert.That(certificate.Spec!.ToJsonString(), Is.EqualTo("""{"secretName":"rucio-api-tls","dnsNames":["rucio.example.org"],"issuerRef":{"name":"le","kind":"Issuer","group":"cert-manager.io"}}"""));
    }

    [Test]
    public void The_auth_server_is_not_exposed_before_it_is_verified()
    {
        var i = InstanceCase.Of($"{{{Auth}}}");
        Assert.That(Names(i), Does.Contain("Service/rucio-auth").And.Contain("Deployment/rucio-auth").And.None.EqualTo("Service/rucio-auth-public"));
        Assert.That(Names(i with { AuthMayBeExposed = true }), Does.Contain("Service/rucio-auth-public"));
    }

    [Test]
    public void Certificates_log_in_only_where_somebody_is_trusted()
    {
        var closed = InstanceCase.Of($"{{{Auth}}}");
        Assert.That(HttpdFile(closed), Is.EqualTo(Httpd.ConfigFile));
        var trust = new Trusted(new Dictionary<string, string> { ["1234abcd.0"] = "ca", ["ca-bundle.pem"] = "ca" }, new Dictionary<string, string> { ["5678abcd.0"] = "probe" }, "ca", Revocation: false);
        var open = closed with { Trust = trust };
        Assert.That(HttpdFile(open), Is.EqualTo(Httpd.VerifiedFile));
        var pod = InstanceCase.Deployment(open, "rucio-auth").Spec.Template.Spec;
        Assert.That(pod.Containers[0].Env.ToDictionary(e => e.Name, e => e.Value), Is.SupersetOf(new Dictionary<string, string>
        {
            ["RUCIO_HTTPD_GRID_SITE_ENABLED"] = "True",
            ["RUCIO_CA_PATH"] = "/opt/rucio/client-ca",
            ["RUCIO_CA_REVOCATION_CHECK"] = "none",
        }));
        Assert.That(pod.Volumes.Single(v => v.Name == "client-ca").Projected.Sources.Select(s => s.ConfigMap.Name), Is.EqualTo(new[] { "rucio-trust", "rucio-x509-probe-ca" }));
        var daemon = InstanceCase.Deployment(open, "rucio-reaper").Spec.Template.Spec.Containers[0];
        Assert.That(daemon.VolumeMounts.Select(m => m.MountPath), Does.Contain("/etc/grid-security/certificates"));
        Assert.That(HttpdFile(open, "rucio-api"), Is.EqualTo(Httpd.ConfigFile), "the API takes none");

        static string HttpdFile(InstanceInputs i, string name = "rucio-auth") =>
            InstanceCase.Deployment(i, name).Spec.Template.Spec.Containers[0].VolumeMounts.Single(m => m.MountPath == "/etc/httpd/conf.d/zz-operator.conf").SubPath;
    }

    [Test]
    public void A_revocation_list_does_not_roll_pods_and_an_authority_does()
    {
        var trust = new Trusted(new Dictionary<string, string> { ["1234abcd.0"] = "ca", ["1234abcd.r0"] = "list", ["ca-bundle.pem"] = "ca" }, new Dictionary<string, string>(), "ca", Revocation: true);
        var i = InstanceCase.Of($"{{{Auth}}}") with { Trust = trust };
        var newer = i with { Trust = trust with { Files = new Dictionary<string, string>(trust.Files) { ["1234abcd.r0"] = "newer" } } };
        var more = i with { Trust = trust with { Bundle = "ca, another" } };
        Assert.That(Hash(newer), Is.EqualTo(Hash(i)));
        Assert.That(Hash(more), Is.Not.EqualTo(Hash(i)));

        static string Hash(InstanceInputs i) => string.Join(' ', InstanceCase.Deployment(i, "rucio-auth").Spec.Template.Metadata.Annotations.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => a.Value));
    }

    [Test]
    public void A_gateway_gets_a_route_of_its_kind()
    {
        var i = InstanceCase.Of("{api: {host: rucio.example.org, exposure: {type: Gateway, gatewayRef: {name: g, namespace: infra}}}, auth: {host: auth.example.org, exposure: {type: Gateway, gatewayRef: {name: g}}, tls: {secretRef: {name: t}}}}") with
        {
            Kinds = Served(OptionalKinds.HttpRoute, OptionalKinds.TlsRoute),
            AuthMayBeExposed = true,
        };
        var routes = DesiredInstance.Objects(i).OfType<UntypedObject>().ToDictionary(r => r.Kind);
        Assert.That(routes["HTTPRoute"].Spec!.ToJsonString(), Is.EqualTo("""{"parentRefs":[{"name":"g","namespace":"infra"}],"hostnames":["rucio.example.org"],"rules":[{"backendRefs":[{"name":"rucio-api","port":80}]}]}"""));
        Assert.That(routes["TLSRoute"].Spec!.ToJsonString(), Is.EqualTo("""{"parentRefs":[{"name":"g"}],"hostnames":["auth.example.org"],"rules":[{"backendRefs":[{"name":"rucio-auth","port":443}]}]}"""));
    }

    [Test]
    public void A_passing_ingress_never_names_a_certificate()
    {
        var i = InstanceCase.Of("{auth: {host: auth.example.org, exposure: {type: Ingress}, tls: {secretRef: {name: t}}}}") with { AuthMayBeExposed = true };
        var ingress = One<V1Ingress>(i);
        Assert.That(ingress.Spec.Tls[0].SecretName, Is.Null);
        Assert.That(ingress.Metadata.Annotations["haproxy.org/ssl-passthrough"], Is.EqualTo("true"));
        Assert.That(ingress.Spec.Rules[0].Http.Paths[0].Backend.Service.Port.Name, Is.EqualTo("https"));
    }

    [Test]
    public void An_autoscaled_deployment_says_nothing_about_its_size()
    {
        var i = InstanceCase.Of("{api: {autoscaling: {minReplicas: 3, maxReplicas: 7, targetCpuPercent: 60}}}");
        Assert.That(InstanceCase.Deployment(i, "rucio-api").Spec.Replicas, Is.Null);
        var scaler = One<V2HorizontalPodAutoscaler>(i).Spec;
        Assert.That((scaler.MinReplicas, scaler.MaxReplicas, scaler.Metrics[0].Resource.Target.AverageUtilization), Is.EqualTo((3, 7, 60)));
    }

    [Test]
    public void The_web_ui_knows_its_vos_and_browsers_may_call_the_servers()
    {
        var i = InstanceCase.Of("{api: {host: rucio.example.org, exposure: {type: Ingress}, tls: {secretRef: {name: t}}}, webui: {host: ui.example.org, exposure: {type: Ingress}, tls: {secretRef: {name: u}}}}") with { VoTags = ["sea", "sky"], VoNames = new Dictionary<string, string> { ["sky"] = "sky-survey" } };
        var pod = InstanceCase.Deployment(i, "rucio-webui").Spec.Template.Spec.Containers[0];
        Assert.That(pod.Image, Does.EndWith("/rucio-webui:release-41.0.0"));
        var environment = pod.Env.Where(e => e.Value is not null).ToDictionary(e => e.Name, e => e.Value);
        Assert.That(environment, Is.SupersetOf(new Dictionary<string, string>
        {
            ["RUCIO_WEBUI_RUCIO_HOST"] = "https://rucio.example.org",
            ["RUCIO_WEBUI_NEXTAUTH_URL"] = "https://ui.example.org",
            ["RUCIO_WEBUI_VO_LIST"] = "sea,sky",
            ["RUCIO_WEBUI_VO_SEA_NAME"] = "sea",
            ["RUCIO_WEBUI_VO_SKY_NAME"] = "sky-survey",
            ["RUCIO_WEBUI_MULTIVO_ENABLED"] = "true",
        }));
        Assert.That(pod.Env.Where(e => e.ValueFrom is not null).Select(e => e.ValueFrom.SecretKeyRef.Name).Distinct(), Is.EqualTo(new[] { "rucio-webui-session" }));
        Assert.That(InstanceCase.Config(i, "rucio-api")["webui"]!["urls"]!.GetValue<string>(), Is.EqualTo("https://ui.example.org"));
    }

    [Test]
    public void Each_server_has_its_endpoints_and_no_more()
    {
        var i = InstanceCase.Of($"{{{Auth}, trace: {{}}, messaging: {{traces: {{hosts: [mq.example.org], destination: /queue/t, credentialsSecretRef: {{name: mq}}}}}}}}");
        Assert.That(InstanceCase.Config(i, "rucio-auth")["api"]!["endpoints"]!.GetValue<string>(), Is.EqualTo("auth,ping"));
        var trace = InstanceCase.Config(i, "rucio-trace");
        Assert.That(trace["api"]!["endpoints"]!.GetValue<string>(), Is.EqualTo("ping,traces"));
        Assert.That(trace["trace"]!["brokers"]!.GetValue<string>(), Is.EqualTo("mq.example.org"));
    }

    private static T One<T>(InstanceInputs i) => DesiredInstance.Objects(i).OfType<T>().Single();

    private static IEnumerable<string> Kinds(InstanceInputs i) => DesiredInstance.Objects(i).Select(o => o.Kind);

    private static IEnumerable<string> Names(InstanceInputs i) => DesiredInstance.Objects(i).Select(o => $"{o.Kind}/{o.Metadata.Name}");

    private static ApiKinds Served(params OptionalKind[] kinds) => new(kinds.ToDictionary(k => k, k => k.Candidates.First()));
}
