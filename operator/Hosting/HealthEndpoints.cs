using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>/livez: loops run; /readyz: caches are full (also on a standby); /startupz: the same, for its own probe; /metrics.</summary>
internal static class HealthEndpoints
{
    public static void Listen(WebApplicationBuilder builder, OperatorOptions options)
    {
        if (options.HealthPort == 0)
            builder.Services.AddSingleton<IServer, NoServer>();
        else
            builder.WebHost.ConfigureKestrel(kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.ListenAnyIP(options.HealthPort, listen => listen.Protocols = HttpProtocols.Http1);
            });
    }

    public static void Map(WebApplication app, OperatorOptions options, ControllerRuntime runtime, RuntimeService service)
    {
        if (options.HealthPort == 0)
            return;
        app.MapGet("/livez", context => AnswerAsync(context, service.IsAlive));
        app.MapGet("/readyz", context => AnswerAsync(context, runtime.HasSynced));
        app.MapGet("/startupz", context => AnswerAsync(context, runtime.HasSynced));
        app.MapPrometheusScrapingEndpoint();
    }

    private static Task AnswerAsync(HttpContext context, bool good)
    {
        context.Response.StatusCode = good ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(good ? "ok\n" : "not yet\n");
    }

    /// <summary>Port 0: the application runs without listening.</summary>
    private sealed class NoServer : IServer
    {
        public IFeatureCollection Features { get; } = new FeatureCollection();

        public Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken) where TContext : notnull => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public void Dispose() { }
    }
}
