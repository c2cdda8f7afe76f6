using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RucioOperator.Sandbox.Kubernetes.Http;
using RucioOperator.Sandbox.Kubernetes.Rights;
using RucioOperator.Sandbox.Kubernetes.Storage;

namespace RucioOperator.Sandbox.Kubernetes;

public sealed record KubeApiServerOptions
{
    /// <summary>0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Absent: a file in the temporary folder, removed with the server.</summary>
    public string? KubeconfigPath { get; init; }

    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromSeconds(30);

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// A Kubernetes API in this process, over plain HTTP, for kubectl and operators. Objects are real, workloads are not:
/// only garbage collection and namespace termination run. CEL rules are not evaluated; of users, those of <see cref="Gate"/> are held to their rights.
/// </summary>
public sealed class KubeApiServer : IAsyncDisposable
{
    private readonly ObjectStore _store = new();
    private readonly TypeRegistry _types = new();
    private readonly Collector _collector;
    private readonly WebApplication _app;
    private readonly ITimer _bookmarks;
    private readonly bool _ownsKubeconfig;

    private KubeApiServer(KubeApiServerOptions options)
    {
        var verbs = new ResourceVerbs(_store, _types, options.Clock);
        _collector = new(_store, verbs, _types);
        Store = new InProcessStore(_store, _types, verbs);
        foreach (var ns in new[] { "default", "kube-system", "kube-public", "kube-node-lease" })
        {
            Store.Upsert(new() { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns } });
        }

        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.AddServerHeader = false;
        }).UseUrls($"http://127.0.0.1:{options.Port}");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        _app = builder.Build();
        _app.Run(new ApiEndpoint(this, _store, _types, verbs, new(_store), options.Clock).HandleAsync);
        _bookmarks = options.Clock.CreateTimer(_ => Signal(ChangeKind.Bookmark), null, options.BookmarkInterval, options.BookmarkInterval);
        _ownsKubeconfig = options.KubeconfigPath is null;
        KubeconfigPath = options.KubeconfigPath ?? Path.Combine(Path.GetTempPath(), $"rucio-sandbox-{Guid.NewGuid():n}.kubeconfig");
    }

    public Uri Url { get; private set; } = null!;

    public string KubeconfigPath { get; }

    /// <summary>The same objects without HTTP.</summary>
    public IKubeStore Store { get; }

    public RequestLog Requests { get; } = new();

    public FaultRules Faults { get; } = new();

    public Gate Gate { get; } = new();

    /// <summary>Awaited before a request is handled.</summary>
    public Func<ApiRequest, Task>? OnRequest { get; set; }

    /// <summary>Awaited when the effect is there and the answer is not yet sent.</summary>
    public Func<ApiRequest, Task>? OnResponse { get; set; }

    public static async Task<KubeApiServer> StartAsync(KubeApiServerOptions? options = null)
    {
        var server = new KubeApiServer(options ?? new());
        await server._app.StartAsync();
        server.Url = new(server._app.Urls.First());
        await File.WriteAllTextAsync(server.KubeconfigPath, server.Kubeconfig("sandbox"));
        return server;
    }

    /// <summary>Of a user with that token.</summary>
    public string Kubeconfig(string token) => $$$"""
        apiVersion: v1
        kind: Config
        current-context: sandbox
        clusters: [{name: sandbox, cluster: {server: "{{{Url.ToString().TrimEnd('/')}}}"}}]
        users: [{name: sandbox, user: {token: {{{token}}}}}]
        contexts: [{name: sandbox, context: {cluster: sandbox, user: sandbox, namespace: default}}]

        """;

    /// <summary>Creates or merges every document, definitions first come first served.</summary>
    public IReadOnlyList<JsonObject> ApplyYaml(string yaml) => [.. Yaml.Parse(yaml).Select(Store.Upsert)];

    /// <summary>Forgets history: page tokens and watches from before get 410.</summary>
    public void Compact()
    {
        lock (_store.Gate)
        {
            _store.Compact();
        }
    }

    /// <summary>Closes open watches, of one resource ("deployments.apps") or of all; returns how many.</summary>
    public int CutWatches(string? resource = null) => Signal(ChangeKind.Cut, resource is null ? null : _types.ForResource(resource).Storage);

    /// <summary>Sends a bookmark to every watch that asked for them, now.</summary>
    public int SendBookmarks() => Signal(ChangeKind.Bookmark);

    public async ValueTask DisposeAsync()
    {
        await _bookmarks.DisposeAsync();
        Signal(ChangeKind.Cut);
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
        await _collector.DisposeAsync();
        if (_ownsKubeconfig)
        {
            File.Delete(KubeconfigPath);
        }
    }

    private int Signal(ChangeKind kind, string? storage = null)
    {
        lock (_store.Gate)
        {
            return _store.Signal(kind, storage);
        }
    }

    /// <summary>Signals are the process's business, not this server's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
