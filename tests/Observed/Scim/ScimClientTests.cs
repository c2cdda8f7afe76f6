using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using NUnit.Framework;
using RucioOperator.Observed.Scim;

namespace RucioOperator.Tests.Observed.Scim;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ScimClientTests : IDisposable
{
    private static readonly ScimSource Source = new("iam", FakeScim.Issuer, $"{FakeScim.Issuer}scim", "id", "se cret", "");

    private readonly FakeTimeProvider clock = new();
    private readonly FakeScim scim = new();
    private readonly HttpClient http;
    private readonly ScimClient client;

    public ScimClientTests()
    {
        http = new HttpClient(scim);
        client = new ScimClient(_ => http, clock);
    }

    [Test]
    public async Task All_pages_are_read()
    {
        scim.Groups.Add(FakeScim.Group("sky"));
        scim.Users.AddRange(Enumerable.Range(0, 250).Select(n => FakeScim.User($"id{n}", $"user{n}", n % 2 == 0 ? ["sky"] : [])));
        var people = await ReadAsync();
        Assert.That((people.Users.Count, people.Users.Count(u => u.Groups.Contains("sky"))), Is.EqualTo((250, 125)));
        Assert.That(scim.Calls.Where(c => c.Path == "/scim/Users").Select(c => c.Query), Is.EqualTo(new[] { "?startIndex=1&count=100", "?startIndex=100&count=100", "?startIndex=199&count=100" }));
    }

    [Test]
    public async Task The_token_is_asked_for_once_with_the_clients_credentials_and_the_scope_to_read()
    {
        scim.Groups.Add(FakeScim.Group("sky"));
        await ReadAsync();
        Assert.That(scim.Tokens, Is.EqualTo(1));
        Assert.That(scim.Calls.Single(c => c.Path == "/token").Authorization, Is.EqualTo($"Basic {Convert.ToBase64String("id:se%20cret"u8)}"));
        Assert.That(scim.Calls.Where(c => c.Path.StartsWith("/scim")).Select(c => c.Authorization).Distinct(), Is.EqualTo(new[] { "Bearer t1" }));
    }

    [Test]
    public async Task What_indigo_iam_knows_of_a_person_is_taken()
    {
        var alice = FakeScim.User("a", "alice", "sky");
        alice["urn:indigo-dc:scim:schemas:IndigoUser"] = JsonNode.Parse("""
            {"certificates":[{"subjectDn":"CN=Alice,O=Sky,C=CH","display":"x"}],"sshKeys":[{"value":"AAAAB3NzaC1yc2EAAA"},{"value":"ssh-rsa AAAAB3NzaC1yc2EBBB me"}],
             "oidcIds":[{"issuer":"https://google.example.org","subject":"42"}],"serviceAccount":true}
            """);
        scim.Users.AddRange([alice, new JsonObject { ["id"] = "b", ["userName"] = "bob", ["active"] = false }]);
        var (found, bob) = (await ReadAsync()).Users is [var first, var second] ? (first, second) : default;
        Assert.That((found!.Email, found.IsService, found.Certificates.Single(), string.Join('|', found.SshKeys), found.Links.Single()),
            Is.EqualTo(("alice@example.org", true, "CN=Alice,O=Sky,C=CH", "ssh-rsa AAAAB3NzaC1yc2EAAA|ssh-rsa AAAAB3NzaC1yc2EBBB me", ("https://google.example.org", "42"))));
        Assert.That((bob!.Active, bob.Email), Is.EqualTo((false, (string?)null)));
    }

    [Test]
    public async Task Groups_that_name_their_members_and_users_that_name_groups_by_id_count_alike()
    {
        scim.Groups.AddRange([FakeScim.Group("sky", "a"), FakeScim.Group("sea")]);
        scim.Users.AddRange([FakeScim.User("a", "alice"), new JsonObject { ["id"] = "b", ["userName"] = "bob", ["groups"] = new JsonArray(new JsonObject { ["value"] = "id-sea" }) }]);
        var people = await ReadAsync();
        Assert.That(people.Users.Select(u => $"{u.UserName}: {string.Join(',', u.Groups)}"), Is.EqualTo(new[] { "alice: sky", "bob: sea" }));
        Assert.That(people.Groups, Is.EquivalentTo(new[] { "sky", "sea" }));
    }

