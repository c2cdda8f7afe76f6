using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Controllers;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Controllers;

/// <summary>Where the operator itself connects to because a tenant says so.</summary>
public sealed class HostGuardReachTests
{
    private static readonly Dictionary<string, string[]> Names = new()
    {
        ["eos.example.org"] = ["192.0.2.1", "2001:db8::1"],
        ["inward.example.org"] = ["127.0.0.1"],
        ["mixed.example.org"] = ["192.0.2.1", "10.96.0.1"],
        ["metadata.example.org"] = ["169.254.169.254"],
        ["mapped.example.org"] = ["::ffff:10.96.0.1"],
        ["lab.example.org"] = ["10.0.0.7"],
        ["ula.example.org"] = ["fd12::1"],
        ["shared.example.org"] = ["100.64.0.9"],
        ["ancient.example.org"] = ["::192.168.0.1"],
    };

    private readonly HostGuard _guard = new(
        new HostNames((host, _) => Names.TryGetValue(host, out var found) ? Task.FromResult(Array.ConvertAll(found, IPAddress.Parse)) : throw new SocketException((int)SocketError.HostNotFound), new FakeTimeProvider(), TimeSpan.FromMinutes(10)),
        new ClosedHosts([IPNetwork.Parse("10.96.0.0/12")]));

    [TestCase("inward.example.org")]
    [TestCase("mixed.example.org")]
    [TestCase("metadata.example.org")]
    [TestCase("mapped.example.org")]
    [TestCase("lab.example.org")]
    [TestCase("ula.example.org")]
    [TestCase("shared.example.org")]
    [TestCase("ancient.example.org")]
    [TestCase("127.0.0.1")]
    [TestCase("0x7f000001")]
    [TestCase("10.0.0.7")]
    [TestCase("192.168.1.1")]
    [TestCase("[::1]")]
    [TestCase("[::ffff:169.254.169.254]")]
    [TestCase("[fd00::1]")]
    [TestCase("localhost")]
    [TestCase("kubernetes")]
    [TestCase("rucio-admin.rucio.svc")]
    public async Task Nowhere_inside(string host) => Assert.That(await _guard.ReachAsync(host, ["other.example.org"], default), Is.Null);

    [Test]
    public async Task Outside_to_the_addresses_that_were_looked_at() =>
        Assert.That(await _guard.ReachAsync("eos.example.org", null, default), Is.EqualTo(new[] { IPAddress.Parse("192.0.2.1"), IPAddress.Parse("2001:db8::1") }));

    [Test]
    public async Task Inside_where_the_platform_engineer_says_so()
    {
        Assert.That(await _guard.ReachAsync("lab.example.org", ["*.example.org"], default), Has.Count.EqualTo(1));
        Assert.That(await _guard.ReachAsync("10.0.0.7", ["10.0.0.7"], default), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_name_that_leads_nowhere_is_no_refusal() => Assert.That(await _guard.ReachAsync("gone.example.org", null, default), Is.Empty);
}
