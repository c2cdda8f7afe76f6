using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace RucioOperator.Sandbox.Rucio;

/// <summary>
/// Tokens of issuers as Rucio 41 takes them (lib/rucio/core/oidc.py): clients of all issuers are loaded at the first token,
/// and one issuer that can't be read leaves none. Not played: certificates are believed, keys are never read again.
/// </summary>
internal sealed class OidcLogins(RucioConfig config, string? idpSecrets)
{
    private static readonly HttpClient Http = new(new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, _, _, _) => true }) { Timeout = TimeSpan.FromSeconds(5) };

    private IReadOnlyDictionary<string, IReadOnlyList<RSA>>? _issuers;

    /// <summary>Null: not a token that is taken. Of a known one the account is the default of its identity, else the oldest, of whatever VO and status.</summary>
    public async Task<(InternalAccount Account, string Identity, string Scope, string Audience, DateTime Expires)?> ValidateAsync(Session session, string token)
    {
        if (token.Split('.') is not [var head, var body, var signature] || Parse(body) is not { } claims || (_issuers ??= await LoadAsync()) is not { } issuers)
            return null;
        var (subject, issuer) = (claims["sub"]?.ToString(), claims["iss"]?.ToString());
        var expires = DateTime.UnixEpoch.AddSeconds(double.Parse(claims["exp"]?.ToString() ?? "0", CultureInfo.InvariantCulture));
        var identity = $"SUB={subject}, ISS={issuer}";
        var (scope, audience) = (Text(claims["scope"]), Text(claims["aud"]));
        if (expires < DateTime.UtcNow || issuer is null || !issuers.TryGetValue(issuer, out var keys) || !keys.Any(key => Verifies(key, $"{head}.{body}", signature)))
            return null;
        if (!Has(scope, "expected_scope", "openid profile") || !Has(audience, "expected_audience", "rucio"))
            return null;
        var accounts = await session.QueryAsync("SELECT account FROM account_map WHERE identity = $1 AND identity_type = 'OIDC' ORDER BY is_default DESC, created_at LIMIT 1", r => InternalAccount.FromInternal(r.GetString(0)), identity);
        return accounts is [var account] ? (account, identity, scope, audience, expires) : null;
    }

    private async Task<IReadOnlyDictionary<string, IReadOnlyList<RSA>>?> LoadAsync()
    {
        var issuers = new Dictionary<string, IReadOnlyList<RSA>>();
        try
        {
            foreach (var (_, entry) in JsonNode.Parse(idpSecrets ?? "{}")!.AsObject())
            {
                var issuer = entry!["issuer"]!.GetValue<string>();
                _ = entry["SCIM"]!["client_id"]!.GetValue<string>();
                var document = JsonNode.Parse(await Http.GetStringAsync($"{issuer.TrimEnd('/')}/.well-known/openid-configuration"))!;
                if (document["issuer"]!.GetValue<string>() != issuer)
                    return null;
                var keys = JsonNode.Parse(await Http.GetStringAsync(document["jwks_uri"]!.GetValue<string>()))!["keys"]!.AsArray();
                issuers[issuer] = [.. keys.Select(k => RSA.Create(new RSAParameters { Modulus = Decode(k!["n"]!.GetValue<string>()), Exponent = Decode(k["e"]!.GetValue<string>()) }))];
            }
        }
        catch (Exception error) when (error is HttpRequestException or System.Text.Json.JsonException or NullReferenceException or TaskCanceledException)
        {
            return null;
        }
        return issuers.Count == 0 ? null : issuers;
    }

    private bool Has(string had, string option, string fallback) => had != "" && (config["oidc", option] ?? fallback).Split(' ').All(had.Split(' ').Contains);

    private static bool Verifies(RSA key, string text, string signature) => key.VerifyData(Encoding.ASCII.GetBytes(text), Decode(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static string Text(JsonNode? claim) => claim switch
    {
        JsonArray list => string.Join(' ', list.Select(c => c!.ToString())),
        _ => claim?.ToString() ?? "",
    };

    private static JsonObject? Parse(string part)
    {
        try
        {
            return JsonNode.Parse(Decode(part)) as JsonObject;
        }
        catch (Exception error) when (error is FormatException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private static byte[] Decode(string text) => Base64Url.DecodeFromChars(text);
}
