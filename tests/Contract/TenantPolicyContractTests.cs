using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Planning;
using RucioOperator.Tests.SandboxTests.Rucio;

namespace RucioOperator.Tests.Contract;

/// <summary>
/// The tenant policy at work, call by call: what an ordinary account, another one, one with the attribute admin, and those of
/// another VO on the same host may do. AccessDenied has a status of its own in each of Rucio's views.
/// </summary>
[TestFixture(false), TestFixture(true)]
public sealed class TenantPolicyContractTests(bool live) : ContractTests(live)
{
    private const string Protocol = """
        "hostname": "localhost", "port": 0, "impl": "rucio.rse.protocols.posix.Default", "domains": {"lan": {"read": 1, "write": 1, "delete": 1}, "wan": {"read": 1, "write": 1, "delete": 1}}
        """;

    private Tenant _vo = null!, _victim = null!;

    private sealed record Tenant(string Tag, RucioCaller Root, RucioCaller Plain, RucioCaller Other, RucioCaller Admin, string DiskId);

    [OneTimeSetUp]
    public async Task MakeTenantsAsync() => (_vo, _victim) = (await TenantAsync(), await TenantAsync());

    private async Task<Tenant> TenantAsync()
    {
        AccountSpec[] accounts = [new() { Name = "plain" }, new() { Name = "other" }, new() { Name = "boss", Admin = true }];
        var desired = Bed.Desired(new VirtualOrganisationSpec
        {
            Tag = await Bed.NewTagAsync(),
            Accounts = accounts,
            Scopes = [.. accounts.Select(a => new ScopeSpec { Name = $"s.{a.Name}", Owner = a.Name })],
        }, [.. accounts.Select(a => (a.Name, $"password-of-{a.Name}"))]);
        await Bed.ConvergeAsync(desired);
        var tag = desired.Spec.Tag;
        var root = await Bed.Rucio.LogInAsync(desired.RootIdentity, desired.RootPassword, "root", tag);
        await root.PlayAsync($$"""
            POST /rses/DISK {} → 201
            POST /rses/TAPE {} → 201
            POST /rses/PATHS {"deterministic": false} → 201
            POST /rses/DISK/protocols/file { {{Protocol}}, "prefix": "/tmp/{{tag}}/disk/"} → 201
            POST /rses/PATHS/protocols/file { {{Protocol}}, "prefix": "/tmp/{{tag}}/paths/"} → 201
            POST /accounts/plain/limits/local/DISK {"bytes": 1000000} → 201
            POST /accounts/plain/limits/local/PATHS {"bytes": -1} → 201
            """);
        var id = (await root.CallAsync("GET", "/rses/DISK")).Json["id"]!.GetValue<string>();
        return new Tenant(tag, root, await As("plain"), await As("other"), await As("boss"), id);

        Task<RucioCaller> As(string account) => Bed.Rucio.LogInAsync(DesiredVo.IdentityOf(account, tag), $"password-of-{account}", account, tag);
    }

    [Test]
    public Task An_account_uploads_where_it_has_a_quota() => _vo.Plain.PlayAsync($$"""
        POST /replicas {"rse": "DISK", "files": [{{File("upload")}}]} → 201
        PUT /replicas {"rse": "DISK", "files": [{"scope": "s.plain", "name": "upload", "state": "A"}]} → 200
        POST /replicas {"rse": "TAPE", "files": [{{File("other")}}]} → 401 AccessDenied
        POST /replicas {"rse": "PATHS", "files": [{{File("known", Pfn("a/known"))}}]} → 201
        DELETE /replicas {"rse": "DISK", "files": [{"scope": "s.plain", "name": "upload"}]} → 401 AccessDenied
        """);

    [Test]
    public async Task Files_come_with_datasets_only_where_they_may_come_alone()
    {
        await _vo.Plain.PlayAsync($$"""
            POST /dids/s.plain/set1 {"type": "DATASET"} → 201
            POST /dids/s.plain/set2 {"type": "DATASET", "rse": "TAPE", "dids": [{{File("f2")}}]} → 401 AccessDenied
            POST /dids [{"scope": "s.plain", "name": "set3", "type": "DATASET", "rse": "TAPE", "dids": [{{File("f3")}}]}] → 401 AccessDenied
            POST /dids/s.plain/set1/dids {"rse": "TAPE", "dids": [{{File("f4")}}]} → 401 AccessDenied
            POST /dids/attachments [{"scope": "s.plain", "name": "set1", "rse": "TAPE", "dids": [{{File("f5")}}]}] → 401 AccessDenied
            """);
        if (Live)
            await _vo.Plain.PlayAsync($$"""
                POST /dids/s.plain/set6 {"type": "DATASET", "rse": "DISK", "dids": [{{File("f6")}}]} → 201
                POST /dids/s.plain/set7 {"type": "DATASET", "rse": "DISK", "dids": [{"scope": "s.other", "name": "f7", "bytes": 1, "adler32": "00000001"}]} → 401 AccessDenied
                POST /dids/s.plain/set1/dids {"rse": "DISK", "dids": [{{File("f8")}}]} → 201
                """);
    }

    [Test]
    public async Task Nobody_registers_files_on_a_storage_of_another_vo()
    {
        foreach (var caller in (RucioCaller[])[_vo.Plain, _vo.Admin, _vo.Root])
            await caller.PlayAsync($$"""
                POST /dids [{"scope": "s.plain", "name": "stolen", "type": "DATASET", "rse_id": "{{_victim.DiskId}}", "dids": [{{File("stolen1")}}]}] → 401 AccessDenied
                """);
        Assert.That(await CountAsync("SELECT count(*) FROM replicas WHERE replace(rse_id::text, '-', '') = $1", _victim.DiskId), Is.Zero);
    }

