using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Desired;
using RucioOperator.Runtime;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Desired;

public sealed class ClientConfigTests
{
    private const string Password = "{name: ada, identities: [{type: Userpass}]}";

    [Test]
    public void Inside_the_cluster_with_passwords_two_urls_and_the_tag_are_enough() => Assert.That(Cfg(Inputs("{}", Vo($"accounts: [{Password}]"))), Is.EqualTo("""
        # Configuration of Rucio's client for VO sky. Kept up to date by the operator: change a copy, not this file.

        [client]
        rucio_host = http://rucio-api.default.svc
        auth_host = http://rucio-api.default.svc
        vo = sky
        auth_type = userpass
        # Who you are: here in a copy, or as rucio --account, --user and --password.
        # account =
        # username = <account>@sky
        # password =

        """));

    [Test]
    public void Outside_it_has_public_hosts_the_servers_authority_the_issuer_and_the_trace_server()
    {
        const string instance = "{api: {host: rucio.example.org}, auth: {host: auth.example.org, tls: {secretRef: {name: t}}}, trace: {}, messaging: {traces: {hosts: [b], destination: /t, credentialsSecretRef: {name: b}}}, oidc: {issuers: [{name: other, url: 'https://other.example.org/', clientSecretRef: {name: c}}, {name: iam, url: 'https://iam.example.org/', clientSecretRef: {name: c}}]}}";
        Assert.That(Cfg(Inputs(instance, Vo("accounts: [{name: ada, identities: [{type: Oidc, subject: s, issuer: 'https://iam.example.org/'}]}, {name: bob, identities: [{type: Oidc, subject: t, issuer: iam}]}, {name: eve, identities: [{type: Oidc, subject: u, issuer: other}]}]", "{mountPath: /etc/rucio}"), "(PEM)")), Is.EqualTo("""
            # Configuration of Rucio's client for VO sky. Kept up to date by the operator: change a copy, not this file.

            [client]
            rucio_host = https://rucio.example.org
            auth_host = https://auth.example.org
            ca_cert = /etc/rucio/ca.crt
            vo = sky
            auth_type = oidc
            # Your account, where several are yours: here in a copy, in RUCIO_ACCOUNT, or as rucio --account.
            # account =
            oidc_issuer = iam
            oidc_audience = rucio
            oidc_scope = openid profile
            oidc_polling = true

            [trace]
            trace_host = http://rucio-trace.default.svc

            """));
    }

    [TestCase("X509", "auth_type = x509\n", "client_cert = ~/.globus/usercert.pem\nclient_key = ~/.globus/userkey.pem\n")]
    [TestCase("X509Proxy", "auth_type = x509_proxy\n", "rucio_host")]
    public void Certificates_are_where_grid_users_have_them(string type, string first, string second) =>
        Assert.That(Cfg(Inputs("{}", Vo("", $"{{authType: {type}}}"))), Does.Contain(first).And.Contain(second));

    [Test]
    public void A_given_account_is_filled_in() =>
        Assert.That(Cfg(Inputs("{}", Vo($"accounts: [{Password}]", "{account: ada}"))), Does.Contain("account = ada\nusername = ada@sky\n").And.Not.Contain("\npassword"));

    [Test]
    public void A_rucio_for_one_experiment_knows_no_tag() =>
        Assert.That(Cfg(Inputs("{multiVo: false}", Vo("tag: def"))), Does.Not.Contain("vo ="));

    [Test]
    public void Somebody_elses_rucio_is_named_as_the_instance_names_it() =>
        Assert.That(Cfg(Inputs("{version: null, database: null, external: {apiUrl: 'https://rucio.example.org/', authUrl: 'https://auth.example.org', credentialsSecretRef: {name: c}}}", Vo(""), "(PEM)")),
            Does.Contain("rucio_host = https://rucio.example.org\nauth_host = https://auth.example.org\nca_cert = /opt/rucio/etc/ca.crt\n"));

