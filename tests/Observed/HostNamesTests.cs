using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Observed;

namespace RucioOperator.Tests.Observed;

public sealed class HostNamesTests
{
    private readonly FakeTimeProvider _time = new();
    private int _asked;

    [Test]
    public async Task A_name_is_asked_for_once_while_its_answer_is_fresh()
    {
        var names = Names(_ => [IPAddress.Loopback]);
        Assert.That((await names.ResolveAsync(["a", "a", "b"], default))["a"], Is.EqualTo(new[] { IPAddress.Loopback }));
        await names.ResolveAsync(["a"], default);
        Assert.That(_asked, Is.EqualTo(2));
        _time.Advance(TimeSpan.FromMinutes(11));
        await names.ResolveAsync(["a"], default);
        Assert.That(_asked, Is.EqualTo(3));
    }

    [Test]
    public async Task A_name_that_leads_nowhere_has_no_address_and_one_that_stopped_leading_somewhere_keeps_it()
    {
        var down = true;
        var names = Names(_ => down ? throw new SocketException((int)SocketError.HostNotFound) : [IPAddress.Loopback]);
        Assert.That((await names.ResolveAsync(["a"], default))["a"], Is.Empty);
        down = false;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.That((await names.ResolveAsync(["a"], default))["a"], Has.Count.EqualTo(1), "asked again after a minute");
        down = true;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.That((await names.ResolveAsync(["a"], default))["a"], Has.Count.EqualTo(1));
    }

    private HostNames Names(Func<string, IPAddress[]> answer) => new((host, _) =>
    {
        Interlocked.Increment(ref _asked);
        return Task.Run(() => answer(host));
    }, _time, TimeSpan.FromMinutes(10));
}
