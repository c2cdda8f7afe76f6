using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RucioOperator.Observed;

/// <param name="Fatal">Rucio would load no client at all: the issuer must stay out.</param>
public sealed record OidcProblem(string Reason, string Message, bool Fatal = true);

/// <summary>
/// Reads an issuer's discovery document as Rucio will (pyoidc's provider_config, lib/rucio/core/oidc.py). One issuer that
/// can't be read there makes the clients of all issuers fail, so none is rendered before it was read here.
/// </summary>
public sealed class OidcDiscovery(Func<string, HttpClient> http, TimeProvider time, TimeSpan goodFor)
{
    private const string WellKnown = ".well-known/openid-configuration";

    private static readonly string[] Needed = ["authorization_endpoint", "token_endpoint", "jwks_uri"];

    /// <summary>A broken one is asked again after that.</summary>
    private static readonly TimeSpan BadFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Url, bool Admin, string Trust), (long At, OidcProblem? Problem)> known = [];

    /// <summary>Null: usable. Answers from memory for a while.</summary>
    /// <param name="admin">Gives Rucio its own tokens, too.</param>
    /// <param name="now">Somebody asks: a bad answer is not believed any more.</param>
    /// <param name="trust">PEM texts of authorities besides the system's; Rucio's pods trust them, too.</param>
    public async Task<OidcProblem?> CheckAsync(string url, bool admin, CancellationToken cancellationToken, bool now = false, string trust = "")
    {
        if (known.TryGetValue((url, admin, trust), out var last) && !(now && last.Problem is not null) && time.GetElapsedTime(last.At) < (last.Problem is null ? goodFor : BadFor))
            return last.Problem;
        var problem = await LookAsync(http(trust), url, admin, cancellationToken);
        known[(url, admin, trust)] = (time.GetTimestamp(), problem);
        return problem;
    }

    private async Task<OidcProblem?> LookAsync(HttpClient client, string url, bool admin, CancellationToken cancellationToken)
    {
        var place = new Uri($"{url.TrimEnd('/')}/{WellKnown}");
        var (document, error) = await ReadAsync(client, place, cancellationToken);
        if (document is null)
            return new("IssuerUnreachable", $"{place}: {error}");
        if (document["issuer"]?.ToString() is var issuer && issuer != url)
            return new("IssuerMismatch", $"{place} names another issuer ({Short(issuer)}): url must be exactly that, or no token of it is taken");
        if (Array.Find(Needed, field => document[field]?.ToString() is not { Length: > 0 }) is { } missing)
            return new("IssuerIncomplete", $"{place} has no {missing}");
        // Rucio joins URLs here, and that drops the last part of a path without a slash at its end.
        var joined = new Uri(new Uri(url), WellKnown);
        return admin && joined != place && (await ReadAsync(client, joined, cancellationToken)).Document?["token_endpoint"]?.ToString() is not { Length: > 0 }
            ? new("AdminIssuerUnusable", $"Rucio looks for the token endpoint of the admin issuer at {joined} and there is none: adminIssuer needs an issuer whose URL ends with / or has no path", Fatal: false)
            : null;
    }

    private async Task<(JsonObject? Document, string Error)> ReadAsync(HttpClient client, Uri place, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CallTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await client.GetAsync(place, both.Token);
            if (!response.IsSuccessStatusCode)
                return (null, $"answers {(int)response.StatusCode}");
            return JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(both.Token)) is JsonObject document ? (document, "") : (null, "is no discovery document");
        }
        catch (JsonException)
        {
            return (null, "is no discovery document");
        }
        catch (HttpRequestException error)
        {
            return (null, HttpFailures.Words(error));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, $"no answer within {CallTimeout.TotalSeconds:0} s");
        }
    }

    private static string Short(string? text) => text is null ? "none" : text.Length <= 200 ? text : text[..200] + "…";
}
