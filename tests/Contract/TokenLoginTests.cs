using System.Security.Cryptography;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Planning;
using RucioOperator.Tests.Behaviour;
using IssuerBed = RucioOperator.Tests.Behaviour.TokenIssuer;

namespace RucioOperator.Tests.Contract;

/// <summary>What a token of an issuer opens, on the stand-in and on a running Rucio that takes tokens.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class TokenLoginTests(bool live) : ContractTests(live)
{
    private const string NeedsIssuer = "needs a running Rucio that takes tokens: RUCIO_TEST_ISSUER (the issuer's URL) and RUCIO_TEST_ISSUER_KEY (file with its RSA key)";

    private readonly RSA _key = RSA.Create(2048);
    private IssuerBed? _issuer;
    private string _url = "";

    [OneTimeSetUp]
    public async Task StartIssuerAsync()
    {
        if (Live)
        {
            _url = Environment.GetEnvironmentVariable("RUCIO_TEST_ISSUER") ?? throw new IgnoreException(NeedsIssuer);
            _key.ImportFromPem(await File.ReadAllTextAsync(Environment.GetEnvironmentVariable("RUCIO_TEST_ISSUER_KEY") ?? throw new IgnoreException(NeedsIssuer)));
            return;
        }
        _issuer = await IssuerBed.StartAsync();
        _url = _issuer.Up("iam");
        Bed.Rucio.StandIn!.Register("/ns/rucio-admin", Bed.Rucio.Config, Bed.Rucio.Database, $$$"""{"iam": {"issuer": "{{{_url}}}", "client_id": "c", "client_secret": "s", "SCIM": {"client_id": "c", "client_secret": "s"} } }""");
    }

    [OneTimeTearDown]
    public async Task StopIssuerAsync()
    {
        _key.Dispose();
        if (_issuer is not null)
            await _issuer.DisposeAsync();
    }

    [Test]
    public async Task A_token_opens_the_account_of_its_subject_and_nothing_else()
    {
        var (vo, subject) = await VoAsync();
        Assert.That(await WhoAsync(Token(subject)), Is.EqualTo("alice"));
        Assert.That(await WhoAsync(Token($"{subject}-other")), Is.EqualTo("401 CannotAuthenticate"), "another subject");
        Assert.That(await WhoAsync(Token(subject, audience: "other")), Is.EqualTo("401 CannotAuthenticate"), "for another service");
        Assert.That(await WhoAsync(Token(subject, scope: "openid")), Is.EqualTo("401 CannotAuthenticate"), "with less than the expected scopes");
        Assert.That(await WhoAsync(Token(subject, lifetime: TimeSpan.FromMinutes(-1))), Is.EqualTo("401 CannotAuthenticate"), "run out");
        using var forger = RSA.Create(2048);
        Assert.That(await WhoAsync(AccessToken.Sign(forger, _url, subject)), Is.EqualTo("401 CannotAuthenticate"), "signed by somebody else");
        Assert.That(await DefaultsAsync(vo.Spec.Tag), Is.Zero, "never as default");
    }

    [Test]
    public async Task Who_leaves_is_out_and_who_comes_back_is_in()
    {
        var (vo, subject) = await VoAsync();
        var without = vo with { Spec = vo.Spec with { Accounts = [new() { Name = "bob" }] } };
        await Bed.ConvergeAsync(without);
        Assert.That(await WhoAsync(Token(subject)), Is.EqualTo("401 CannotAuthenticate"));
        await Bed.ConvergeAsync(vo);
        Assert.That(await WhoAsync(Token(subject)), Is.EqualTo("alice"));
    }

    /// <summary>Why an identity belongs to one VO: Rucio asks no further than for the oldest account, whatever its VO.</summary>
    [Test]
    public async Task A_subject_of_two_VOs_opens_the_older_account_alone()
    {
        var (first, subject) = await VoAsync();
        var (second, other) = await VoAsync("carol");
        await Bed.SqlAsync("INSERT INTO account_map (identity, identity_type, account, is_default, created_at, updated_at) VALUES ($1, 'OIDC', $2, false, now() + interval '1 day', now())", $"SUB={subject}, ISS={_url}", $"carol@{second.Spec.Tag}");
        Assert.That(await WhoAsync(Token(subject)), Is.EqualTo("alice"));
        Assert.That(await WhoAsync(Token(other)), Is.EqualTo("carol"));
        await Bed.ConvergeAsync(first with { Spec = first.Spec with { Accounts = [] } });
        Assert.That(await WhoAsync(Token(subject)), Is.EqualTo("carol"));
    }

    private async Task<(DesiredVo Vo, string Subject)> VoAsync(string account = "alice")
    {
        var tag = await Bed.NewTagAsync();
        var vo = Bed.Desired(new VirtualOrganisationSpec { Tag = tag, Accounts = [new() { Name = account, Identities = [new() { Type = IdentityType.Oidc, Subject = $"sub-{tag}", Issuer = _url }] }] })
            with
        { Issuers = [new("iam", _url)] };
        await Bed.ConvergeAsync(vo);
        return (vo, $"sub-{tag}");
    }

    private string Token(string subject, string audience = "rucio", string scope = "openid profile", TimeSpan? lifetime = null) =>
        _issuer is not null ? _issuer.Token("iam", subject, audience, scope, lifetime) : AccessToken.Sign(_key, _url, subject, audience, scope, lifetime);

    private async Task<string> WhoAsync(string token)
    {
        var answer = await Bed.Rucio.Anonymous(token).CallAsync("GET", "/accounts/whoami", accept: "application/json");
        return answer.Raw.Headers.Location?.OriginalString.Split('/')[^1] ?? answer.Summary;
    }

    private async Task<long> DefaultsAsync(string tag)
    {
        await using var command = Bed.Catalogue.CreateCommand("SELECT count(*) FROM account_map WHERE is_default AND account LIKE '%@' || $1");
        command.Parameters.Add(new() { Value = tag });
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
