using System.Net;
using System.Net.Sockets;
using NUnit.Framework;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.RucioApi;

/// <summary>Who is told to end waits for what Rucio is already doing for it.</summary>
public sealed class LastWriteTests
{
    [Test]
    public async Task A_change_on_its_way_is_waited_for_and_a_look_is_not()
    {
        using var listener = Listen(out var url);
        using var stop = new CancellationTokenSource();
        var (arrived, go) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource());
        var serving = ServeAsync(listener, arrived, go.Task);
        var server = new RucioServer(url, null);
        var session = server.As(new RucioCredential("def", "root", "root", "secret"), TimeProvider.System);
        await session.LoginAsync(default);

        var look = session.SendAsync(HttpMethod.Get, "rses/", null, stop.Token);
        var change = session.SendAsync(HttpMethod.Post, "import/", null, stop.Token);
        await arrived.Task;
        await stop.CancelAsync();

        Assert.That(async () => await look, Throws.InstanceOf<OperationCanceledException>());
        go.SetResult();
        Assert.That(await change, Is.EqualTo("done"));
        Assert.That(async () => await session.SendAsync(HttpMethod.Post, "import/", null, stop.Token), Throws.InstanceOf<OperationCanceledException>());
        listener.Stop();
        await serving;
    }

    /// <summary>Everybody may log in; changes are done when they may go on, and looks take for ever.</summary>
    private static async Task ServeAsync(HttpListener listener, TaskCompletionSource arrived, Task go)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            if (context.Request.Url!.AbsolutePath == "/auth/userpass")
            {
                context.Response.AddHeader("X-Rucio-Auth-Token", "token");
                context.Response.Close();
            }
            else if (context.Request.HttpMethod != "GET")
            {
                _ = DoneAsync(context);
            }
        }

        async Task DoneAsync(HttpListenerContext context)
        {
            arrived.TrySetResult();
            await go;
            context.Response.Close("done"u8.ToArray(), willBlock: false);
        }
    }

    private static HttpListener Listen(out Uri url)
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        url = new Uri($"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/");
        free.Stop();
        var listener = new HttpListener { Prefixes = { url.ToString() } };
        listener.Start();
        return listener;
    }
}
