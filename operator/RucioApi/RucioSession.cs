using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using RucioOperator.Runtime;

namespace RucioOperator.RucioApi;

/// <summary>
/// One account's calls. Logs in on first use, keeps the token until shortly before it ends (Rucio's live one hour) and
/// logs in once more when the server no longer knows it. No call is retried otherwise: the loop observes again.
/// </summary>
public sealed class RucioSession
{
    private const string LoginPath = "auth/userpass";

    private readonly RucioHttp http;
    private readonly Uri baseUrl;
    private readonly Uri authUrl;
    private readonly RucioCredential credential;
    private readonly TimeProvider time;
    private readonly SemaphoreSlim _login = new(1, 1);
    private string? _token;
    private DateTimeOffset _expires;
    private volatile bool _retired;

    internal RucioSession(RucioHttp http, Uri baseUrl, Uri authUrl, RucioCredential credential, TimeProvider time) =>
        (this.http, this.baseUrl, this.authUrl, this.credential, this.time) = (http, baseUrl, authUrl, credential, time);

    public async Task<string?> SendAsync(HttpMethod method, string path, JsonNode? body, CancellationToken ct, params (string Name, string Value)[] headers)
    {
        var operation = $"{method} /{path}";
        for (var attempt = 1; ; attempt++)
        {
            var token = await TokenAsync(ct);
            using var request = new HttpRequestMessage(method, new Uri(baseUrl, path));
            request.Headers.Add("X-Rucio-Auth-Token", token);
            request.Headers.TryAddWithoutValidation("Accept", "application/x-json-stream, application/json, */*");
            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
            if (body is not null)
            {
                request.Content = new StringContent(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
            }
            using var response = await TryAsync(request, path, operation, ct);
            if (response.IsSuccessStatusCode)
            {
                return await response.Content.ReadAsStringAsync(ct);
            }
            var rejected = await RejectionAsync(response, operation, ct);
            if (rejected.ExceptionClass == "CannotAuthenticate" && attempt == 1)
            {
                _token = null;
                continue;
            }
            throw rejected;
        }
    }

    /// <summary>Another login takes the place of this one: it is not used for one more. One that is on its way has its token when this returns.</summary>
    internal async Task RetireAsync(CancellationToken ct)
    {
        Retire();
        await _login.WaitAsync(ct);
        _login.Release();
    }

    internal void Retire() => _retired = true;

    /// <summary>Proves the credential. Cheap while a token is held.</summary>
    public Task LoginAsync(CancellationToken ct) => TokenAsync(ct);

    private async Task<string> TokenAsync(CancellationToken ct)
    {
        await _login.WaitAsync(ct);
        try
        {
            if (_token is not null && time.GetUtcNow() < _expires)
            {
                return _token;
            }
            var operation = $"login of {credential}";
            if (_retired)
            {
                throw new RucioUnavailableException(operation, "another login has taken its place");
            }
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(authUrl, LoginPath));
            request.Headers.Add("X-Rucio-VO", credential.Vo);
            // Without it the accounts of this identity in all VOs are considered.
            request.Headers.Add("X-Rucio-Account", credential.Account);
            request.Headers.Add("X-Rucio-AppID", "rucio-operator");
            request.Headers.TryAddWithoutValidation("X-Rucio-Username", credential.Username);
            request.Headers.TryAddWithoutValidation("X-Rucio-Password", credential.Password);
            using var response = await TryAsync(request, LoginPath, operation, ct);
            if (response.StatusCode != HttpStatusCode.OK || !response.Headers.TryGetValues("X-Rucio-Auth-Token", out var tokens))
            {
                throw await RejectionAsync(response, operation, ct);
            }
            _token = tokens.First();
            _expires = Expiry(response) - TimeSpan.FromMinutes(5);
            return _token;
        }
        finally
        {
            _login.Release();
        }
    }

    private DateTimeOffset Expiry(HttpResponseMessage response) =>
        response.Headers.TryGetValues("X-Rucio-Auth-Token-Expires", out var values)
        && DateTimeOffset.TryParseExact(values.First(), "ddd, dd MMM yyyy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at
            : time.GetUtcNow() + TimeSpan.FromMinutes(30);

    private async Task<HttpResponseMessage> TryAsync(HttpRequestMessage request, string path, string operation, CancellationToken ct)
    {
        using var limit = new CallLimit(Timeout.InfiniteTimeSpan, request.Method != HttpMethod.Get, time, ct);
        try
        {
            return await http.SendAsync(request, path, limit.Token);
        }
        catch (HttpRequestException error)
        {
            throw new RucioUnavailableException(operation, error.HttpRequestError.ToString(), error);
        }
        catch (OperationCanceledException error) when (!ct.IsCancellationRequested)
        {
            throw new RucioUnavailableException(operation, "no answer in time", error);
        }
    }

    /// <summary>The class and, where it names things rather than contents, a short text: never a body as it came.</summary>
    private static async Task<RucioRejectedException> RejectionAsync(HttpResponseMessage response, string operation, CancellationToken ct)
    {
        string? exceptionClass = null, message = null;
        try
        {
            var body = await response.Content.ReadAsStringAsync(ct);
            if (body.StartsWith('{'))
            {
                using var json = JsonDocument.Parse(body);
                exceptionClass = json.RootElement.TryGetProperty("ExceptionClass", out var c) ? c.GetString() : null;
                message = json.RootElement.TryGetProperty("ExceptionMessage", out var m) ? m.GetString() : null;
            }
        }
        catch (Exception error) when (error is JsonException or HttpRequestException or IOException)
        {
            // A cut or foreign answer: the status is all there is.
        }
        exceptionClass ??= response.Headers.TryGetValues("ExceptionClass", out var values) ? values.First() : null;
        // A plain 500 is Rucio stumbling over this very call (a Python error it does not map); 502 to 504 never reached it.
        if (exceptionClass is null && (int)response.StatusCode == 500)
        {
            exceptionClass = RucioRejectedException.InternalError;
        }
        if (exceptionClass is null && (int)response.StatusCode > 500)
        {
            throw new RucioUnavailableException(operation, $"status {(int)response.StatusCode}");
        }
        return new RucioRejectedException(operation, (int)response.StatusCode, exceptionClass ?? $"status {(int)response.StatusCode}", Short(message));
    }

    private static string Short(string? message)
    {
        var line = (message ?? "").ReplaceLineEndings(" ").Trim();
        return line.Length <= 160 ? line : line[..160] + "…";
    }
}
