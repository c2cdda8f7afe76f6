using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RucioOperator.Image;

/// <summary>Pushes to one repository, by the OCI distribution specification 1.1. HTTPS; HTTP on loopback only.</summary>
internal sealed partial class Registry(ImageReference target, RegistryLogin? login) : IDisposable
{
    private readonly HttpClient http = new() { BaseAddress = new Uri($"{(IsLoopback(target.Host) ? "http" : "https")}://{(target.Host == "docker.io" ? "registry-1.docker.io" : target.Host)}/v2/{target.Repository}/"), Timeout = TimeSpan.FromMinutes(10) };

    /// <summary>Blobs first, then manifests, the tag last: whoever pulls never sees half an image.</summary>
    /// <returns>The digest to pull by.</returns>
    public async Task<string> PushAsync(ImageArchive archive, byte[]? bill, CancellationToken cancellationToken)
    {
        foreach (var manifest in archive.Manifests)
        {
            var content = archive.Json(manifest);
            foreach (var part in (JsonNode?[])[content["config"], .. content["layers"]!.AsArray()])
                await PushBlobAsync(archive.Blob(part), cancellationToken);
            await PushManifestAsync(manifest.Required("digest"), manifest.Required("mediaType"), archive.Blob(manifest), cancellationToken);
        }
        var top = archive.Blob(archive.Entry);
        if (bill is not null)
        {
            await PushManifestAsync(Oci.DigestOf(top), archive.Entry.Required("mediaType"), top, cancellationToken);
            await AttachAsync(bill, archive.Entry, cancellationToken);
        }
        await PushManifestAsync(target.Tag, archive.Entry.Required("mediaType"), top, cancellationToken);
        return Oci.DigestOf(top);
    }

    public void Dispose() => http.Dispose();

    /// <summary>The bill of materials as a manifest that refers to the image: <c>oras discover</c> and scanners find it.</summary>
    private async Task AttachAsync(byte[] bill, JsonObject subject, CancellationToken cancellationToken)
    {
        var empty = "{}"u8.ToArray();
        await PushBlobAsync(empty, cancellationToken);
        await PushBlobAsync(bill, cancellationToken);
        var manifest = Oci.Bytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Oci.Manifest,
            ["artifactType"] = Oci.CycloneDx,
            ["config"] = Oci.Descriptor(Oci.Empty, empty),
            ["layers"] = new JsonArray(Oci.Descriptor(Oci.CycloneDx, bill)),
            ["subject"] = new JsonObject { ["mediaType"] = subject.Required("mediaType"), ["digest"] = subject.Required("digest"), ["size"] = subject["size"]!.DeepClone() },
        });
        var answer = await PushManifestAsync(Oci.DigestOf(manifest), Oci.Manifest, manifest, cancellationToken);
        if (answer.Headers.Contains("OCI-Subject"))
            return;
        // Registries before 1.1 keep no list of what refers to an image: the specification has the client keep it under this tag.
        var entry = Oci.Descriptor(Oci.Manifest, manifest);
        entry["artifactType"] = Oci.CycloneDx;
        var list = Oci.Bytes(new JsonObject { ["schemaVersion"] = 2, ["mediaType"] = Oci.Index, ["manifests"] = new JsonArray(entry) });
        await PushManifestAsync(subject.Required("digest").Replace(':', '-'), Oci.Index, list, cancellationToken);
    }

    private async Task PushBlobAsync(byte[] content, CancellationToken cancellationToken)
    {
        var digest = Oci.DigestOf(content);
        if ((await SendAsync(() => new(HttpMethod.Head, $"blobs/{digest}"), cancellationToken)).StatusCode == HttpStatusCode.OK)
            return;
        var begun = await SendAsync(() => new(HttpMethod.Post, "blobs/uploads/"), cancellationToken);
        var place = begun is { StatusCode: HttpStatusCode.Accepted, Headers.Location: { } given } ? new Uri(http.BaseAddress!, given) : throw Refused("an upload", begun);
        var ended = await SendAsync(() => new(HttpMethod.Put, $"{place}{(place.Query.Length > 0 ? '&' : '?')}digest={Uri.EscapeDataString(digest)}") { Content = Body(content, "application/octet-stream") }, cancellationToken);
        if (ended.StatusCode != HttpStatusCode.Created)
            throw Refused($"blob {digest}", ended);
    }

    private async Task<HttpResponseMessage> PushManifestAsync(string reference, string mediaType, byte[] content, CancellationToken cancellationToken)
    {
        var answer = await SendAsync(() => new(HttpMethod.Put, $"manifests/{reference}") { Content = Body(content, mediaType) }, cancellationToken);
        return answer.StatusCode == HttpStatusCode.Created ? answer : throw Refused($"manifest {reference}", answer);
    }

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, CancellationToken cancellationToken)
    {
        var answer = await http.SendAsync(request(), cancellationToken);
        if (answer.StatusCode != HttpStatusCode.Unauthorized || await AuthorizeAsync(answer, cancellationToken) is not { } authorization)
            return answer;
        answer.Dispose();
        http.DefaultRequestHeaders.Authorization = authorization;
        return await http.SendAsync(request(), cancellationToken);
    }

    /// <summary>What the registry asks for: a name and password, or a token from whoever gives it for them.</summary>
    private async Task<AuthenticationHeaderValue?> AuthorizeAsync(HttpResponseMessage refused, CancellationToken cancellationToken)
    {
        var basic = login is null ? null : new AuthenticationHeaderValue("Basic", login.Basic);
        var challenge = refused.Headers.WwwAuthenticate.FirstOrDefault(offer => offer.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase));
        if (challenge?.Parameter is not { } parameter)
            return basic;
        var asked = Parameter().Matches(parameter).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        if (!asked.TryGetValue("realm", out var realm) || !Uri.TryCreate(realm, UriKind.Absolute, out var place) || place.Scheme != Uri.UriSchemeHttps && !place.IsLoopback)
            throw new InvalidDataException($"{target.Host} names no usable place for tokens");
        using var question = new HttpRequestMessage(HttpMethod.Get, $"{realm}?service={Uri.EscapeDataString(asked.GetValueOrDefault("service", ""))}&scope={Uri.EscapeDataString($"repository:{target.Repository}:pull,push")}");
        question.Headers.Authorization = basic;
        using var answer = await http.SendAsync(question, cancellationToken);
        if (!answer.IsSuccessStatusCode)
            throw new InvalidDataException($"{place.Host} gives no token to push to {target.Repository}: {(int)answer.StatusCode}");
        var given = JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
        return new("Bearer", (given?["token"] ?? given?["access_token"])?.GetValue<string>());
    }

    private InvalidDataException Refused(string what, HttpResponseMessage answer) =>
        new(answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? $"{target.Host} does not let {login?.User ?? "nobody in particular"} push to {target.Repository}: set REGISTRY_USER and REGISTRY_PASSWORD, or docker login"
            : $"{target.Host} refused {what} of {target.Repository}: {(int)answer.StatusCode}");

    private static ByteArrayContent Body(byte[] content, string mediaType) => new(content) { Headers = { ContentType = new(mediaType) } };

    private static bool IsLoopback(string host) => host.Split(':')[0] is "localhost" or "127.0.0.1";

    [GeneratedRegex("""(\w+)="([^"]*)["]""")]
    private static partial Regex Parameter();
}
