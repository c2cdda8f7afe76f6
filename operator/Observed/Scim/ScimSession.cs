using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace RucioOperator.Observed.Scim;

/// <summary>One read's calls: a token by client credentials (RFC 6749 4.4), renewed once, and patience with a server that is busy.</summary>
internal sealed class ScimSession(HttpClient http, ScimSource source, TimeProvider time)
{
    private const int Tries = 4;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    private string? _token;

    public async Task<JsonDocument> GetAsync(string url, CancellationToken ct)
    {
        var renewed = false;
        while (true)
        {
            _token ??= await TokenAsync(ct);
            using var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, url)
            {
                Headers = { Authorization = new AuthenticationHeaderValue("Bearer", _token), Accept = { new("application/scim+json"), new("application/json") } },
            }, ct);
            if (response.StatusCode == HttpStatusCode.Unauthorized && !renewed)
            {
                (_token, renewed) = (null, true);
                continue;
            }
            return response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
                ? throw new ScimFailure(ScimFailure.ScimRefused, $"{url.Split('?')[0]} answers {(int)response.StatusCode}: the client of scimSecretRef needs the scope scim:read")
                : await JsonAsync(response, url, ct);
        }
    }

    private async Task<string> TokenAsync(CancellationToken ct)
    {
        var discovery = $"{source.Issuer.TrimEnd('/')}/.well-known/openid-configuration";
        string? endpoint;
        using (var response = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, discovery), ct))
        using (var document = await JsonAsync(response, discovery, ct))
        {
            endpoint = ScimJson.Text(document.RootElement, "token_endpoint");
        }
        // The client's secret goes there.
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var place) || place.Scheme != Uri.UriSchemeHttps)
        {
            throw new ScimFailure(ScimFailure.ScimFailed, $"{discovery} names no token_endpoint with https");
        }
        using var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, place)
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Uri.EscapeDataString(source.ClientId)}:{Uri.EscapeDataString(source.ClientSecret)}"))) },
            Content = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("scope", "scim:read")]),
        }, ct);
        if (answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            throw new ScimFailure(ScimFailure.ScimRefused, $"{place.GetLeftPart(UriPartial.Path)} answers {(int)answer.StatusCode}: the client of scimSecretRef, its grant client_credentials, or its scope scim:read is not accepted");
        }
        using var granted = await JsonAsync(answer, place.GetLeftPart(UriPartial.Path), ct);
        return ScimJson.Text(granted.RootElement, "access_token") ?? throw new ScimFailure(ScimFailure.ScimFailed, $"{place.GetLeftPart(UriPartial.Path)} gives no access_token");
    }

    /// <summary>Waits where the server asks for it, or is out of order for a moment.</summary>
    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> make, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var request = make();
            var place = request.RequestUri!.GetLeftPart(UriPartial.Path);
            try
            {
                var response = await CallAsync(request, ct);
                if (response.StatusCode != HttpStatusCode.TooManyRequests && (int)response.StatusCode < 500)
                {
                    return response;
                }
                using (response)
                {
                    var wait = Wait(response, attempt);
                    if (attempt == Tries || wait > LongestWait)
                    {
                        throw new ScimFailure(ScimFailure.ScimUnreachable, $"{place} answers {(int)response.StatusCode}", wait);
                    }
                    await Task.Delay(wait, time, ct);
                }
            }
            catch (Exception error) when (error is HttpRequestException or TimeoutException or IOException)
            {
                if (attempt == Tries)
                {
                    throw new ScimFailure(ScimFailure.ScimUnreachable, $"{place}: {(error is HttpRequestException http ? HttpFailures.Words(http) : error is TimeoutException ? $"no answer within {CallTimeout.TotalSeconds:0} s" : "the connection failed")}");
                }
                await Task.Delay(TimeSpan.FromSeconds(attempt), time, ct);
            }
        }
    }

    private async Task<HttpResponseMessage> CallAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(CallTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        try
        {
            return await http.SendAsync(request, both.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException();
        }
    }

    private TimeSpan Wait(HttpResponseMessage response, int attempt) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is { Ticks: > 0 } left ? left : TimeSpan.FromSeconds(1),
        _ => TimeSpan.FromSeconds(1 << (attempt - 1)),
    };

    private static async Task<JsonDocument> JsonAsync(HttpResponseMessage response, string url, CancellationToken ct)
    {
        var place = url.Split('?')[0];
        if (!response.IsSuccessStatusCode)
        {
            throw new ScimFailure(ScimFailure.ScimFailed, $"{place} answers {(int)response.StatusCode}");
        }
        try
        {
            return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(ct));
        }
        catch (JsonException)
        {
            throw new ScimFailure(ScimFailure.ScimFailed, $"{place} answers something that is not JSON");
        }
    }
}
