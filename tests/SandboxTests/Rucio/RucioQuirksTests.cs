using System.Text.Json.Nodes;
using NUnit.Framework;

namespace RucioOperator.Tests.SandboxTests.Rucio;

/// <summary>What an operator has to live with in Rucio 41. The same scripts run against a real server when one is named.</summary>
[TestFixture(false, Description = "stand-in"), TestFixture(true, Description = "running Rucio")]
[FixtureLifeCycle(LifeCycle.SingleInstance)]
public sealed class RucioQuirksTests(bool live)
{
    private RucioBed bed = null!;
    private RucioCaller super = null!;
    private RucioCaller root = null!;
    private string vo = "";

    [OneTimeSetUp]
    public async Task Start()
    {
        bed = await RucioBed.StartAsync(live);
        super = await bed.SuperRootAsync();
        (vo, root) = await bed.NewVoAsync();
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (bed is not null)
            await bed.DisposeAsync();
    }

    [Test]
    public Task Vos_are_super_roots_business() => super.PlayAsync($$"""
        POST /vos/{{vo}} {"email": "e"} → 409 Duplicate
        POST /vos/compass → 500 InvalidObject
        POST /vos/a_b → 500 RucioException
        GET /vos/abc → 405
        PUT /vos/{{vo}} {} → 200
        PUT /vos/ZZ9 {"email": "x"} → 404 VONotFound
        POST /vos/{{vo}}/recover {"identity": "x", "authtype": "USERPASS"} → 400 KeyError
        POST /vos/{{vo}}/recover {"identity": "n-{{vo}}", "authtype": "USERPASS", "email": "e"} → 500 IdentityError
        POST /vos/{{vo}}/recover {"identity": "n-{{vo}}", "authtype": "FOO", "email": "e"} → 500
        POST /vos/ZZ9/recover {"identity": "x", "authtype": "X509", "email": "e"} → 404 AccountNotFound
        POST /vos/{{vo}}/recover {"identity": "r-{{vo}}", "authtype": "USERPASS", "email": "e", "password": "p"} → 201
        POST /vos/{{vo}}/recover {"identity": "r-{{vo}}", "authtype": "USERPASS", "email": "e", "password": "p"} → 409 Duplicate
        GET /vos → 308
        POST /rses/IN_DEF → 401 AccessDenied
        POST /accounts/indef {"type": "USER", "email": "e"} → 401 AccessDenied
        GET /export → 500 AccessDenied
        """);

    [Test]
    public async Task A_vo_without_an_email_cannot_be_made()
    {
        Assert.That((await super.CallAsync("POST", "/vos/q-z")).Summary, Is.EqualTo("500 DatabaseException"));
    }

    [Test]
    public async Task The_published_password_works_until_its_mapping_is_removed()
    {
        var (fresh, freshRoot) = await bed.NewVoAsync();
        Assert.That((await bed.TryLogInAsync($"root@{fresh}", "password", "root", fresh)).Answer.Status, Is.EqualTo(200));
        await freshRoot.PlayAsync($$"""
            DELETE /accounts/root/identities {"identity": "root@{{fresh}}", "authtype": "USERPASS"} → 200
            DELETE /accounts/root/identities {"identity": "root@{{fresh}}", "authtype": "USERPASS"} → 404 IdentityError
            """);
        Assert.That((await bed.TryLogInAsync($"root@{fresh}", "password", "root", fresh)).Answer.Summary, Is.EqualTo("401 CannotAuthenticate"));
    }

