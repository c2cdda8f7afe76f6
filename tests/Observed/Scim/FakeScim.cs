using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Web;

namespace RucioOperator.Tests.Observed.Scim;

/// <summary>An issuer with a SCIM interface as INDIGO IAM's: at most 100 a page, members not in groups, no sessions between pages.</summary>
internal sealed class FakeScim : HttpMessageHandler
{
    public const string Issuer = "https://iam.example.org/";

    public List<JsonObject> Users { get; } = [];

    public List<JsonObject> Groups { get; } = [];

    public List<(string Path, string Query, string? Authorization)> Calls { get; } = [];

    /// <summary>Answers in place of the interface, as long as there are any.</summary>
    public Queue<Func<HttpRequestMessage, HttpResponseMessage?>> Instead { get; } = [];

    public string TokenEndpoint { get; set; } = $"{Issuer}token";

    public int Tokens { get; private set; }

    public static JsonObject User(string id, string name, params string[] groups) => new()
    {
        ["id"] = id,
        ["userName"] = name,
        ["active"] = true,
        ["emails"] = new JsonArray(new JsonObject { ["value"] = $"{name}@example.org", ["primary"] = true }),
        ["groups"] = new JsonArray([.. groups.Select(g => new JsonObject { ["display"] = g, ["value"] = $"id-{g}" })]),
    };

    public static JsonObject Group(string name, params string[] members) => new()
    {
        ["id"] = $"id-{name}",
        ["displayName"] = name,
        ["members"] = members.Length == 0 ? null : new JsonArray([.. members.Select(m => new JsonObject { ["value"] = m })]),
    };

    public static HttpResponseMessage Json(string text, HttpStatusCode status = HttpStatusCode.OK) => new(status) { Content = new StringContent(text, Encoding.UTF8, "application/scim+json") };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var uri = request.RequestUri!;
        lock (Calls)
            Calls.Add((uri.AbsolutePath, uri.Query, request.Headers.Authorization?.ToString()));
        if (Instead.TryDequeue(out var instead) && instead(request) is { } answer)
            return answer;
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        return uri.AbsolutePath switch
        {
            "/.well-known/openid-configuration" => Json($$"""{"issuer":"{{Issuer}}","token_endpoint":"{{TokenEndpoint}}"}"""),
            "/token" when body == "grant_type=client_credentials&scope=scim%3Aread" => Json($$"""{"access_token":"t{{++Tokens}}"}"""),
            "/scim/Users" or "/scim/Groups" when request.Headers.Authorization is not { Scheme: "Bearer" } => new(HttpStatusCode.Unauthorized),
            "/scim/Users" => Page(Users, uri),
            "/scim/Groups" => Page(Groups, uri),
            _ => new(HttpStatusCode.NotFound),
        };
    }

    private static HttpResponseMessage Page(List<JsonObject> all, Uri uri)
    {
        var query = HttpUtility.ParseQueryString(uri.Query);
        return Json(Page(all, int.Parse(query["startIndex"]!), int.Parse(query["count"]!)));
    }

    public static string Page(IReadOnlyList<JsonObject> all, int startIndex, int count)
    {
        var page = all.Skip(startIndex - 1).Take(Math.Min(100, count)).Select(u => (JsonNode)u.DeepClone()).ToArray();
        return new JsonObject { ["totalResults"] = all.Count, ["itemsPerPage"] = page.Length, ["startIndex"] = startIndex, ["Resources"] = new JsonArray(page) }.ToJsonString();
    }

    public static HttpResponseMessage Busy(int seconds, HttpStatusCode status = HttpStatusCode.TooManyRequests)
    {
        var response = new HttpResponseMessage(status);
        response.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(seconds));
        return response;
    }
}
