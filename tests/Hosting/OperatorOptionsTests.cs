using NUnit.Framework;
using RucioOperator.Hosting;

namespace RucioOperator.Tests.Hosting;

public sealed class OperatorOptionsTests
{
    [Test]
    public void The_command_line_wins_over_the_environment()
    {
        var (options, errors) = Parse(["--drift-interval", "90s", "--namespaces=a,b"], ("RUCIO_OPERATOR_DRIFT_INTERVAL", "1h"), ("RUCIO_OPERATOR_LEADER_ELECTION", "false"));
        Assert.Multiple(() =>
        {
            Assert.That(errors, Is.Empty);
            Assert.That(options.DriftInterval, Is.EqualTo(TimeSpan.FromSeconds(90)));
            Assert.That(options.Namespaces, Is.EqualTo(new[] { "a", "b" }));
            Assert.That(options.LeaderElection, Is.False);
        });
    }

    [TestCase("--healthport=1", "--healthport: unknown option")]
    [TestCase("--health-port=99999", "--health-port: expected a number from 0 to 65535, not '99999'")]
    [TestCase("--health-port", "--health-port: a value is missing")]
    [TestCase("--drift-interval=10", "--drift-interval: expected a time")]
    [TestCase("--drift-interval=0s", "--drift-interval: expected a time")]
    [TestCase("--leader-election=no", "--leader-election: expected true or false, not 'no'")]
    [TestCase("--service-override=api=x", "--service-override: expected <service>.<namespace>=<url>")]
    [TestCase("--service-override=*=ftp://x", "--service-override: expected an http, https or tcp URL")]
    [TestCase("--namespaces=Not_One", "--namespaces: expected the name of a namespace")]
    public void A_bad_setting_is_named_with_what_was_expected(string argument, string error) =>
        Assert.That(Parse([argument]).Errors, Has.Exactly(1).StartsWith(error));

    [Test]
    public void A_variable_that_is_no_setting_is_refused_and_what_Kubernetes_adds_for_Services_is_not() => Assert.That(
        OperatorOptions.Unknown(["RUCIO_OPERATOR_NAMESPACE", "RUCIO_OPERATOR_NAMESPACES", "RUCIO_OPERATOR_HEALTH_PORT", "RUCIO_OPERATOR_SERVICE_HOST", "RUCIO_OPERATOR_METRICS_SERVICE_PORT_HTTP", "RUCIO_OPERATOR_PORT", "RUCIO_OPERATOR_PORT_8080_TCP_ADDR", "PATH"]),
        Is.EqualTo(new[] { OperatorOptions.Unknown(["RUCIO_OPERATOR_NAMESPACE"]).Single() }).And.Exactly(1).StartsWith("RUCIO_OPERATOR_NAMESPACE: unknown setting; known are RUCIO_OPERATOR_NAMESPACES, "));

    [Test]
    public void All_errors_are_told_at_once() => Assert.That(Parse(["--a=1", "--b=2"]).Errors, Has.Count.EqualTo(2));

    [Test]
    public void A_service_is_overridden_by_its_own_entry_before_the_general_one()
    {
        var overrides = Parse(["--service-override=*=http://h/{namespace}/{service}", "--service-override=rucio-api.ns=http://own"]).Options.ServiceOverrides;
        Assert.Multiple(() =>
        {
            Assert.That(overrides.Find("rucio-api", "ns"), Is.EqualTo(new Uri("http://own")));
            Assert.That(overrides.Find("rucio-api", "other"), Is.EqualTo(new Uri("http://h/other/rucio-api")));
            Assert.That(new OperatorOptions().ServiceOverrides.Find("a", "b"), Is.Null);
        });
    }

    private static (OperatorOptions Options, IReadOnlyList<string> Errors) Parse(string[] arguments, params (string Name, string Value)[] environment) =>
        OperatorOptions.Parse(arguments, name => environment.FirstOrDefault(entry => entry.Name == name).Value);
}