    [Test]
    public async Task A_token_is_asked_for_before_anything_else()
    {
        await bed.Anonymous().PlayAsync("""
            GET /rses/ → 400 ValueError
            GET /nothing → 404
            GET /auth/validate → 400 ValueError
            """);
        await bed.Anonymous("bad").PlayAsync("""
            GET /rses/ → 401 CannotAuthenticate
            GET /auth/validate → 500 CannotAuthenticate
            """);
        Assert.That((await bed.Anonymous().CallAsync("GET", "/ping")).Json["version"]!.GetValue<string>(), Does.StartWith("41."));
        Assert.That((await bed.TryLogInAsync("nobody-here", "x", null, null)).Answer.Summary, Is.EqualTo("401 IdentityError"));
        Assert.That((await bed.TryLogInAsync("nobody-here", "x", "root", "a*b")).Answer.Summary, Is.EqualTo("400 RucioException"));
    }

    [Test]
    public async Task An_identity_of_several_accounts_without_default_gets_a_choice_whatever_the_password()
    {
        await root.PlayAsync($$"""
            POST /accounts/one {"type": "USER", "email": "e"} → 201
            POST /accounts/two {"type": "USER", "email": "e"} → 201
            POST /accounts/one/identities {"identity": "both-{{vo}}", "authtype": "userpass", "email": "e", "password": "p"} → 201
            POST /accounts/two/identities {"identity": "both-{{vo}}", "authtype": "userpass", "email": "e", "password": "ignored"} → 201
            """);
        var (answer, _) = await bed.TryLogInAsync($"both-{vo}", "wrong", null, vo);
        Assert.That(answer.Status, Is.EqualTo(206));
        Assert.That(answer.Json.AsArray().Select(a => a!.GetValue<string>()), Is.EquivalentTo((string[])["one", "two"]));
        Assert.That((await bed.TryLogInAsync($"both-{vo}", "ignored", "two", vo)).Answer.Summary, Is.EqualTo("401 CannotAuthenticate"));
        Assert.That((await bed.TryLogInAsync($"both-{vo}", "p", "two", vo)).Answer.Status, Is.EqualTo(200));
    }

    [Test]
    public Task Accounts_never_go_away() => root.PlayAsync("""
        POST /accounts/jdoe {"type": "USER", "email": "e"} → 201
        POST /accounts/jdoe {"type": "USER", "email": "e"} → 409 Duplicate
        POST /accounts/JDOE {"type": "USER", "email": "e"} → 400 InvalidObject
        POST /accounts/xx {"type": "HUMAN", "email": "e"} → 400 InvalidAccountType
        POST /accounts/xx {"type": "USER"} → 400 KeyError
        POST /accounts/super_root {"type": "USER", "email": "e"} → 500 UnsupportedAccountName
        PUT /accounts/jdoe {"status": "DELETED"} → 200
        PUT /accounts/jdoe {"status": "GONE"} → 500
        PUT /accounts/nope {"email": "x"} → 404 AccountNotFound
        DELETE /accounts/jdoe → 200
        DELETE /accounts/jdoe → 404 AccountNotFound
        POST /accounts/jdoe {"type": "USER", "email": "e"} → 409 Duplicate
        GET /accounts/jdoe → 200
        GET /accounts/jdoe/identities → 404 AccountNotFound
        PUT /accounts/jdoe {"status": "ACTIVE"} → 200
        GET /accounts/jdoe/identities → 200
        POST /accounts/jdoe/attr/k {"value": "v"} → 201
        POST /accounts/jdoe/attr/k {"value": "w"} → 409 Duplicate
        POST /accounts/jdoe/attr/b {"value": true} → 500 InvalidObject
        POST /accounts/jdoe/attr/b {"value": "true"} → 201
        GET /accounts/jdoe/attr → 308
        DELETE /accounts/jdoe/attr/k → 200
        DELETE /accounts/jdoe/attr/k → 404 AccountNotFound
        POST /accounts/jdoe/scopes/user.jdoe → 201
        POST /accounts/jdoe/scopes/user.jdoe → 409 Duplicate
        POST /accounts/jdoe/scopes/u* → 400 InvalidObject
        POST /scopes/jdoe/u* → 500 InvalidObject
        PUT /scopes/root/user.jdoe → 201
        GET /accounts/jdoe/scopes/ → 404 ScopeNotFound
        """);