    [Test]
    public void The_authority_comes_along_where_TLS_is_spoken_and_nowhere_else()
    {
        var tls = Inputs("{api: {host: rucio.example.org}}", Vo(""), "(PEM)");
        Assert.That(ClientConfig.ConfigMap(tls).Data, Contains.Key("ca.crt").WithValue("(PEM)"));
        Assert.That(ClientConfig.ConfigMap(Inputs("{}", Vo(""), "(PEM)")).Data.Keys, Is.EquivalentTo(new[] { "rucio.cfg", "jupyter-instance.json", "jupyter_server_config.json" }));
    }

    [Test]
    public void Jupyter_downloads_unless_a_storage_is_mounted()
    {
        var entry = Entry(Inputs("{api: {host: rucio.example.org}, webui: {host: ui.example.org, exposure: {type: Ingress}}}", Vo("")));
        Assert.That(entry.ToJsonString(), Is.EqualTo("""{"name":"sky.rucio.example.org","display_name":"sky","mode":"download","rucio_base_url":"https://rucio.example.org","rucio_auth_url":"https://rucio.example.org","rucio_webui_url":"http://ui.example.org","rucio_ca_cert":"/etc/ssl/certs/ca-certificates.crt","vo":"sky"}"""));

        entry = Entry(Inputs("{}", Vo("", "{jupyter: {displayName: Sky, destinationRse: SKY_DISK, rseMountPath: /eos, pathBeginsAt: 4, ruleLifetimeDays: 30, siteName: CERN, wildcards: true, tokenVariable: TOKEN}}")));
        Assert.That(entry.ToJsonString(), Does.Contain("\"mode\":\"replica\"").And.Contain("\"destination_rse\":\"SKY_DISK\",\"rse_mount_path\":\"/eos\",\"path_begins_at\":4,\"replication_rule_lifetime_days\":30,\"wildcard_enabled\":true,\"oidc_auth\":\"env\",\"oidc_env_name\":\"TOKEN\""));
    }

    [Test]
    public void Jupyters_own_file_has_the_entry_and_how_to_log_in()
    {
        var i = Inputs("{oidc: {issuers: [{name: iam, url: 'https://iam.example.org/', clientSecretRef: {name: c}}]}}", Vo("", "{authType: Oidc}"));
        var file = JsonNode.Parse(ClientConfig.ConfigMap(i).Data["jupyter_server_config.json"])!["RucioConfig"]!;
        Assert.That((file["default_instance"]!.ToString(), file["default_auth_type"]!.ToString()), Is.EqualTo(("sky.rucio-api.default.svc", "oidc")));
        Assert.That(JsonNode.DeepEquals(file["instances"]![0], Entry(i)));
        Assert.That(Entry(i)["oidc_env_name"]!.ToString(), Is.EqualTo("RUCIO_ACCESS_TOKEN"));
    }

    [Test]
    public void A_service_accounts_Secret_is_complete_and_percent_signs_survive()
    {
        var i = Inputs("{}", Vo($"accounts: [{Password}]", "{serviceAccount: {name: ada}}")) with { ServicePassword = "100%sure", UsernameOf = account => $"{account}@sky-x" };
        var secret = ClientConfig.ServiceSecret(i)!;
        Assert.That(secret.Metadata.Name, Is.EqualTo("sky-ada-client"));
        Assert.That(Encoding.UTF8.GetString(secret.Data["rucio.cfg"]), Does.Contain("auth_type = userpass\naccount = ada\nusername = ada@sky-x\npassword = 100%%sure\n"));
        Assert.That(string.Concat(ClientConfig.ConfigMap(i).Data.Values), Does.Not.Contain("100%"));
    }

