using System.Collections.Concurrent;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>
/// Any number of Rucio servers behind one port of 127.0.0.1, each under a path prefix: `http://127.0.0.1:PORT/namespace/service` is a base URL like a real one.
/// They work on real tables, with the status codes and oddities of 41.0.0. Left out: logins other than userpass and tokens of issuers, PFN translation, traces, everything about transfers.
/// </summary>
public sealed class StandInRucio : IAsyncDisposable
{
    private readonly WebApplication host;
    private readonly StandInDatabases databases = new();
    private readonly ConcurrentDictionary<string, StandInServer> servers = new();

    private StandInRucio()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o =>
        {
            o.Listen(System.Net.IPAddress.Loopback, 0);
            o.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddSingleton<IHostLifetime, ForeignLifetime>();
        host = builder.Build();
        host.Run(HandleAsync);
    }

    public RequestLog Log { get; } = new();

    /// <summary>What the operator only tried out: on a schedule of its own, and no part of its work.</summary>
    public RequestLog Checks { get; } = new();

    public ConcurrentBag<Fault> Faults { get; } = [];

    /// <summary>Runs before a request is handled.</summary>
    public Func<StandInRequest, Task>? OnRequest { get; set; }

    /// <summary>Runs when the effect is committed, before the client sees the answer.</summary>
    public Func<StandInRequest, Task>? OnResponse { get; set; }

    public Uri BaseUri { get; private set; } = null!;

    public static async Task<StandInRucio> StartAsync(CancellationToken cancellation = default)
    {
        var rucio = new StandInRucio();
        await rucio.host.StartAsync(cancellation);
        rucio.BaseUri = new(rucio.host.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        return rucio;
    }

    public string Url(string prefix) => BaseUri.GetLeftPart(UriPartial.Authority) + prefix;

    /// <summary>
    /// Starts a server, or restarts the one at this prefix (caches gone, new configuration).
    /// Without a connection string the one in `[database]` is used.
    /// </summary>
    /// <param name="idpSecrets">Content of idpsecrets.json.</param>
    public StandInServer Register(string prefix, RucioConfig config, string? connectionString = null, string? idpSecrets = null)
    {
        var server = servers[prefix] = new(prefix, config, databases.Source(connectionString ?? config.ConnectionString(), config.Schema), idpSecrets);
        // The pods before have ended, and with them what they had open.
        databases.CloseIdle(except: servers.Values.Select(s => s.Database).ToHashSet());
        return server;
    }

    /// <summary>Leaves this VO to the stock policy, on all servers; null: none.</summary>
    public void Open(string? vo)
    {
        foreach (var server in servers.Values)
            server.WithoutPolicy = vo;
    }

    public bool IsRegistered(string prefix) => servers.ContainsKey(prefix);

    public bool Unregister(string prefix) => servers.TryRemove(prefix, out _);

    public async ValueTask DisposeAsync()
    {
        await host.DisposeAsync();
        await databases.DisposeAsync();
    }

    private async Task HandleAsync(HttpContext context)
    {
        // The raw target, because %2F in a name must not become a separator.
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?')[0];
        var server = servers.Values.FirstOrDefault(s => target.StartsWith(s.Prefix + "/", StringComparison.Ordinal));
        var path = server is null ? target : target[server.Prefix.Length..];
        var isCheck = context.Request.Headers.UserAgent == "rucio-operator-check";
        var request = (isCheck ? Checks : Log).Add(server?.Prefix ?? "", context.Request.Method, path);
        using var reader = new StreamReader(context.Request.Body);
        var body = request.Body = await reader.ReadToEndAsync(context.RequestAborted);

        if (OnRequest is { } before && !isCheck)
            await before(request);
        var fault = Faults.FirstOrDefault(f => f.Takes(request));
        if (request.IsCut || fault is { CutBefore: true })
        {
            context.Abort();
            return;
        }
        if (fault is { Hang: true })
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
        if (fault is { Delay.Ticks: > 0 })
            await Task.Delay(fault.Delay);

        var answer = fault?.Error is { } error ? Answer.Error(error.Status, error.Class, error.Message) : await AnswerAsync(server, context.Request, path, body, request);
        request.Status = answer.Status;
        if (OnResponse is { } after && !isCheck)
            await after(request);
        if (request.IsCut || fault is { CutAfter: true })
        {
            context.Abort();
            return;
        }
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        foreach (var (name, value) in answer.Headers)
            context.Response.Headers[name] = value;
        await context.Response.WriteAsync(answer.Body, context.RequestAborted);
    }

    private static async Task<Answer> AnswerAsync(StandInServer? server, HttpRequest http, string path, string body, StandInRequest request)
    {
        // What a Service without ready pods looks like from outside.
        if (server is null)
            return Answer.Text(503, "no healthy upstream");
        var (answer, issuer) = await server.ServeAsync(http, path, body);
        (request.Account, request.Vo) = (issuer?.External, issuer?.Vo);
        return answer;
    }

    /// <summary>The default lifetime takes SIGINT and SIGTERM for itself, and the process that embeds us would no longer end by them.</summary>
    private sealed class ForeignLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