    [Test]
    public Task A_deleted_rse_comes_back_only_by_import() => root.PlayAsync("""
        POST /rses/GONE → 201
        POST /rses/GONE → 409 Duplicate
        POST /rses/lower → 400 InvalidObject
        POST /rses/TYPE {"rse_type": "PAPER"} → 500
        POST /rses/TYPE {"availability": 7, "availability_read": true} → 422 InputValidationError
        POST /rses/GONE/attr/k {"value": "v"} → 201
        POST /rses/GONE/attr/k {"value": "True"} → 201
        POST /rses/GONE/attr/n {"value": 5} → 201
        DELETE /rses/GONE → 200
        DELETE /rses/GONE → 404 RSENotFound
        GET /rses/GONE → 404 RSENotFound
        POST /rses/GONE → 409 Duplicate
        GET /rses/GONE/attr/ → 200 {"k":true,"n":"5"}
        POST /import {"rses": {"GONE": {}}} → 201
        GET /rses/GONE/attr/ → 200 {"GONE":true,"k":true,"n":"5"}
        PUT /rses/GONE {"colour": "red"} → 400 InputValidationError
        PUT /rses/NOPE {"city": "x"} → 404 RSENotFound
        DELETE /rses/GONE/attr/k → 200
        DELETE /rses/GONE/attr/k → 404 RSEAttributeNotFound
        GET /rses/?expression=NOPE → 400 InvalidRSEExpression
        """);

    [Test]
    public Task Protocols_and_distances_have_statuses_of_their_own() => root.PlayAsync("""
        POST /rses/P1 → 201
        POST /rses/P2 → 201
        GET /rses/P1/protocols → 404 RSEProtocolNotSupported
        POST /rses/P1/protocols/davs {"impl": "x", "hostname": "h", "port": 443, "domains": {"wan": {"read": 0}}} → 201
        POST /rses/P1/protocols/davs {"impl": "x", "hostname": "h", "port": 443} → 409 Duplicate
        POST /rses/P1/protocols/root {} → 400 InvalidObject
        POST /rses/P1/protocols/root {"impl": "x", "domains": {"lan": {"read": 1.0}}} → 409 RSEProtocolPriorityError
        POST /rses/P1/protocols/root {"impl": "x", "domains": {"lan": {"read": true}}} → 409 RSEProtocolPriorityError
        POST /rses/P1/protocols/root {"impl": "x", "domains": {"moon": {"read": 1}}} → 404 RSEProtocolDomainNotSupported
        POST /rses/P1/protocols/root {"impl": "x", "domains": {"lan": {"fly": 1}}} → 500 RSEOperationNotSupported
        POST /rses/P1/protocols/srm {"impl": "x"} → 400 InvalidObject
        PUT /rses/P1/protocols/davs/h/443 {"port": 444} → 200
        PUT /rses/P1/protocols/davs/h/443 {"prefix": "/"} → 404 RSEProtocolNotSupported
        DELETE /rses/P1/protocols/davs/h/444 → 200
        DELETE /rses/P1/protocols/davs/h/444 → 404 RSEProtocolNotSupported
        POST /rses/P1/distances/P2 {"distance": 1} → 201
        POST /rses/P1/distances/P2 {"distance": 1} → 409 Duplicate
        PUT /rses/P2/distances/P1 {"distance": 1} → 200
        GET /rses/P2/distances/P1 → 200 []
        DELETE /rses/P1/distances/P2 → 200
        DELETE /rses/P1/distances/P2 → 200
        POST /rses/P1/distances/NOPE {"distance": 1} → 404 RSENotFound
        PUT /rses/P1/limits {"name": "MinFreeSpace", "value": 5} → 200
        DELETE /rses/P1/limits {"name": "MinFreeSpace"} → 200
        DELETE /rses/P1/limits {"name": "MinFreeSpace"} → 200
        PUT /rses/P1/usage {"source": "storage", "used": 1, "free": 2} → 200
        """);

