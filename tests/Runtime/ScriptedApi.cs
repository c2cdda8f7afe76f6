using System.Collections.Concurrent;
using System.Text;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Runtime;

/// <summary>
/// A far side on real sockets that answers as the test says: lists of ConfigMaps from a little history, and watches
/// that may be cut at any byte, go silent or forget.
/// </summary>
internal sealed class ScriptedApi : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly Lock gate = new();
    private readonly List<(int Version, string Type, string Name, string Value)> history = [];
    private readonly SemaphoreSlim changed = new(0);
    private readonly CancellationTokenSource closing = new();
    private CancellationTokenSource cut = new();
    private int version = 10;

    private ScriptedApi()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        app = builder.Build();
        app.Run(HandleAsync);
    }

    public KubeApi Api { get; private set; } = null!;

    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Watches from before this version get an ERROR line with 410.</summary>
    public int OldestVersion { get; set; }

    public int PageSize { get; set; } = int.MaxValue;

    /// <summary>Bytes after which the n-th watch (from 0) is cut, null: not.</summary>
    public Func<int, int?> CutAfter { get; set; } = _ => null;

    /// <summary>Whether the n-th watch stays open and says nothing.</summary>
    public Func<int, bool> Silent { get; set; } = _ => false;

    /// <summary>Takes the answer over when it returns true.</summary>
    public Func<HttpContext, Task<bool>> Intercept { get; set; } = _ => Task.FromResult(false);

    /// <summary>Called between the pages of a list.</summary>
    public Action? BetweenPages { get; set; }

    public int Lists => Requests.Count(request => !request.Contains("watch=true"));
    public int Watches => Requests.Count(request => request.Contains("watch=true"));

    public static async Task<ScriptedApi> StartAsync()
    {
        var scripted = new ScriptedApi();
        await scripted.app.StartAsync();
        var client = new Kubernetes(new KubernetesClientConfiguration { Host = scripted.app.Urls.First() });
        scripted.Api = new KubeApi(client, TimeProvider.System);
        return scripted;
    }

    public void Put(string name, string value) => Record(Has(name) ? "MODIFIED" : "ADDED", name, value);

    public void Delete(string name) => Record("DELETED", name, "");

    /// <summary>What a complete and current store holds.</summary>
    public Dictionary<string, string> State()
    {
        lock (gate)
            return history.GroupBy(change => change.Name).Select(changes => changes.Last()).Where(last => last.Type != "DELETED").ToDictionary(last => last.Name, last => last.Value);
    }

    /// <summary>Ends the open watches, in good order.</summary>
    public void CutWatchesNow() => Interlocked.Exchange(ref cut, new CancellationTokenSource()).Cancel();

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await app.StopAsync(soon.Token);
        await app.DisposeAsync();
    }

    private bool Has(string name) => State().ContainsKey(name);

    private void Record(string type, string name, string value)
    {
        lock (gate)
            history.Add((++version, type, name, value));
        changed.Release(100);
    }

    private async Task HandleAsync(HttpContext context)
    {
        var watches = Watches;
        Requests.Enqueue($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}");
        if (await Intercept(context))
            return;
        if (context.Request.Query["watch"] != "true")
            await ListAsync(context);
        else
            await WatchAsync(context, watches);
    }

    private async Task ListAsync(HttpContext context)
    {
        var skip = int.TryParse(context.Request.Query["continue"], out var from) ? from : 0;
        if (skip > 0)
            BetweenPages?.Invoke();
        var names = State().OrderBy(entry => entry.Key, StringComparer.Ordinal).ToArray();
        var page = names.Skip(skip).Take(PageSize).ToArray();
        var next = skip + page.Length < names.Length ? (skip + page.Length).ToString() : "";
        string text;
        lock (gate)
            text = $$$"""{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"{{{version}}}","continue":"{{{next}}}"},"items":[{{{string.Join(',', page.Select(entry => Body(entry.Key, entry.Value, VersionOf(entry.Key))))}}}]}""";
        await context.Response.WriteAsync(text);
    }

    private async Task WatchAsync(HttpContext context, int number)
    {
        var seen = int.Parse(context.Request.Query["resourceVersion"]!);
        await context.Response.Body.FlushAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, closing.Token, cut.Token);
        var left = CutAfter(number);
        try
        {
            if (seen < OldestVersion)
            {
                await context.Response.WriteAsync("""{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}}""" + "\n");
                return;
            }
            while (true)
            {
                if (!Silent(number))
                {
                    (int Version, string Type, string Name, string Value)[] news;
                    lock (gate)
                        news = [.. history.Where(change => change.Version > seen)];
                    foreach (var change in news)
                    {
                        seen = change.Version;
                        var line = Encoding.UTF8.GetBytes($$"""{"type":"{{change.Type}}","object":{{Body(change.Name, change.Value, change.Version)}}}""" + "\n");
                        if (left is { } bytes && line.Length > bytes)
                        {
                            await context.Response.Body.WriteAsync(line.AsMemory(0, bytes), end.Token);
                            await context.Response.Body.FlushAsync(end.Token);
                            context.Abort();
                            return;
                        }
                        left -= line.Length;
                        await context.Response.Body.WriteAsync(line, end.Token);
                        await context.Response.Body.FlushAsync(end.Token);
                    }
                }
                await changed.WaitAsync(end.Token);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private int VersionOf(string name) => history.Last(change => change.Name == name).Version;

    private int BirthOf(string name) => history.Last(change => change.Name == name && change.Type == "ADDED").Version;

    private string Body(string name, string value, int at)
    {
        lock (gate)
            return $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"{{{name}}}","namespace":"ns","uid":"u-{{{name}}}-{{{BirthOf(name)}}}","resourceVersion":"{{{at}}}","managedFields":[{"manager":"m"}],"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","keep":"it"}},"data":{"value":"{{{value}}}"}}""";
    }
}