    [Test]
    public void Somebody_who_slips_through_between_two_pages_makes_the_read_void()
    {
        scim.Users.AddRange(Enumerable.Range(0, 150).Select(n => FakeScim.User($"id{n}", $"user{n}")));
        var pages = 0;
        scim.Instead.Enqueue(_ => null);
        for (var n = 0; n < 10; n++)
        {
            scim.Instead.Enqueue(request =>
            {
                // Somebody of the first page is deleted, and all others move up by one.
                if (request.RequestUri!.AbsolutePath == "/scim/Users" && ++pages == 2)
                {
                    scim.Users.RemoveAt(0);
                    scim.Users.Add(FakeScim.User("new", "new"));
                }
                return null;
            });
        }
        Assert.That(async () => await ReadAsync(), Throws.TypeOf<ScimFailure>().With.Property(nameof(ScimFailure.Reason)).EqualTo(ScimFailure.ScimUnstable));
    }

    [Test]
    public async Task A_busy_server_is_waited_for_as_long_as_it_asks()
    {
        scim.Instead.Enqueue(_ => FakeScim.Busy(7));
        scim.Instead.Enqueue(_ => FakeScim.Busy(3, HttpStatusCode.ServiceUnavailable));
        scim.Instead.Enqueue(_ => throw new HttpRequestException(HttpRequestError.ConnectionError));
        var began = clock.GetUtcNow();
        await ReadAsync();
        Assert.That(clock.GetUtcNow() - began, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(13)));
    }

    [Test]
    public async Task An_expired_token_is_renewed_once()
    {
        scim.Instead.Enqueue(_ => null);
        scim.Instead.Enqueue(_ => null);
        scim.Instead.Enqueue(_ => new HttpResponseMessage(HttpStatusCode.Unauthorized));
        await ReadAsync();
        Assert.That(scim.Tokens, Is.EqualTo(2));
        scim.Calls.Clear();
        for (var n = 0; n < 9; n++)
            scim.Instead.Enqueue(r => r.RequestUri!.AbsolutePath.StartsWith("/scim") ? new HttpResponseMessage(HttpStatusCode.Unauthorized) : null);
        Assert.That(async () => await ReadAsync(), Throws.TypeOf<ScimFailure>().With.Property(nameof(ScimFailure.Reason)).EqualTo(ScimFailure.ScimRefused));
    }

    [TestCase(503, ScimFailure.ScimUnreachable)]
    [TestCase(403, ScimFailure.ScimRefused)]
    [TestCase(404, ScimFailure.ScimFailed)]
    public async Task What_the_server_says_becomes_a_reason_without_a_body(int status, string reason)
    {
        for (var n = 0; n < 20; n++)
            scim.Instead.Enqueue(r => r.RequestUri!.AbsolutePath == "/scim/Groups" ? FakeScim.Json("hunter2", (HttpStatusCode)status) : null);
        var failure = (await Assert.ThrowsAsync<ScimFailure>(ReadAsync))!;
        Assert.That((failure.Reason, failure.Message.Contains("hunter2", StringComparison.Ordinal), failure.Message.Contains($"{FakeScim.Issuer}scim/Groups answers {status}", StringComparison.Ordinal)), Is.EqualTo((reason, false, true)));
    }

    [Test]
    public void The_secret_goes_nowhere_without_tls()
    {
        scim.TokenEndpoint = "http://iam.example.org/token";
        Assert.That(async () => await ReadAsync(), Throws.TypeOf<ScimFailure>().With.Message.Contains("https"));
        Assert.That(scim.Calls.Select(c => c.Authorization), Is.All.Null);
    }

    public void Dispose()
    {
        http.Dispose();
        scim.Dispose();
    }

    /// <summary>Time runs while the client waits.</summary>
    private async Task<ScimPeople> ReadAsync()
    {
        var read = client.ReadAsync(Source, default);
        while (!read.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(500));
            await Task.Yield();
        }
        return await read;
    }
}
