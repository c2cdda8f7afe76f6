using System.Net;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Observed;

namespace RucioOperator.Tests.Observed;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class OidcDiscoveryTests : IDisposable
{
    private const string Iam = "https://iam.example.org/";
    private const string Keycloak = "https://kc.example.org/realms/science";

    private readonly FakeTimeProvider clock = new();
    private readonly Issuers issuers = new();
    private readonly HttpClient http;
    private readonly OidcDiscovery discovery;

    public OidcDiscoveryTests()
    {
        http = new HttpClient(issuers);
        discovery = new OidcDiscovery(_ => http, clock, TimeSpan.FromMinutes(8));
    }

    [TestCase(Iam)]
    [TestCase(Keycloak)]
    public async Task A_complete_document_of_that_name_is_taken(string url)
    {
        issuers.Publish(url);
        Assert.That(await CheckAsync(url), Is.Null);
    }

    [Test]
    public async Task What_is_not_there_and_what_is_no_document_are_said()
    {
        Assert.That((await CheckAsync(Iam))!.Message, Does.Contain("answers 404"));
        issuers.Documents["https://other.example.org/.well-known/openid-configuration"] = "<html>";
        Assert.That((await CheckAsync("https://other.example.org/"))!.Message, Does.Contain("no discovery document"));
    }

    [Test]
    public async Task A_slash_too_few_is_another_issuer()
    {
        issuers.Publish(Iam);
        var problem = await CheckAsync(Iam.TrimEnd('/'));
        Assert.That((problem!.Reason, problem.Message.Contains($"({Iam})", StringComparison.Ordinal)), Is.EqualTo(("IssuerMismatch", true)));
    }

    [Test]
    public async Task A_document_without_an_endpoint_is_incomplete()
    {
        issuers.Documents[$"{Iam}.well-known/openid-configuration"] = $$"""{"issuer":"{{Iam}}","authorization_endpoint":"{{Iam}}a","token_endpoint":"{{Iam}}t"}""";
        Assert.That((await CheckAsync(Iam))!.Message, Does.Contain("has no jwks_uri"));
    }

    [Test]
    public async Task Rucio_can_not_use_a_path_without_a_slash_for_its_own_tokens()
    {
        issuers.Publish(Keycloak);
        var problem = await CheckAsync(Keycloak, admin: true);
        Assert.That((problem!.Reason, problem.Fatal), Is.EqualTo(("AdminIssuerUnusable", false)));
        issuers.Publish(Iam);
        Assert.That(await CheckAsync(Iam, admin: true), Is.Null);
    }

    [Test]
    public async Task A_good_answer_holds_for_minutes_and_a_bad_one_for_seconds()
    {
        Assert.That(await CheckAsync(Iam), Is.Not.Null);
        issuers.Publish(Iam);
        Assert.That(await CheckAsync(Iam), Is.Not.Null);
        Assert.That(await discovery.CheckAsync(Iam, false, default, now: true), Is.Null);
        issuers.Documents.Clear();
        clock.Advance(TimeSpan.FromMinutes(9));
        Assert.That(await CheckAsync(Iam), Is.Not.Null);
        issuers.Publish(Iam);
        clock.Advance(TimeSpan.FromSeconds(31));
        Assert.That(await CheckAsync(Iam), Is.Null);
        var asked = issuers.Asked;
        issuers.Documents.Clear();
        clock.Advance(TimeSpan.FromMinutes(7));
        Assert.That(await CheckAsync(Iam), Is.Null);
        Assert.That(issuers.Asked, Is.EqualTo(asked));
        clock.Advance(TimeSpan.FromMinutes(2));
        Assert.That(await CheckAsync(Iam), Is.Not.Null);
    }

    public void Dispose()
    {
        http.Dispose();
        issuers.Dispose();
    }

    private Task<OidcProblem?> CheckAsync(string url, bool admin = false) => discovery.CheckAsync(url, admin, default);

    private sealed class Issuers : HttpMessageHandler
    {
        public Dictionary<string, string> Documents { get; } = [];

        public int Asked { get; private set; }

        public void Publish(string issuer) => Documents[$"{issuer.TrimEnd('/')}/.well-known/openid-configuration"] =
            $$"""{"issuer":"{{issuer}}","authorization_endpoint":"{{issuer}}a","token_endpoint":"{{issuer}}t","jwks_uri":"{{issuer}}k"}""";

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked++;
            return Task.FromResult(Documents.TryGetValue(request.RequestUri!.ToString(), out var document)
                ? new HttpResponseMessage { Content = new StringContent(document, Encoding.UTF8, "application/json") }
                : new HttpResponseMessage(HttpStatusCode.NotFound));
        }
    }
}
