using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using RucioOperator.Runtime;

namespace RucioOperator.Hosting;

/// <summary>
/// /livez: the loops move, and starting again would help if they did not; /startupz: caches were filled once; /readyz: they
/// are, also on a standby, and nobody has asked us to end; /metrics. HTTP/1.1 alone.
/// </summary>
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
        app.MapGet("/livez", context => AnswerAsync(context, service.Troubles));
        app.MapGet("/readyz", context => AnswerAsync(context, [.. NotSynced(runtime), .. app.Lifetime.ApplicationStopping.IsCancellationRequested ? (string[])["shutting down"] : []]));
        app.MapGet("/startupz", context => AnswerAsync(context, NotSynced(runtime)));
        app.MapPrometheusScrapingEndpoint();
    }

    private static IReadOnlyList<string> NotSynced(ControllerRuntime runtime) => [.. runtime.Unsynced.Select(kind => $"no complete list of {kind} yet")];

    private static Task AnswerAsync(HttpContext context, IReadOnlyList<string> troubles)
    {
        context.Response.StatusCode = troubles.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(troubles.Count == 0 ? "ok\n" : string.Join('\n', troubles) + "\n");
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
