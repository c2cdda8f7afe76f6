using System.IO.Pipelines;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Org.BouncyCastle.Tls;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Sandbox.Grid;

/// <summary>A grid server's door on loopback: HTTPS that takes client certificates and proxies of them.</summary>
public sealed class GridListener : IAsyncDisposable
{
    private readonly X509Certificate2Collection authorities = [];
    private readonly WebApplication app;

    private GridListener(string clientAuthorities, (string CertificatePem, string KeyPem) server, int port, Func<HttpContext, GridClient?, Task> answer)
    {
        authorities.ImportFromPem(clientAuthorities);
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection => TlsAsync(connection, next, server));
            });
        });
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.Run(async context =>
        {
            context.Response.Headers.Date = (Clock.GetUtcNow() + ClockOff).ToString("R");
            await answer(context, context.Features.Get<GridClient>());
        });
    }

    /// <summary>Tells which certificates are valid, and the Date of answers.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>How far the Date of answers is off.</summary>
    public TimeSpan ClockOff { get; set; }

    /// <summary>Connections are cut before a word.</summary>
    public bool IsDown { get; set; }

    /// <summary>The newest version of TLS that is spoken.</summary>
    public bool OnlyTls12 { get; set; }

    public int Port => new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()).Port;

    public Uri Url => new($"https://localhost:{Port}");

    /// <param name="server">Its certificate and key, RSA.</param>
    /// <param name="port">0 takes a free one.</param>
    public static async Task<GridListener> StartAsync(string clientAuthorities, (string CertificatePem, string KeyPem) server, int port, Func<HttpContext, GridClient?, Task> answer)
    {
        var listener = new GridListener(clientAuthorities, server, port, answer);
        await listener.app.StartAsync();
        return listener;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.Zero);
        await app.StopAsync(now.Token);
        await app.DisposeAsync();
    }

    private async Task TlsAsync(ConnectionContext connection, ConnectionDelegate next, (string CertificatePem, string KeyPem) server)
    {
        var plain = connection.Transport;
        if (IsDown)
        {
            connection.Abort();
            return;
        }
        using var certificate = X509Certificate2.CreateFromPem(server.CertificatePem);
        var tls = new TlsServerStream(plain.Input.AsStream(), plain.Output.AsStream());
        var protocol = new GridTlsServer(certificate, server.KeyPem, OnlyTls12 ? ProtocolVersion.TLSv12 : ProtocolVersion.TLSv13, chain => GridClient.Judge(chain, authorities, Clock.GetUtcNow()));
        try
        {
            await tls.AcceptAsync(protocol, connection.ConnectionClosed);
        }
        catch (IOException)
        {
            // Ended at once, what the client has sent meanwhile would cut off the alert.
            await DrainAsync(plain.Input, connection.ConnectionClosed);
            return;
        }
        connection.Features.Set(protocol.Client);
        connection.Transport = new Pipes(PipeReader.Create(tls), PipeWriter.Create(tls));
        try
        {
            await next(connection);
            await connection.Transport.Output.CompleteAsync();
            await tls.EndAsync(connection.ConnectionClosed);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // The client is gone.
        }
        finally
        {
            connection.Transport = plain;
        }
    }

    private static async Task DrainAsync(PipeReader input, CancellationToken ct)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(ct);
        enough.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(enough.Token);
                input.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                    return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // It takes its time.
        }
    }

    private sealed class Pipes(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;
        public PipeWriter Output => output;
    }
}
