using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Planning;
using RucioOperator.Planning.Checks;
using RucioOperator.RucioApi;
using RucioOperator.Sandbox.Demo;
using RucioOperator.Tests.SandboxTests.Rucio;

namespace RucioOperator.Tests.Contract;

/// <summary>The fixed list of forbidden attempts, with root of one VO on another one's real things; and that a success would be seen.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class IsolationProbeTests(bool live) : ContractTests(live)
{
    private const string Endpoints = "accounts,auth,credentials,dids,locks,meta_conventions,ping,redirect,replicas,requests,rses,rules,scopes,subscriptions";

    private DesiredVo _attacker = null!;
    private DesiredVo _victim = null!;
    private string _rule = null!;

    [OneTimeSetUp]
    public async Task MakeVosAsync()
    {
        _attacker = await Bed.NewVoAsync();
        var tag = await Bed.NewTagAsync();
        _victim = Bed.Desired(new VirtualOrganisationSpec
        {
            Tag = tag,
            Accounts = [new() { Name = $"only-{tag}", Identities = [new()] }],
            Scopes = [new() { Name = $"only.{tag}", Owner = $"only-{tag}" }],
        }, ($"only-{tag}", "a-password"));
        await Bed.ConvergeAsync(_victim);
        var rse = $"ONLY-{tag.ToUpperInvariant()}";
        await Bed.Root(_victim).ImportAsync(ImportDocument.Of([new DesiredRse(rse) { Protocols = [ContractRse.Davs("victim.example.org", 443)] }]), default);
        await Bed.ConvergeAsync(_victim = _victim with { Spec = _victim.Spec with { Accounts = [_victim.Spec.Accounts![0] with { Quotas = [new() { RseExpression = rse, Bytes = "1Gi" }] }] } });
        var account = Bed.Instance.As(new RucioCredential($"only-{tag}@{tag}", "a-password", $"only-{tag}", tag), TimeProvider.System);
        await account.SendAsync(HttpMethod.Post, "replicas", JsonNode.Parse($$"""{"rse": "{{rse}}", "files": [{"scope": "only.{{tag}}", "name": "f", "bytes": 1, "adler32": "00000001"}]}"""), default);
        var rules = await account.SendAsync(HttpMethod.Post, "rules/", JsonNode.Parse($$"""{"dids": [{"scope": "only.{{tag}}", "name": "f"}], "account": "only-{{tag}}", "copies": 1, "rse_expression": "{{rse}}"}"""), default);
        _rule = JsonNode.Parse(rules!)![0]!.GetValue<string>().Replace("-", "");
    }

    [Test]
    public async Task Everything_on_the_list_is_refused_to_root_of_a_tenant()
    {
        var snapshot = (await Bed.Instance.RefreshAsync(DateTimeOffset.UtcNow, default))!;
        var found = await Bed.Instance.FindRuleAsync([$"only.{_victim.Spec.Tag}@{_victim.Spec.Tag}"], default);
        Assert.That(found, Is.EqualTo(_rule));
        // Of all VOs that this server has seen, the one whose rule is known.
        var attempts = IsolationAttempts.For(snapshot.Vo(_attacker.Spec.Tag), [snapshot.Vo(_victim.Spec.Tag), snapshot.Vo("def")], found);
        var result = await RunAsync(attempts);
        Assert.That(result.Succeeded, Is.Empty);
        Assert.That(result.Attempts, Is.GreaterThanOrEqualTo(28));
        Assert.That(await Bed.SqlAsync("DELETE FROM configs WHERE section = 'rucio-operator' AND opt LIKE 'isolation-%'"), Is.Zero);
    }

    [Test]
    public async Task What_is_not_refused_is_seen()
    {
        var tag = _attacker.Spec.Tag;
        IReadOnlyList<IsolationAttempt> own =
        [
            new LoginAttempt("login", "root", tag),
            new CallAttempt("account", AttemptAt.Public, "GET", "accounts/root"),
            new CallAttempt("account, header", AttemptAt.Public, "GET", "accounts/root") { AsVo = _victim.Spec.Tag },
            new CallAttempt("refused", AttemptAt.Public, "GET", "accounts/nobody"),
            new ListAttempt("list", AttemptAt.Public, "accounts/", "account", new HashSet<string> { "root" }),
            new ListAttempt("list without", AttemptAt.Public, "accounts/", "account", new HashSet<string> { "nobody" }),
        ];
        Assert.That((await RunAsync(own)).Succeeded, Is.EqualTo(new[] { "login", "account", "account, header", "list" }));
    }

    [Test]
    public async Task The_one_write_is_taken_back_if_it_works()
    {
        using var admin = RucioServer.ForChecks(new Uri(Bed.Rucio.BaseUrl), null, null);
        using var same = RucioServer.ForChecks(new Uri(Bed.Rucio.BaseUrl), null, null);
        var super = new RucioCredential(Bed.Rucio.SuperRoot.User, Bed.Rucio.SuperRoot.Password, "super_root", "def");
        var result = await new IsolationProbe(same, admin, super, Bed.SuperRoot, TimeProvider.System)
            .RunAsync([new CallAttempt("write", AttemptAt.Admin, "PUT", "config/rucio-operator/isolation-test/tried") { Undo = "config/rucio-operator/isolation-test" }], default);
        Assert.That(result.Succeeded, Is.EqualTo(new[] { "write" }));
        Assert.That(await Bed.SqlAsync("DELETE FROM configs WHERE section = 'rucio-operator' AND opt = 'isolation-test'"), Is.Zero);
    }

    [Test]
    public void A_server_that_does_not_answer_says_nothing()
    {
        using var nobody = RucioServer.ForChecks(new Uri("http://127.0.0.1:9"), null, null);
        using var admin = RucioServer.ForChecks(new Uri(Bed.Rucio.BaseUrl), null, null);
        Assert.ThrowsAsync<RucioUnavailableException>(() => new IsolationProbe(nobody, admin, Credential, Bed.SuperRoot, TimeProvider.System).RunAsync([], default));
    }

    private RucioCredential Credential => new(_attacker.RootIdentity, _attacker.RootPassword, "root", _attacker.Spec.Tag);

    private async Task<IsolationResult> RunAsync(IReadOnlyList<IsolationAttempt> attempts)
    {
        using var publicApi = RucioServer.ForChecks(PublicUrl(), null, null);
        using var admin = RucioServer.ForChecks(new Uri(Bed.Rucio.BaseUrl), null, null);
        return await new IsolationProbe(publicApi, admin, Credential, Bed.SuperRoot, TimeProvider.System).RunAsync(attempts, default);
    }

    private Uri PublicUrl()
    {
        if (Live)
            return LiveRucio.FromEnvironment()!.PublicUrl;
        Bed.Rucio.StandIn!.Register("/ns/rucio-api", new RucioOperator.Sandbox.Rucio.RucioConfig(
            [("common", "multi_vo", "True"), ("api", "endpoints", Endpoints), ("database", "schema", "rucio"), ("policy", "package-def", "rucio_tenant_policy")]), Bed.Rucio.Database);
        return new Uri(Bed.Rucio.StandIn.Url("/ns/rucio-api"));
    }
}
