using k8s.Models;
using NUnit.Framework;
using RucioOperator.Desired;

namespace RucioOperator.Tests.Desired;

public sealed class DaemonsTests
{
    private const string Fts = "transfers: {ftsServers: ['https://fts.example.org:8446']}";
    private const string Broker = "{hosts: [mq.example.org], destination: /topic/x, credentialsSecretRef: {name: mq}}";

    [Test]
    public void A_profile_runs_what_the_instance_can_use()
    {
        Assert.That(Names("{}"), Has.Member("reaper").And.Member("judge-evaluator").And.No.Member("conveyor-submitter").And.No.Member("hermes").And.No.Member("minos"));
        Assert.That(Names($"{{{Fts}}}"), Has.Member("conveyor-submitter").And.No.Member("conveyor-stager").And.No.Member("conveyor-receiver"));
        Assert.That(Names($"{{daemons: {{profile: Standard}}, {Fts}}}"), Has.Member("minos").And.Member("transmogrifier").And.No.Member("conveyor-stager"));
        Assert.That(Names($"{{daemons: {{profile: Tape}}, {Fts}}}"), Has.Member("conveyor-stager"));
        Assert.That(Names($"{{messaging: {{hermes: {Broker}}}}}"), Has.Member("hermes"));
        Assert.That(Names("{mail: {host: smtp, from: a@b}}"), Has.Member("hermes"));
        Assert.That(Names("{config: {hermes: {influxdb_endpoint: 'http://i'}}}"), Has.Member("hermes"));
        Assert.That(Names($"{{messaging: {{traces: {Broker}, receiver: {{hosts: [mq], destination: /topic/x, voName: sky, credentialsSecretRef: {{name: mq}}}}}}}}"), Has.Member("kronos").And.Member("conveyor-receiver"));
    }

    [Test]
    public void Sizes_come_from_the_release_and_those_of_the_spec_replace_them()
    {
        var finisher = InstanceCase.Deployment(InstanceCase.Of($"{{{Fts}}}"), "rucio-conveyor-finisher").Spec.Template.Spec.Containers[0].Resources;
        Assert.That((finisher.Requests["memory"].ToString(), finisher.Limits["memory"].ToString()), Is.EqualTo(("512Mi", "4Gi")));

        var reaper = InstanceCase.Deployment(InstanceCase.Of("{daemons: {overrides: [{name: reaper, replicas: 3, resources: {limits: {memory: 8Gi}}}]}}"), "rucio-reaper").Spec;
        Assert.That((reaper.Replicas, reaper.Template.Spec.Containers[0].Resources.Requests, reaper.Template.Spec.Containers[0].Resources.Limits["memory"].ToString()), Is.EqualTo(((int?)3, (object?)null, "8Gi")));
    }

    [Test]
    public void A_pod_may_end_its_cycle_before_it_is_killed()
    {
        Assert.That(Grace("{}", "rucio-reaper"), Is.EqualTo(600));
        Assert.That(Grace("{daemons: {overrides: [{name: reaper, arguments: {sleep-time: '3600'}}]}}", "rucio-reaper"), Is.EqualTo(3660));

        static long? Grace(string spec, string name) => InstanceCase.Deployment(InstanceCase.Of(spec), name).Spec.Template.Spec.TerminationGracePeriodSeconds;
    }

    [Test]
    public void Two_pods_or_more_have_a_disruption_budget_and_all_are_spread()
    {
        var objects = DesiredInstance.Objects(InstanceCase.Of("{api: {replicas: 2}, daemons: {overrides: [{name: reaper, replicas: 2}, {name: undertaker, replicas: 0}]}}"));
        Assert.That(objects.OfType<V1PodDisruptionBudget>().Select(b => b.Metadata.Name), Is.EquivalentTo(["rucio-api", "rucio-reaper"]));
        foreach (var budget in objects.OfType<V1PodDisruptionBudget>())
            Assert.That(budget.Spec.Selector.MatchLabels, Is.EqualTo(objects.OfType<V1Deployment>().Single(d => d.Metadata.Name == budget.Metadata.Name).Spec.Selector.MatchLabels));
        foreach (var deployment in objects.OfType<V1Deployment>())
            Assert.That(deployment.Spec.Template.Spec.TopologySpreadConstraints.Select(c => c.LabelSelector.MatchLabels), Is.Not.Empty.And.All.EqualTo(deployment.Spec.Selector.MatchLabels), deployment.Metadata.Name);
    }