    [Test]
    public Task An_unlimited_quota_is_not_json() => root.PlayAsync("""
        POST /rses/QUOTA → 201
        POST /accounts/quota {"type": "USER", "email": "e"} → 201
        POST /accounts/quota/limits/local/QUOTA {"bytes": -1} → 201
        POST /accounts/quota/limits/local/QUOTA {"bytes": -1} → 201
        GET /accounts/quota/limits → 200 {"QUOTA": Infinity}
        POST /accounts/quota/limits/local/NOPE {"bytes": 1} → 404 RSENotFound
        POST /accounts/nope/limits/local/QUOTA {"bytes": 1} → 404 AccountNotFound
        POST /accounts/quota/limits/global/QUOTA%7CNOPE {"bytes": 7} → 201
        GET /accounts/quota/limits/global/QUOTA%7CNOPE → 200 {"QUOTA|NOPE": 7}
        DELETE /accounts/quota/limits/local/QUOTA → 200
        DELETE /accounts/quota/limits/local/QUOTA → 200
        GET /accounts/quota/limits/local/QUOTA → 200 {"QUOTA": null}
        GET /accounts/nope/limits → 500 AccountNotFound
        """);

    [Test]
    public Task An_import_is_one_transaction_without_a_look_at_names() => root.PlayAsync("""
        POST /import {"rses": {"I1": {}, "I2": {"rse_type": "PAPER"}}} → 500
        GET /rses/I1 → 404 RSENotFound
        POST /import {"rses": {"I1": {}}, "distances": {"I1": {"NOPE": {"distance": 1}}}} → 500 RSENotFound
        GET /rses/I1 → 404 RSENotFound
        POST /import {"rses": {"I1": {"protocols": [{"scheme": "root", "hostname": "h", "port": 1, "impl": "x", "domains": {"lan": {"read": -1}}}]}}} → 500 RSEProtocolPriorityError
        POST /import {"rses": {"I1": {"protocols": [{"scheme": "root", "hostname": "h"}]}}} → 500
        POST /import {"rses": {"lower-case": {}}} → 201
        POST /import {"rses": []} → 500 InvalidObject
        POST /import [] → 400 TypeError
        POST /import {"accounts": []} → 201
        GET /accounts/root → 200
        """);

    [Test]
    public async Task An_import_comes_back_in_the_export()
    {
        await root.PlayAsync("""
            POST /import {"rses": {"X1": {"city": "Geneva", "MinFreeSpace": 7, "verify_checksum": false, "attributes": {"fts": "https://fts", "n": 3}, "protocols": [{"scheme": "davs", "hostname": "h", "port": 443, "prefix": "/p/", "impl": "i", "domains": {"wan": {"read": 1}}, "extended_attributes": {"a": 1}}]}, "X2": {"rse_type": "TAPE"}}, "distances": {"X1": {"X2": {"distance": 3}}}} → 201
            POST /import {"rses": {"X1": {"availability_write": false, "attributes": {"n": 4}, "protocols": [{"scheme": "davs", "hostname": "h", "port": 443, "prefix": "/q/", "impl": "i"}]}}} → 201
            """);
        var export = (await root.CallAsync("GET", "/export?distance=true")).Json;
        var x1 = export["rses"]!["X1"]!;
        Assert.Multiple(() =>
        {
            Assert.That(x1["id"]!.GetValue<string>(), Does.Match("^[0-9a-f]{32}$"));
            Assert.That(x1["availability_write"]!.GetValue<bool>(), Is.False);
            Assert.That(x1["MinFreeSpace"]!.GetValue<long>(), Is.EqualTo(7));
            Assert.That(x1["lfn2pfn_algorithm"]!.GetValue<string>(), Is.EqualTo("hash"));
            Assert.That(JsonNode.DeepEquals(x1["attributes"], JsonNode.Parse("""{"X1": true, "city": "Geneva", "fts": "https://fts", "n": "4", "verify_checksum": false}""")), x1["attributes"]!.ToJsonString());
            Assert.That(x1["protocols"]![0]!["prefix"]!.GetValue<string>(), Is.EqualTo("/q/"));
            Assert.That(x1["protocols"]![0]!["domains"]!["wan"]!["read"]!.GetValue<int>(), Is.EqualTo(1));
            Assert.That(export["rses"]!["X2"]!["rse_type"]!.GetValue<string>(), Is.EqualTo("TAPE"));
            Assert.That(export["distances"]!["X1"]!["X2"]!["distance"]!.GetValue<int>(), Is.EqualTo(3));
        });
    }

