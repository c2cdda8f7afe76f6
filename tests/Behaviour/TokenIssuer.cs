using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using RucioOperator.Sandbox.Postgres;

namespace RucioOperator.Tests.Behaviour;

/// <summary>Token issuers on loopback, one per path: https, with a CA of their own.</summary>
internal sealed class TokenIssuer : IAsyncDisposable
{
    private readonly ThrowAwayAuthority authority = new("token issuer CA");
    private readonly string folder = Directory.CreateTempSubdirectory("rucio-issuer-").FullName;
    private readonly HashSet<string> up = [];
    private WebApplication app = null!;

    public string Url { get; private set; } = "";

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
        await issuer.app.StartAsync();
        issuer.Url = $"https://localhost:{new Uri(issuer.app.Urls.First()).Port}";
        return issuer;
    }

    /// <returns>The issuer's URL.</returns>
    public string Up(string name)
    {
        lock (up)
            up.Add(name);
        return $"{Url}/{name}/";
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        authority.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private IResult Discover(string name)
    {
        lock (up)
        {
            return up.Contains(name)
                ? Results.Text($$"""{"issuer":"{{Url}}/{{name}}/","authorization_endpoint":"{{Url}}/{{name}}/a","token_endpoint":"{{Url}}/{{name}}/t","jwks_uri":"{{Url}}/{{name}}/k"}""", "application/json")
                : Results.StatusCode(503);
        }
    }
}
