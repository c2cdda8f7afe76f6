using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace RucioOperator.Tests.Contract;

/// <summary>An HTTP proxy that finds a Service of the cluster where it runs in truth, so that a client can use the address a user gets.</summary>
internal sealed class ServiceProxy : IAsyncDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });
    private WebApplication _app = null!;

    /// <summary>For the variable http_proxy.</summary>
    public string Url { get; private set; } = "";

    /// <param name="host">Any other is refused.</param>
    public static async Task<ServiceProxy> StartAsync(string host, Uri target)
    {
        var proxy = new ServiceProxy();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        proxy._app = builder.Build();
        proxy._app.Run(context => proxy.ForwardAsync(context, host, target));
        await proxy._app.StartAsync();
        proxy.Url = $"http://127.0.0.1:{new Uri(proxy._app.Urls.First()).Port}";
        return proxy;
    }

    private async Task ForwardAsync(HttpContext context, string host, Uri target)
    {
        var asked = new Uri(context.Features.Get<IHttpRequestFeature>()!.RawTarget);
        if (asked.Host != host)
        {
            context.Response.StatusCode = 502;
            return;
        }
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(target, asked.PathAndQuery));
        if (context.Request.ContentLength is > 0 || context.Request.Headers.TransferEncoding.Count > 0)
            request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers.Where(h => h.Key is not ("Host" or "Proxy-Connection" or "Connection" or "Accept-Encoding")))
        {
            if (!request.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
                request.Content?.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
        }
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(h => h.Key is not ("Transfer-Encoding" or "Connection")))
            context.Response.Headers[name] = values.ToArray();
        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
    }
}