    [Test]
    public async Task Lists_want_a_stream_and_objects_want_json()
    {
        await root.CallAsync("POST", "/rses/ACCEPT");
        Assert.That((await root.CallAsync("GET", "/rses/", accept: "application/json")).Summary, Is.EqualTo("406 UnsupportedRequestedContentType"));
        Assert.That((await root.CallAsync("GET", "/rses/ACCEPT", accept: "application/x-json-stream")).Summary, Is.EqualTo("406 UnsupportedRequestedContentType"));
        var list = await root.CallAsync("GET", "/rses/", accept: "application/x-json-stream, application/json, */*");
        Assert.That(list.ContentType, Is.EqualTo("application/x-json-stream"));
        Assert.That(list.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonNode.Parse(l)!["vo"]!.GetValue<string>()), Is.All.EqualTo(vo));
    }

    [Test]
    public async Task Anybody_with_a_token_can_occupy_an_identity_name()
    {
        await root.PlayAsync($$"""
            POST /accounts/plain {"type": "USER", "email": "e"} → 201
            POST /accounts/plain/identities {"identity": "plain-{{vo}}", "authtype": "USERPASS", "email": "e", "password": "p"} → 201
            POST /accounts/plain/identities {"identity": "plain-{{vo}}", "authtype": "USERPASS", "email": "e", "password": "p"} → 409 Duplicate
            POST /accounts/plain/identities {"identity": "nopw-{{vo}}", "authtype": "USERPASS", "email": "e"} → 400 IdentityError
            """);
        var plain = await bed.LogInAsync($"plain-{vo}", "p", "plain", vo);
        await plain.PlayAsync($$"""
            POST /accounts/plain/identities {"identity": "q-{{vo}}", "authtype": "USERPASS", "email": "e", "password": "p"} → 401 AccessDenied
            POST /rses/PLAIN → 401 AccessDenied
            POST /import {} → 500 AccessDenied
            GET /config → 500 AccessDenied
            GET /config/a/b → 401 AccessDenied
            POST /scopes/plain/s → 500 AccessDenied
            POST /accounts/plain/scopes/s → 401 AccessDenied
            GET /vos/ → 401 AccessDenied
            GET /heartbeats → 500 AccessDenied
            """);
    }

    [Test]
    public async Task An_accounts_key_in_an_import_deletes_everybody_else()
    {
        var (_, freshRoot) = await bed.NewVoAsync();
        await freshRoot.PlayAsync("""
            POST /accounts/kept {"type": "USER", "email": "e"} → 201
            POST /accounts/lost {"type": "USER", "email": "e"} → 201
            POST /import {"accounts": [{"account": "kept", "email": "n"}, {"account": "fresh", "email": "e"}]} → 201
            DELETE /accounts/lost → 404 AccountNotFound
            GET /accounts/kept/attr/ → 200
            GET /accounts/fresh/attr/ → 200
            GET /accounts/root/attr/ → 200
            """);
    }

    [Test]
    public Task A_subscription_can_only_be_made_inactive() => root.PlayAsync("""
        POST /accounts/sub {"type": "USER", "email": "e"} → 201
        POST /subscriptions/sub/one {"options": {"filter": {"scope": ["s"]}, "replication_rules": [{"rse_expression": "A", "copies": 1, "activity": "User Subscriptions"}], "comments": "c", "lifetime": null, "retroactive": false}} → 201
        POST /subscriptions/sub/one {"options": {"filter": {"scope": ["s"]}, "replication_rules": [{"rse_expression": "A", "copies": 1, "activity": "User Subscriptions"}], "comments": "c", "lifetime": null, "retroactive": false}} → 409 SubscriptionDuplicate
        POST /subscriptions/sub/two {"options": {"filter": {}, "replication_rules": [{"rse_expression": "A", "copies": 1}], "comments": "c", "lifetime": null, "retroactive": false}} → 400 InvalidObject
        POST /subscriptions/sub/two {"options": {"filter": {}}} → 400 KeyError
        PUT /subscriptions/sub/one {"options": {"state": "I"}} → 201
        PUT /subscriptions/sub/one {"options": {"state": "Q"}} → 400 InvalidObject
        PUT /subscriptions/sub/two {"options": {"state": "I"}} → 404 SubscriptionNotFound
        DELETE /subscriptions/sub/one → 405
        GET /subscriptions/sub/two → 404 SubscriptionNotFound
        """);

    [Test]
    public Task Data_comes_and_goes_by_scope_quota_and_counter() => root.PlayAsync("""
        POST /accounts/data {"type": "USER", "email": "e"} → 201
        POST /accounts/data/scopes/data → 201
        POST /import {"rses": {"DATA": {"protocols": [{"scheme": "davs", "hostname": "h", "port": 443, "prefix": "/p", "impl": "i", "domains": {"lan": {"read": 1, "write": 1, "delete": 1}, "wan": {"read": 1, "write": 1, "delete": 1}}}]}}} → 201
        POST /replicas {"rse": "DATA", "files": [{"scope": "data", "name": "f", "bytes": 5, "adler32": "deadbeef"}]} → 201
        POST /replicas {"rse": "DATA", "files": [{"scope": "data", "name": "f", "bytes": 7, "adler32": "00000000"}]} → 201
        POST /replicas {"rse": "DATA", "files": [{"scope": "nope", "name": "f", "bytes": 5}]} → 404 ScopeNotFound
        POST /replicas {"rse": "DATA", "files": [{"scope": "data", "name": "g"}]} → 500
        DELETE /replicas {"rse": "DATA", "files": [{"scope": "data", "name": "f"}]} → 401 AccessDenied
        POST /dids/data/set {"type": "DATASET"} → 201
        POST /dids/data/set {"type": "DATASET"} → 409 DataIdentifierAlreadyExists
        POST /dids/data/file {"type": "FILE"} → 409 UnsupportedOperation
        POST /dids/data/set/dids {"dids": [{"scope": "data", "name": "f", "bytes": 5, "adler32": "deadbeef"}]} → 201
        POST /rules/ {"dids": [{"scope": "data", "name": "f"}], "account": "root", "copies": 1, "rse_expression": "DATA"} → 409 InsufficientAccountLimit
        POST /accounts/root/limits/local/DATA {"bytes": -1} → 201
        POST /rules/ {"dids": [{"scope": "data", "name": "f"}], "account": "root", "copies": 1, "rse_expression": "DATA"} → 201
        POST /rules/ {"dids": [{"scope": "data", "name": "f"}], "account": "root", "copies": 1, "rse_expression": "DATA"} → 409 DuplicateRule
        POST /rules/ {"dids": [{"scope": "data", "name": "gone"}], "account": "root", "copies": 1, "rse_expression": "DATA"} → 404 DataIdentifierNotFound
        GET /rses/DATA/accounts/usage → 200
        DELETE /rses/DATA → 200
        """);
}