    [TestCase("", "{}", ClientAuthType.Userpass)]
    [TestCase("{name: a, identities: [{}]}, {name: b, identities: [{type: Oidc}, {}]}", "{}", ClientAuthType.Userpass)]
    [TestCase("{name: a, identities: [{type: Oidc}]}, {name: b, identities: [{type: Oidc}, {}]}", "{}", ClientAuthType.Oidc)]
    [TestCase("{name: a, identities: [{type: X509}]}, {name: b, identities: [{type: X509}, {type: X509}]}, {name: c, identities: [{}]}", "{}", ClientAuthType.X509Proxy)]
    [TestCase("{name: a, identities: [{type: X509}]}, {name: b, identities: [{}]}, {name: c, identities: [{}]}", "{account: a}", ClientAuthType.X509Proxy)]
    [TestCase("{name: a, identities: [{}]}", "{authType: X509}", ClientAuthType.X509)]
    [TestCase("{name: a, identities: [{}]}", "{issuer: iam}", ClientAuthType.Oidc)]
    public void People_log_in_as_most_accounts_can_unless_the_spec_says_otherwise(string accounts, string config, ClientAuthType type)
    {
        var vo = Vo($"accounts: [{accounts}]", config);
        Assert.That(ClientLogin.Of(vo.Spec.ClientConfig!, Desired.Inputs.Of("{}").Instance, vo.Spec.Accounts!).Type, Is.EqualTo(type));
    }

    [TestCase("{}", "{authType: Oidc}", ClientLogin.IssuerNotOffered, "no token issuer")]
    [TestCase("{oidc: {issuers: [{name: iam, url: 'https://i/', clientSecretRef: {name: c}}]}}", "{issuer: other}", ClientLogin.IssuerNotOffered, "spec.clientConfig.issuer")]
    [TestCase("{}", "{authType: X509}", ClientLogin.NoCertificateLogins, "takes no certificates")]
    [TestCase("{auth: {host: a.example.org, tls: {secretRef: {name: t}}}}", "{authType: X509Proxy}", ClientLogin.NoCertificateLogins, "spec.trust")]
    [TestCase("{}", "{account: bob}", ClientLogin.AccountNotFound, "spec.clientConfig.account")]
    [TestCase("{auth: {host: a.example.org, tls: {secretRef: {name: t}}}, trust: {caBundles: [{name: c}]}}", "{authType: X509Proxy, account: ada}", null, null)]
    [TestCase("{oidc: {issuers: [{name: iam, url: 'https://i/', clientSecretRef: {name: c}}]}}", "{issuer: iam}", null, null)]
    [TestCase("{version: null, database: null, external: {apiUrl: 'https://r', credentialsSecretRef: {name: c}}}", "{issuer: other}", null, null)]
    public void What_nobody_could_log_in_by_is_a_problem_that_names_the_field(string instance, string config, string? reason, string? words)
    {
        var vo = Vo($"accounts: [{Password}]", config);
        var rucio = Crds.Manifest(RucioInstance.KubeKind, instance, "rucio").Deserialize(KubeJson.Info<RucioInstance>())!;
        var problem = ClientLogin.Of(vo.Spec.ClientConfig!, rucio, vo.Spec.Accounts!).Problem(vo.Spec.ClientConfig!, rucio, vo.Spec.Accounts!);
        Assert.That(problem?.Reason, Is.EqualTo(reason));
        Assert.That(problem?.Message ?? "", Does.Contain(words ?? ""));
    }

    private static string Cfg(ClientConfigInputs i) => ClientConfig.ConfigMap(i).Data["rucio.cfg"];

    private static JsonObject Entry(ClientConfigInputs i) => JsonNode.Parse(ClientConfig.ConfigMap(i).Data["jupyter-instance.json"])!.AsObject();

    private static ClientConfigInputs Inputs(string instance, VirtualOrganisation vo, string? authorities = null)
    {
        var rucio = Crds.Manifest(RucioInstance.KubeKind, instance, "rucio").Deserialize(KubeJson.Info<RucioInstance>())!;
        return new(vo, rucio, ClientLogin.Of(vo.Spec.ClientConfig!, rucio, vo.Spec.Accounts ?? []), authorities) { UsernameOf = account => $"{account}@sky" };
    }

    private static VirtualOrganisation Vo(string spec, string config = "{}") =>
        Crds.Manifest(VirtualOrganisation.KubeKind, $"{{{spec}{(spec == "" ? "" : ", ")}clientConfig: {config}}}", "sky").Deserialize(KubeJson.Info<VirtualOrganisation>())!;
}