    [Test]
    public void A_group_is_a_Deployment_of_its_own_beside_the_daemon()
    {
        var inputs = InstanceCase.Of($"{{{Fts}, daemons: {{groups: [{{name: fast, daemon: conveyor-finisher, replicas: 2, arguments: {{activities: 'User Analysis,Debug'}}, config: {{conveyor: {{x: y}}}}}}]}}}}");
        var fast = InstanceCase.Deployment(inputs, "rucio-fast");
        Assert.That(fast.Spec.Selector.MatchLabels, Is.Not.EqualTo(InstanceCase.Deployment(inputs, "rucio-conveyor-finisher").Spec.Selector.MatchLabels));
        var environment = fast.Spec.Template.Spec.Containers[0].Env.ToDictionary(e => e.Name, e => e.Value);
        Assert.That(environment["RUCIO_DAEMON"], Is.EqualTo("conveyor-finisher"));
        Assert.That(environment["RUCIO_DAEMON_ARGS"], Does.StartWith("'--activities' 'User Analysis' 'Debug'"));
        Assert.That(InstanceCase.Config(inputs, "rucio-fast")["conveyor"]!["x"]!.GetValue<string>(), Is.EqualTo("y"));
        Assert.That(InstanceCase.Config(inputs, "rucio-conveyor-finisher")["conveyor"]!["x"], Is.Null);
    }

    [TestCase("{transfers: {ftsServers: ['https://f'], mode: Tokens}}", "True")]
    [TestCase("{transfers: {ftsServers: ['https://f'], mode: Tokens}, config: {conveyor: {poller_oidc_support: 'False'}}}", null)]
    [TestCase("{transfers: {ftsServers: ['https://f'], mode: Certificates}}", null)]
    public void The_poller_asks_with_tokens_where_all_VOs_do(string spec, string? expected)
    {
        var inputs = Inputs.Of(spec);
        Assert.That(RucioConfig.Daemon(inputs, Daemons.Of(inputs).Single(d => d.Daemon == "conveyor-poller")).Json["conveyor"]?["poller_oidc_support"]?.GetValue<string>(), Is.EqualTo(expected));
    }

    [TestCase("{overrides: [{name: conveyer-poller}]}", "spec.daemons.overrides[0].name", "did you mean conveyor-poller?")]
    [TestCase("{overrides: [{name: oauth-manager}]}", "spec.daemons.overrides[0].name", "gone since Rucio 40")]
    [TestCase("{overrides: [{name: minos}]}", "spec.daemons.overrides[0].name", "not in profile Minimal: choose Standard")]
    [TestCase("{overrides: [{name: bb8}]}", "spec.daemons.overrides[0].name", "run it as a group")]
    [TestCase("{overrides: [{name: hermes}]}", "spec.daemons.overrides[0].name", "nothing to do without spec.messaging.hermes or spec.mail")]
    [TestCase("{overrides: [{name: reaper, arguments: {tread: '4'}}]}", "spec.daemons.overrides[0].arguments[tread]", "did you mean threads?")]
    [TestCase("{overrides: [{name: reaper, arguments: {threads: many}}]}", "spec.daemons.overrides[0].arguments[threads]", "needs a whole number")]
    [TestCase("{overrides: [{name: reaper, arguments: {vos: sky}}]}", "spec.daemons.overrides[0].arguments[vos]", "not an argument")]
    [TestCase("{groups: [{name: x, daemon: repaer}]}", "spec.daemons.groups[0].daemon", "did you mean reaper?")]
    [TestCase("{groups: [{name: undertaker, daemon: reaper}]}", "spec.daemons.groups[0].name", "name of a daemon")]
    [TestCase("{groups: [{name: reaper, daemon: reaper}]}", "spec.daemons.groups[0].name", "name of a daemon of the profile")]
    [TestCase("{groups: [{name: x, daemon: kronos}]}", "spec.daemons.groups[0].daemon", "without spec.messaging.traces")]
    public void What_cannot_run_is_refused_by_field_with_the_way_out(string daemons, string path, string message)
    {
        var inputs = InstanceCase.Of($"{{daemons: {daemons}}}");
        var faults = DaemonFaults.Find(inputs.Instance.Spec, inputs.Release);
        Assert.That(faults.Select(f => f.Path), Is.EqualTo(new[] { path }));
        Assert.That(faults[0].Message, Does.Contain(message));
    }

    [TestCase("{groups: [{name: more, daemon: conveyor-submitter, arguments: {include-rses: tier=1}}]}", true, Description = "one hash ring, and only one of them may do tier=1")]
    [TestCase("{groups: [{name: more, daemon: conveyor-submitter, arguments: {bulk: '500'}}]}", false)]
    [TestCase("{groups: [{name: more, daemon: conveyor-submitter, arguments: {include-rses: tier=1, activities: Debug}}]}", false, Description = "a ring of its own")]
    [TestCase("{groups: [{name: more, daemon: conveyor-submitter, arguments: {include-rses: tier=1}}], overrides: [{name: conveyor-submitter, arguments: {include-rses: tier=1}}]}", false)]
    [TestCase("{groups: [{name: tape, daemon: reaper, arguments: {include-rses: tape=1}}]}", false, Description = "reapers take slots, not shares")]
    public void Workers_that_share_work_by_hash_must_all_be_allowed_to_do_it(string daemons, bool refused)
    {
        var inputs = InstanceCase.Of($"{{{Fts}, daemons: {daemons}}}");
        var faults = DaemonFaults.Find(inputs.Instance.Spec, inputs.Release);
        Assert.That(faults.Select(f => f.Path), refused ? Is.EqualTo(new[] { "spec.daemons.groups" }) : Is.Empty);
    }

