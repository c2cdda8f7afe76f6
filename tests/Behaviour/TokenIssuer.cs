using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RucioOperator.Sandbox.Postgres;
using RucioOperator.Tests.Observed.Scim;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Token issuers on loopback, one per path: https, with a CA of their own; each with people to ask for over SCIM.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    private readonly ThrowAwayAuthority authority = new("token issuer CA");
    private readonly string folder = Directory.CreateTempSubdirectory("rucio-issuer-").FullName;
    private readonly Dictionary<string, IssuedPeople> up = [];
    private readonly RSA key = RSA.Create(2048);
    private WebApplication app = null!;

    public string Url { get; private set; } = "";

    public string CaPem => authority.CaPem;

    /// <summary>For a process that shall trust it: SSL_CERT_FILE.</summary>
    public string CaFile => Path.Combine(folder, "ca.crt");

    public static async Task<TokenIssuer> StartAsync()
    {
        var issuer = new TokenIssuer();
        await File.WriteAllTextAsync(issuer.CaFile, issuer.authority.CaPem);
        var (certificate, key) = issuer.authority.Issue("localhost", "localhost");
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(X509Certificate2.CreateFromPem(certificate, key))));
        issuer.app = builder.Build();
        issuer.app.Map("/{name}/.well-known/openid-configuration", issuer.Discover);
        issuer.app.Map("/{name}/k", issuer.Keys);
        issuer.app.MapPost("/{name}/t", issuer.GrantAsync);
        issuer.app.Map("/{name}/scim/{kind}", issuer.List);
        await issuer.app.StartAsync();
        issuer.Url = $"https://localhost:{new Uri(issuer.app.Urls.First()).Port}";
        return issuer;
    }

    /// <returns>The issuer's URL.</returns>
    public string Up(string name)
    {
        People(name);
        return $"{Url}/{name}/";
    }

    /// <summary>Of this issuer, which is up from now on.</summary>
    public IssuedPeople People(string name)
    {
        lock (up)
        {
            up.TryAdd(name, new IssuedPeople());
            up[name].IsUp = true;
            return up[name];
        }
    }

    /// <summary>An access token.</summary>
    public string Token(string name, string subject, string audience = "rucio", string scope = "openid profile", TimeSpan? lifetime = null) =>
        AccessToken.Sign(key, $"{Url}/{name}/", subject, audience, scope, lifetime);

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        authority.Dispose();
        key.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private IResult Discover(string name) => Find(name) is null ? Results.StatusCode(503)
        : Results.Text($$"""{"issuer":"{{Url}}/{{name}}/","authorization_endpoint":"{{Url}}/{{name}}/a","token_endpoint":"{{Url}}/{{name}}/t","jwks_uri":"{{Url}}/{{name}}/k"}""", "application/json");

    private IResult Keys(string name)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return Results.Text($$"""{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":"k","n":"{{Encode(parameters.Modulus)}}","e":"{{Encode(parameters.Exponent)}}"}]}""", "application/json");
    }

    private async Task<IResult> GrantAsync(string name, HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        return Find(name) is not { } people ? Results.StatusCode(503)
            : request.Headers.Authorization != $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(people.Client))}" || form["grant_type"] != "client_credentials" || form["scope"] != "scim:read" ? Results.StatusCode(401)
            : Results.Text("""{"access_token":"scim-token","token_type":"Bearer"}""", "application/json");
    }

    private IResult List(string name, string kind, HttpRequest request)
    {
        if (Find(name) is not { ScimIsUp: true } people)
            return Results.StatusCode(503);
        if (request.Headers.Authorization != "Bearer scim-token")
            return Results.StatusCode(401);
        lock (people)
        {
            people.Reads++;
            return Results.Text(FakeScim.Page(kind == "Users" ? people.Users : people.Groups, int.Parse(request.Query["startIndex"]!), int.Parse(request.Query["count"]!)), "application/scim+json");
        }
    }

    private IssuedPeople? Find(string name)
    {
        lock (up)
            return up.GetValueOrDefault(name) is { IsUp: true } people ? people : null;
    }

    private static string Encode(ReadOnlySpan<byte> bytes) => AccessToken.Encode(bytes);
}

/// <summary>Who an issuer knows; lock it while changing it.</summary>
internal sealed class IssuedPeople
{
    public bool IsUp { get; set; } = true;

    /// <summary>False: logins go on, nobody can be listed.</summary>
    public bool ScimIsUp { get; set; } = true;

    /// <summary>id:secret</summary>
    public string Client { get; set; } = "scim:scim-password";

    public List<JsonObject> Users { get; } = [];

    public List<JsonObject> Groups { get; } = [];

    /// <summary>Pages given out.</summary>
    public int Reads { get; set; }

    public void Change(Action<IssuedPeople> change)
    {
        lock (this)
            change(this);
    }
}