    [Test]
    public async Task No_name_and_no_path_leads_into_the_folder_of_another_vo()
    {
        foreach (var caller in (RucioCaller[])[_vo.Plain, _vo.Admin, _vo.Root])
            await caller.PlayAsync($$"""
                POST /replicas {"rse": "DISK", "files": [{{File($"x/../../../../../{_victim.Tag}/disk/f")}}]} → 401 AccessDenied
                POST /replicas {"rse": "PATHS", "files": [{{File("p1", Pfn($"../../{_victim.Tag}/disk/f"))}}]} → 401 AccessDenied
                POST /replicas {"rse": "PATHS", "files": [{{File("p2", Pfn("%2e%2e/f"))}}]} → 401 AccessDenied
                POST /dids/s.plain/set9 {"type": "DATASET", "rse": "DISK", "dids": [{{File("x/../y")}}]} → 401 AccessDenied
                POST /dids [{"scope": "s.plain", "name": "set9", "type": "DATASET", "rse": "DISK", "dids": [{"scope": "s.plain", "name": "p3", "bytes": 1, "adler32": "00000001", "path": "/f"}]}] → 401 AccessDenied
                """);
    }

    [Test]
    public async Task An_account_has_the_rules_of_its_own_and_no_other()
    {
        await _vo.Plain.PlayAsync($$"""POST /replicas {"rse": "DISK", "files": [{{File("ruled")}}]} → 201""");
        var answer = await _vo.Plain.CallAsync("POST", "/rules/", Rule(locked: false));
        Assert.That(answer.Summary, Is.EqualTo("201"), answer.Body);
        var id = answer.Json[0]!.GetValue<string>();
        await _vo.Plain.PlayAsync($$"""
            POST /rules/ {{Rule(locked: true)}} → 500 AccessDenied
            PUT /rules/{{id}} {"options": {"lifetime": 3600, "comment": "mine"} } → 200
            PUT /rules/{{id}} {"options": {"account": "other"} } → 401 AccessDenied
            PUT /rules/{{id}} {"options": {"locked": true} } → 401 AccessDenied
            PUT /rules/{{id}} {"options": {"approve": true} } → 401 AccessDenied
            """);
        await _vo.Other.PlayAsync($$"""
            PUT /rules/{{id}} {"options": {"lifetime": 1} } → 401 AccessDenied
            DELETE /rules/{{id}} {"purge_replicas": false} → 401 AccessDenied
            """);
        await _victim.Admin.PlayAsync($$"""
            GET /rules/{{id}} → 500 AccessDenied
            PUT /rules/{{id}} {"options": {"lifetime": 1} } → 401 AccessDenied
            DELETE /rules/{{id}} {"purge_replicas": false} → 401 AccessDenied
            """);
        await _vo.Plain.PlayAsync($$"""DELETE /rules/{{id}} {"purge_replicas": false} → 200""");
    }

    [Test]
    public async Task The_attribute_admin_helps_with_data_and_not_with_what_the_vo_consists_of()
    {
        await _vo.Plain.PlayAsync("""POST /dids/s.plain/admins {"type": "DATASET"} → 201""");
        await _vo.Admin.PlayAsync($$"""
            POST /replicas {"rse": "TAPE", "files": [{"scope": "s.plain", "name": "by-boss", "bytes": 1, "adler32": "00000001"}]} → 201
            POST /rses/MORE {} → 401 AccessDenied
            POST /accounts/more {"type": "USER", "email": "m@example.org"} → 401 AccessDenied
            POST /accounts/plain/identities {"identity": "x@{{_vo.Tag}}", "authtype": "USERPASS", "email": "", "password": "y"} → 401 AccessDenied
            POST /accounts/plain/attr/admin {"value": "true"} → 401 AccessDenied
            POST /accounts/boss/limits/local/DISK {"bytes": 1} → 401 AccessDenied
            """);
    }

    /// <summary>Whoever knows a tag that is still to come must not choose its policy: Rucio looks once and remembers.</summary>
    [Test]
    public async Task A_login_tried_before_the_vo_is_there_does_not_leave_it_without_the_policy()
    {
        var tag = await Bed.NewTagAsync();
        Assert.That(await Bed.LogInAsync("nobody", "nothing", "root", tag), Is.EqualTo("401 CannotAuthenticate"));
        var desired = Bed.Desired(new VirtualOrganisationSpec { Tag = tag });
        await Bed.ConvergeAsync(desired);
        var root = await Bed.Rucio.LogInAsync(desired.RootIdentity, desired.RootPassword, "root", tag);
        await root.PlayAsync("GET /config → 500 AccessDenied");
    }

    private async Task<long> CountAsync(string sql, string value)
    {
        await using var command = Bed.Catalogue.CreateCommand(sql);
        command.Parameters.Add(new() { Value = value });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private string Pfn(string path) => $"file://localhost:0/tmp/{_vo.Tag}/paths/{path}";

    private static string File(string name, string? pfn = null) =>
        $$"""{"scope": "s.plain", "name": "{{name}}", "bytes": 1, "adler32": "00000001"{{(pfn is null ? "" : $", \"pfn\": \"{pfn}\"")}}}""";

    private static string Rule(bool locked) =>
        $$"""{"dids": [{"scope": "s.plain", "name": "ruled"}], "account": "plain", "copies": 1, "rse_expression": "DISK", "weight": null, "lifetime": null, "grouping": "DATASET", "locked": {{(locked ? "true" : "false")}}}""";
}