    [Test]
    public void A_change_touches_no_more_than_what_reads_it()
    {
        Assert.That(InstanceCase.Touched("{}", "{daemons: {overrides: [{name: reaper, arguments: {threads: '4'}}]}}"), Is.EqualTo(new[] { "Deployment/rucio-reaper" }));
        Assert.That(InstanceCase.Touched("{}", "{daemons: {overrides: [{name: reaper, config: {reaper: {x: '1'}}}]}}"), Is.EqualTo(new[] { "Deployment/rucio-reaper", "Secret/rucio-config-reaper" }));
        Assert.That(InstanceCase.Touched("{daemons: {profile: Standard}}", "{daemons: {profile: Standard}, config: {necromancer: {cache_time: '60'}}}"), Is.EqualTo(new[] { "Deployment/rucio-necromancer", "Secret/rucio-config-necromancer" }));
        Assert.That(InstanceCase.Touched($"{{messaging: {{hermes: {Broker}}}}}", $"{{messaging: {{hermes: {Broker.Replace("/topic/x", "/topic/y", StringComparison.Ordinal)}}}}}"), Is.EqualTo(new[] { "Deployment/rucio-hermes", "Secret/rucio-config-hermes" }));
        Assert.That(InstanceCase.Touched("{api: {replicas: 1}}", "{api: {replicas: 1, config: {webui: {urls: 'https://ui'}}}}"), Is.EqualTo(new[] { "Deployment/rucio-api", "Secret/rucio-config-api" }));
        Assert.That(InstanceCase.Touched($"{{{Fts}}}", "{transfers: {ftsServers: ['https://fts.example.org:8446'], schemes: [davs]}}"), Is.EqualTo(new[] { "Deployment/rucio-conveyor-submitter", "Secret/rucio-config-conveyor-submitter" }));
    }

    [Test]
    public void Messages_are_written_only_for_services_that_are_sent_to()
    {
        Assert.That(Services("{}"), Is.Empty);
        Assert.That(Services($"{{messaging: {{hermes: {Broker}}}, mail: {{host: smtp, from: a@b}}, config: {{hermes: {{elastic_endpoint: 'http://e'}}}}}}"), Is.EqualTo("activemq,email,elastic"));

        static string Services(string spec) => InstanceCase.Config(InstanceCase.Of(spec), "rucio-api")["hermes"]!["services_list"]!.GetValue<string>();
    }

    [Test]
    public void A_broker_gets_a_password_or_with_TLS_a_certificate()
    {
        var plain = InstanceCase.Config(InstanceCase.Of($"{{messaging: {{hermes: {Broker}}}}}"), "rucio-hermes")["messaging-hermes"]!;
        Assert.That((plain["use_ssl"]!.GetValue<string>(), plain["nonssl_port"]!.GetValue<string>(), plain["password"]!.GetValue<string>()), Is.EqualTo(("False", "61613", "mq/password")));

        var inputs = InstanceCase.Of("{messaging: {hermes: {hosts: [a, b], port: 61614, tls: true, destination: /topic/x, credentialsSecretRef: {name: mq}}}}");
        var tls = InstanceCase.Config(inputs, "rucio-hermes")["messaging-hermes"]!;
        Assert.That((tls["use_ssl"]!.GetValue<string>(), tls["brokers"]!.GetValue<string>(), tls["password"], tls["ssl_key_file"]!.GetValue<string>()), Is.EqualTo(("True", "a,b", (object?)null, "/opt/rucio/broker/tls.key")));
        Assert.That(InstanceCase.Deployment(inputs, "rucio-hermes").Spec.Template.Spec.Volumes.Single(v => v.Name == "broker").Secret.SecretName, Is.EqualTo("mq"));
        Assert.That(InstanceCase.Deployment(inputs, "rucio-reaper").Spec.Template.Spec.Volumes.Where(v => v.Name == "broker"), Is.Empty);
    }

    [Test]
    public void A_credential_of_the_config_comes_from_its_Secret_and_goes_where_it_is_read()
    {
        var inputs = InstanceCase.Of("{config: {hermes: {influxdb_endpoint: 'http://i'}}, configSecrets: [{section: hermes, option: influxdb_token, secretKeyRef: {name: influx, key: 'to%en'}}]}");
        Assert.That(InstanceCase.Config(inputs, "rucio-hermes")["hermes"]!["influxdb_token"]!.GetValue<string>(), Is.EqualTo("influx/to%%en"));
    }

    private static IEnumerable<string> Names(string spec) => Daemons.Of(InstanceCase.Of(spec)).Select(d => d.Name);
}
