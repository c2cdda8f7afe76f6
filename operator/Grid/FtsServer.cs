using System.Globalization;
using System.Text.Json;

namespace RucioOperator.Grid;

/// <summary>The FTS REST server's delegation interface, as fts-rest-flask 3.13 has it.</summary>
internal sealed class FtsServer(GridHttp http, TimeProvider time) : IFtsServer
{
    private const int LongestName = 1024;
    private const int MostNames = 64;

    public void Dispose() => http.Dispose();

    public async Task<FtsIdentity> WhoAmIAsync(CancellationToken ct)
    {
        var answer = await AskAsync(HttpMethod.Get, "/whoami", null, ct);
        using var document = Json(answer);
        var who = document.RootElement;
        if (who.ValueKind != JsonValueKind.Object || Text(who, "user_dn") is not { Length: <= LongestName } dn)
        {
            throw Unclear("it does not say who we are");
        }
        if (Text(who, "delegation_id") is not { Length: > 0 and <= LongestName } id || !id.All(char.IsAsciiLetterOrDigit))
        {
            // It asks for a certificate, but says yes to those who show none it likes.
            throw new GridRefusedException(GridRefusedException.FtsRefused, "it does not take the certificate: to it we are nobody");
        }
        return new FtsIdentity(id, dn, Texts(who, "vos"), [.. Texts(who, "voms_cred").Select(VomsAttributes.Short)], answer.Date - time.GetUtcNow());
    }

    public async Task<DateTimeOffset?> EndsAsync(string id, CancellationToken ct)
    {
        using var document = Json(await AskAsync(HttpMethod.Get, $"/delegation/{id}", null, ct));
        // Nothing delegated: null, or [] for clients that call themselves fts-…/3.12 and later.
        if (document.RootElement.ValueKind != JsonValueKind.Object || Text(document.RootElement, "termination_time") is not { } text)
        {
            return null;
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var ends)
            ? ends
            : throw Unclear("its time of termination can't be read");
    }

    public async Task<string> RequestAsync(string id, CancellationToken ct)
    {
        var pem = (await AskAsync(HttpMethod.Get, $"/delegation/{id}/request", null, ct)).Body;
        return pem.Contains("-----BEGIN CERTIFICATE REQUEST-----", StringComparison.Ordinal) || pem.Contains("-----BEGIN NEW CERTIFICATE REQUEST-----", StringComparison.Ordinal)
            ? pem
            : throw Unclear("what it wants signed is no certificate request");
    }

    public async Task PutAsync(string id, string pem, CancellationToken ct) => await AskAsync(HttpMethod.Put, $"/delegation/{id}/credential", pem, ct);

    public async Task<bool> DeleteAsync(string id, CancellationToken ct) => (await AskAsync(HttpMethod.Delete, $"/delegation/{id}", null, ct)).Status != 404;

    /// <summary>First rule that fits wins.</summary>
    private async Task<GridAnswer> AskAsync(HttpMethod method, string path, string? body, CancellationToken ct)
    {
        var answer = await http.SendAsync(method, path, body, ct);
        return answer.Status switch
        {
            >= 200 and < 300 => answer,
            // Of a delegation that is not there; of anything else it would mean that this is no FTS.
            404 when method == HttpMethod.Delete => answer,
            400 when method == HttpMethod.Put => throw new GridRefusedException(GridRefusedException.DelegationRejected, ServerWords.Of(answer)),
            400 or 401 or 403 or 419 => throw new GridRefusedException(GridRefusedException.FtsRefused, ServerWords.Of(answer)),
            _ => throw new GridRefusedException(GridRefusedException.FtsUnreachable, ServerWords.Of(answer)),
        };
    }

    private static JsonDocument Json(GridAnswer answer)
    {
        try
        {
            return JsonDocument.Parse(answer.Body);
        }
        catch (JsonException)
        {
            throw Unclear("its answer is not JSON");
        }
    }

    private static GridRefusedException Unclear(string what) => new(GridRefusedException.FtsUnreachable, $"it is no FTS REST server: {what}");

    private static string? Text(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static IReadOnlyList<string> Texts(JsonElement of, string name) =>
        of.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Where(e => e.ValueKind == JsonValueKind.String).Select(e => e.GetString()!).Where(t => t.Length <= LongestName).Take(MostNames)] : [];
}
