using System.Net;
using NUnit.Framework;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class ClosedHostsTests
{
    private static readonly ClosedHosts Hosts = new([IPNetwork.Parse("10.96.0.0/12"), IPNetwork.Parse("fd00:10::/64")]);

    [TestCase("127.0.0.1")]
    [TestCase("127.1")]
    [TestCase("0x7f000001")]
    [TestCase("2130706433")]
    [TestCase("0177.0.0.1")]
    [TestCase("0.0.0.0")]
    [TestCase("169.254.169.254")]
    [TestCase("255.255.255.255")]
    [TestCase("10.96.0.1")]
    [TestCase("10.111.255.255")]
    [TestCase("[::1]")]
    [TestCase("[::]")]
    [TestCase("[fe80::1]")]
    [TestCase("[ff02::1]")]
    [TestCase("[::ffff:127.0.0.1]")]
    [TestCase("[::ffff:10.96.0.10]")]
    [TestCase("[64:ff9b::169.254.169.254]")]
    [TestCase("[2002:7f00:1::]")]
    [TestCase("[fd00:10::53]")]
    public void An_address_of_the_machine_or_the_cluster_is_closed_in_any_spelling(string host) => Assert.That(Hosts.Why(ClosedHosts.Literal(host)!), Is.Not.Null);

    [TestCase("192.0.2.1")]
    [TestCase("10.0.0.7")]
    [TestCase("192.168.1.5")]
    [TestCase("[2001:db8::1]")]
    [TestCase("[64:ff9b::192.0.2.1]")]
    public void Any_other_address_is_open(string host) => Assert.That(Hosts.Why(ClosedHosts.Literal(host)!), Is.Null);

    [TestCase("localhost")]
    [TestCase("kubernetes")]
    [TestCase("rucio-admin.rucio.svc")]
    [TestCase("rucio-admin.rucio.svc.cluster.local")]
    [TestCase("rucio-admin.rucio.svc.")]
    [TestCase("metadata.google.internal")]
    [TestCase("x.localhost")]
    public void A_name_of_the_cluster_is_closed_before_it_is_looked_up(string host)
    {
        Assert.That(ClosedHosts.Literal(host), Is.Null);
        Assert.That(ClosedHosts.Why(host), Is.Not.Null);
    }

    [TestCase("eos.example.org")]
    [TestCase("local.example.org")]
    public void A_name_of_the_world_is_open(string host) => Assert.That(ClosedHosts.Why(host), Is.Null);

    [TestCase("a.lab.example.org", "*.lab.example.org", ExpectedResult = true)]
    [TestCase("lab.example.org", "*.lab.example.org", ExpectedResult = false)]
    [TestCase("evil-lab.example.org", "*.lab.example.org", ExpectedResult = false)]
    [TestCase("localhost", "localhost", ExpectedResult = true)]
    [TestCase("10.0.0.70", "10.0.0.7", ExpectedResult = false)]
    public bool A_host_is_allowed_exactly_or_by_its_domain(string host, string allowed) => ClosedHosts.IsAllowed(host, [allowed]);
}
