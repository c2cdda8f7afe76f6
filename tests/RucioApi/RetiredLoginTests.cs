using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.RucioApi;

/// <summary>Another login takes the place of one that some pass is using: its tokens are ended next, so none may come after that.</summary>
public sealed class RetiredLoginTests
{
    [Test]
    public async Task One_that_is_on_its_way_is_waited_for_and_none_begins_after_it()
    {
        using var listener = Listen(out var url);
        var (arrived, go) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        var logins = 0;
        var serving = Task.Run(async () =>
        {
            var context = await listener.GetContextAsync();
            logins++;
            arrived.SetResult();
            await go.Task;
            context.Response.AddHeader("X-Rucio-Auth-Token", "token");
            context.Response.AddHeader("X-Rucio-Auth-Token-Expires", "Thu, 01 Jan 1970 00:00:00 UTC");
            context.Response.Close();
        });
        using var server = new RucioServer(url, null);
        var session = server.As(new RucioCredential("former", "secret", "root", "def"), TimeProvider.System);

        var login = session.LoginAsync(default);
        await arrived.Task;
        var retired = session.RetireAsync(default);
        Assert.That(retired.IsCompleted, Is.False, "its token is still to come");
        go.SetResult();
        await login;
        await retired;
        await serving;

        Assert.That(async () => await session.LoginAsync(default), Throws.InstanceOf<RucioUnavailableException>().With.Message.Contains("another login has taken its place"), "though its token has run out");
        Assert.That(logins, Is.EqualTo(1));
    }

    private static HttpListener Listen(out Uri url)
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        url = new Uri($"http://127.0.0.1:{port}/");
        var listener = new HttpListener { Prefixes = { url.ToString() } };
        listener.Start();
        return listener;
    }
}
