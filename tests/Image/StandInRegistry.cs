using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RucioOperator.Image;

namespace RucioOperator.Tests.Image;

/// <summary>A registry on loopback, as the OCI distribution specification has it: pulls, pushes in one piece, manifests by tag and digest.</summary>
internal sealed class StandInRegistry : IAsyncDisposable
{
    private const string Token = "token-for-pushing";

    private readonly WebApplication app;
    private readonly string? login;
    private readonly bool knowsReferrers;

    private StandInRegistry(WebApplication app, string? login, bool knowsReferrers) => (this.app, this.login, this.knowsReferrers) = (app, login, knowsReferrers);

    public ConcurrentDictionary<string, byte[]> Blobs { get; } = [];

    /// <summary>By repository and tag or digest.</summary>
    public ConcurrentDictionary<string, (string MediaType, byte[] Content)> Manifests { get; } = [];

    /// <summary>Methods and paths of what was asked, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    public string Host { get; private set; } = "";

    /// <param name="login">"name:password" that gets a token; null: everybody may push.</param>
    public static async Task<StandInRegistry> StartAsync(string? login = null, bool knowsReferrers = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0").ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
        var registry = new StandInRegistry(builder.Build(), login, knowsReferrers);
        registry.app.Run(registry.AnswerAsync);
        await registry.app.StartAsync();
        // The SDK speaks HTTP to localhost alone, by that name.
        registry.Host = $"localhost:{new Uri(registry.app.Urls.First()).Port}";
        return registry;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var path = request.Path.Value!;
        Asked.Enqueue($"{request.Method} {path}");
        if (path == "/token")
        {
            var known = request.Headers.Authorization.ToString() == $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(login!))}";
            response.StatusCode = known ? 200 : 401;
            await response.WriteAsync(known ? $$"""{"token":"{{Token}}"}""" : "{}");
            return;
        }
        if (login is not null && request.Headers.Authorization.ToString() != $"Bearer {Token}")
        {
            response.StatusCode = 401;
            response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{Host}/token\",service=\"stand-in\"";
            return;
        }
        if (path is "/v2/")
            return;
        var parts = path.Split('/');
        var place = Array.FindIndex(parts, part => part is "blobs" or "manifests");
        var (kind, repository, reference) = (parts[place], string.Join('/', parts[2..place]), parts[^1]);
        await (kind == "blobs" ? BlobAsync(request, response, repository, reference) : ManifestAsync(request, response, repository, reference));
    }

    private async Task BlobAsync(HttpRequest request, HttpResponse response, string repository, string reference)
    {
        switch (request.Method)
        {
            case "POST":
                response.StatusCode = 202;
                response.Headers.Location = $"/v2/{repository}/blobs/uploads/{Guid.NewGuid():N}?state=1";
                break;
            case "PUT":
                var content = await BodyAsync(request);
                var digest = request.Query["digest"].ToString();
                response.StatusCode = Oci.DigestOf(content) == digest ? 201 : 400;
                if (response.StatusCode == 201)
                    Blobs[digest] = content;
                break;
            default:
                await GiveAsync(request, response, Blobs.TryGetValue(reference, out var blob) ? ("application/octet-stream", blob) : null);
                break;
        }
    }

    private async Task ManifestAsync(HttpRequest request, HttpResponse response, string repository, string reference)
    {
        if (request.Method != "PUT")
        {
            await GiveAsync(request, response, Manifests.TryGetValue($"{repository}:{reference}", out var known) ? known : null);
            return;
        }
        var (content, mediaType) = (await BodyAsync(request), request.ContentType!);
        var manifest = System.Text.Json.Nodes.JsonNode.Parse(content)!;
        // As real ones do: what a manifest names is there before it.
        var named = (manifest["layers"]?.AsArray() ?? []).Append(manifest["config"]).Where(part => part is not null).Select(part => part.Required("digest"));
        var below = (manifest["manifests"]?.AsArray() ?? []).Select(part => part.Required("digest"));
        if (named.Any(digest => !Blobs.ContainsKey(digest)) || below.Any(digest => !Manifests.ContainsKey($"{repository}:{digest}")))
        {
            response.StatusCode = 404;
            return;
        }
        Manifests[$"{repository}:{reference}"] = Manifests[$"{repository}:{Oci.DigestOf(content)}"] = (mediaType, content);
        response.StatusCode = 201;
        if (knowsReferrers && manifest["subject"] is { } subject)
            response.Headers["OCI-Subject"] = subject.Required("digest");
    }

    private static async Task GiveAsync(HttpRequest request, HttpResponse response, (string MediaType, byte[] Content)? found)
    {
        if (found is not { } given)
        {
            response.StatusCode = 404;
            return;
        }
        (response.ContentType, response.ContentLength) = (given.MediaType, given.Content.Length);
        response.Headers["Docker-Content-Digest"] = Oci.DigestOf(given.Content);
        if (request.Method != "HEAD")
            await response.Body.WriteAsync(given.Content);
    }

    private static async Task<byte[]> BodyAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return body.ToArray();
    }
}
