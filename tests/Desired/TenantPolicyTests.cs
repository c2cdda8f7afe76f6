using System.Text.Json;
using NUnit.Framework;
using RucioOperator.Desired;
using RucioOperator.Releases;

namespace RucioOperator.Tests.Desired;

public sealed class TenantPolicyTests
{
    private static readonly string[] nobody = [];
    private static readonly string[] superRoot = ["super_root"];
    private static readonly string[] voRoot = ["root"];
    private static readonly string[] quota = ["root", "admin", "with-quota", "unlimited"];
    private static readonly string[] owner = ["root", "admin", "plain"];
    private static readonly string[] admins = ["root", "admin"];
    private static readonly string[] generic = ["plain"];

    private const string Own = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", OtherVos = "ffffffffffffffffffffffffffffffff";

    private string folder = "";
    private JsonElement policy;

    [OneTimeSetUp]
    public async Task Ask_the_policy()
    {
        Python.Require();
        folder = Directory.CreateTempSubdirectory("tenant-policy-").FullName;
        Write(folder);
        policy = await Python.JsonAsync(Python.Script("policy_decisions.py"), [folder], "[]");
    }

    [OneTimeTearDown]
    public void Remove_the_files()
    {
        if (folder.Length > 0)
            Directory.Delete(folder, recursive: true);
    }

    internal static void Write(string parent)
    {
        var package = Directory.CreateDirectory(Path.Combine(parent, TenantPolicyPackage.Name)).FullName;
        foreach (var (name, text) in TenantPolicyPackage.Files)
            File.WriteAllText(Path.Combine(package, name), text);
    }

    [Test]
    public void Every_action_of_every_known_release_has_its_place()
    {
        foreach (var release in ReleaseCatalogue.Lines)
            Assert.That(release.GatewayActions.Except(Table().Keys), Is.Empty, $"unclassified in {release.Line}");
    }

    [Test]
    public void The_table_names_no_action_twice_and_none_that_no_release_has()
    {
        var named = policy.GetProperty("tables").EnumerateObject().SelectMany(table => Texts(table.Value)).ToList();
        Assert.That(named, Is.Unique);
        Assert.That(named.Except(ReleaseCatalogue.Lines.SelectMany(release => release.GatewayActions)), Is.Empty);
    }

    [Test]
    public void Every_action_is_decided_as_its_class_says()
    {
        foreach (var (action, table) in Table())
        {
            var expected = table switch
            {
                "GLOBAL" => superRoot,
                "VO_ROOT" => voRoot,
                "QUOTA" => quota,
                "RULE" => owner,
                "ADMIN" or "SELF" => admins,
                _ => generic,
            };
            Assert.That(Allowed(action), Is.EqualTo(expected), action);
        }
    }

    [TestCase("config_set"), TestCase("config_get"), TestCase("config_remove_section"), TestCase("list_heartbeats"),
     TestCase("send_heartbeats"), TestCase("set_transfer_limit"), TestCase("add_vo"), TestCase("recover_vo_root_identity"),
     TestCase("del_identity"), TestCase("add_key")]
    public void Global_state_is_in_the_hands_of_super_root_alone(string action) =>
        Assert.That(Allowed(action), Is.EqualTo(superRoot));

    [TestCase("add_account_identity"), TestCase("del_account_identity"), TestCase("add_account"), TestCase("add_rse"),
     TestCase("add_protocol"), TestCase("add_attribute"), TestCase("set_local_account_limit"), TestCase("add_subscription"),
     TestCase("import"), TestCase("add_qos_policy")]
    public void What_a_vo_consists_of_is_in_the_hands_of_its_root_alone(string action) =>
        Assert.That(Allowed(action), Is.EqualTo(voRoot));

    [TestCase("add_replicas"), TestCase("update_replicas_states")]
    public void Replicas_are_for_accounts_with_a_quota_on_that_very_storage(string action)
    {
        Assert.That(Allowed(action), Is.EqualTo(quota));
        Assert.That(Texts(policy.GetProperty("otherRse")), Is.EqualTo(new[] { "root", "admin" }));
        Assert.That(Texts(policy.GetProperty("noRse")), Is.EqualTo(new[] { "root", "admin" }));
    }

    [Test]
    public void No_storage_name_opens_itself_to_everybody() =>
        Assert.That(Texts(policy.GetProperty("scratchdisk")), Is.EqualTo(new[] { "root", "admin" }));

    [Test]
    public async Task In_a_single_vo_rucio_root_has_what_is_global_too_and_the_rest_is_its_generic_policys()
    {
        var single = await Python.JsonAsync(Python.Script("policy_decisions.py"), [folder, "single"]);
        foreach (var (action, table) in Table())
        {
            var expected = table switch { "GLOBAL" or "VO_ROOT" => voRoot, "QUOTA" => quota, "RULE" => owner, "ADMIN" or "SELF" => admins, _ => generic };
            Assert.That(Texts(single.GetProperty("allowed").GetProperty(action)), Is.EqualTo(expected), action);
        }
    }

    [Test]
    public Task No_name_leads_out_of_its_storage() => AnswersAsync(
        ("plain", "add_did", """{"name": "a..b/c.d/..e"}""", "{}", true),
        ("plain", "add_did", """{"name": "a/../../b"}""", "{}", false),
        ("admin", "add_did", """{"name": ".."}""", "{}", false),
        ("plain", "add_did", "{}", """{"dids": [{"name": "a/./b"}]}""", false),
        ("plain", "add_dids", """{"dids": [{"name": "a", "dids": [{"name": "../b"}]}]}""", "{}", false),
        ("plain", "attach_dids", """{"attachment": {"dids": [{"name": "a/.."}]}}""", "{}", false),
        ("plain", "attach_dids_to_dids", """{"attachments": [{"dids": [{"name": "a/.."}]}]}""", "{}", false),
        ("root", "add_replicas", RseOf(Own), """{"files": [{"name": "../a"}]}""", false),
        ("with-quota", "add_replicas", RseOf(Own), """{"files": [{"name": "a", "pfn": "davs://h:443/b/c/a"}]}""", true),
        ("with-quota", "add_replicas", RseOf(Own), """{"files": [{"name": "a", "pfn": "davs://h:443/b/../a"}]}""", false),
        ("with-quota", "add_replicas", RseOf(Own), """{"files": [{"name": "a", "pfn": "davs://h:443/b/%252e%2E/a"}]}""", false),
        ("with-quota", "add_replicas", RseOf(Own), """{"files": [{"name": "a", "pfn": "davs://h:443/b/..?a"}]}""", false),
        ("with-quota", "update_replicas_states", RseOf(Own), """{"files": [{"name": "a", "path": "/b"}]}""", false),
        ("plain", "add_did", """{"name": "a", "meta": {"path": "/../b"}}""", """{"meta": {"name": ".."}}""", true));

    [Test]
    public Task Files_are_registered_where_there_is_a_quota_however_it_is_asked_for() => AnswersAsync(
        ("plain", "add_did", """{"name": "a"}""", """{"rse": "DISK", "dids": [{"scope": "s.plain", "name": "b"}]}""", false),
        ("with-quota", "add_dids", $$"""{"dids": [{"rse_id": "{{Own}}", "dids": [{"scope": "s.plain", "name": "b"}]}]}""", "{}", false),
        ("admin", "add_did", """{"name": "a", "generic": true}""", """{"rse": "DISK", "dids": [{"scope": "s.plain", "name": "b"}]}""", true),
        ("with-quota", "add_did", """{"name": "a", "generic": true}""", """{"rse": "DISK", "dids": [{"scope": "s.with-quota", "name": "b"}]}""", true),
        ("with-quota", "add_did", """{"name": "a", "generic": true}""", """{"rse": "OTHER", "dids": [{"scope": "s.with-quota", "name": "b"}]}""", false),
        ("with-quota", "attach_dids", $$$"""{"generic": true, "attachment": {"rse_id": "{{{Own}}}", "dids": [{"scope": "s.with-quota", "name": "b"}]}}""", "{}", true),
        ("with-quota", "attach_dids", $$$"""{"generic": true, "attachment": {"rse_id": "{{{Own}}}", "dids": [{"scope": "s.plain", "name": "b"}]}}""", "{}", false),
        ("with-quota", "add_did", """{"name": "a"}""", """{"rse": "NONE"}""", "RSENotFound"));

    [Test]
    public Task No_call_reaches_an_rse_of_another_vo() => AnswersAsync(
        ("admin", "add_dids", $$"""{"dids": [{"rse_id": "{{OtherVos}}", "dids": []}]}""", "{}", false),
        ("root", "add_dids", """{"dids": [{"rse_id": "00", "dids": []}]}""", "{}", false),
        ("admin", "add_replicas", RseOf(OtherVos), "{}", false),
        ("admin", "declare_bad_file_replicas", RseOf(OtherVos), "{}", false),
        ("admin", "declare_bad_file_replicas", RseOf(Own), "{}", true));

    [Test]
    public Task The_account_of_a_rule_changes_what_it_could_have_asked_for() => AnswersAsync(
        ("plain", "update_rule", """{"options": {"lifetime": 10, "comment": "c"}}""", "{}", true),
        ("plain", "update_rule", """{"options": {"account": "other"}}""", "{}", false),
        ("plain", "update_rule", """{"options": {"lifetime": 10, "locked": true}}""", "{}", false),
        ("plain", "move_rule", """{"override": {"copies": 2}}""", "{}", true),
        ("plain", "move_rule", """{"override": {"account": "other"}}""", "{}", false),
        ("plain", "del_rule", """{"rule_id": "plain/locked"}""", "{}", false),
        ("plain", "del_rule", """{"rule_id": "with-quota"}""", "{}", false),
        ("admin", "update_rule", """{"rule_id": "plain/locked", "options": {"locked": false}}""", "{}", true),
        ("plain", "add_did", """{"name": "a", "rules": [{"locked": true}]}""", "{}", false),
        ("plain", "add_dids", """{"dids": [{"name": "a", "rules": [{"locked": true}]}]}""", "{}", false));

    [Test]
    public Task One_stops_following_for_oneself() => AnswersAsync(
        ("plain", "remove_did_from_followed", "{}", """{"account": "plain"}""", true),
        ("plain", "remove_did_from_followed", "{}", """{"account": "admin"}""", false));

    private async Task AnswersAsync(params (string Account, string Action, string Arguments, string Request, object Expected)[] cases)
    {
        var asked = $"[{string.Join(',', cases.Select(c => $"""["{c.Account}", "{c.Action}", {c.Arguments}, {c.Request}]"""))}]";
        var answers = (await Python.JsonAsync(Python.Script("policy_decisions.py"), [folder], asked)).GetProperty("answers").EnumerateArray()
            .Select(a => a.ValueKind == JsonValueKind.String ? a.GetString()! : (object)a.GetBoolean());
        Assert.That(cases.Zip(answers, (c, answer) => $"{c.Account} {c.Action} {c.Arguments} {c.Request}: {answer}"),
            Is.EqualTo(cases.Select(c => $"{c.Account} {c.Action} {c.Arguments} {c.Request}: {c.Expected}")));
    }

    private static string RseOf(string id) => $$"""{"rse": "DISK", "rse_id": "{{id}}"}""";

    [Test]
    public void Unknown_actions_are_denied() =>
        Assert.That((Allowed("invented"), Allowed("null")), Is.EqualTo((nobody, nobody)));

    [Test]
    public void Only_a_plain_yes_of_the_generic_policy_counts()
    {
        Assert.That(policy.GetProperty("genericNone").GetBoolean(), Is.False);
        Assert.That(policy.GetProperty("genericText").GetBoolean(), Is.False);
    }

    [Test]
    public void A_mistake_in_the_policy_denies_and_an_error_of_rucio_stays_that_error()
    {
        Assert.That(policy.GetProperty("onTypeError").GetBoolean(), Is.False);
        Assert.That(policy.GetProperty("onKeyError").GetBoolean(), Is.False);
        Assert.That(policy.GetProperty("onRucioException").GetString(), Is.EqualTo("RucioException"));
        Assert.That(policy.GetProperty("onDatabaseError").GetString(), Is.EqualTo("SQLAlchemyError"));
    }

    [Test]
    public async Task The_python_we_ship_is_python_3_9()
    {
        var script = Path.Combine(folder, BootstrapScript.FileName);
        await File.WriteAllTextAsync(script, BootstrapScript.Text);
        await File.WriteAllTextAsync(Path.Combine(folder, PolicyCheckJob.FileName), PolicyCheckJob.Script);
        await Python.JsonAsync(Python.Script("syntax.py"), Directory.EnumerateFiles(folder, "*.py", SearchOption.AllDirectories));
    }

    private Dictionary<string, string> Table() => policy.GetProperty("tables").EnumerateObject()
        .SelectMany(table => Texts(table.Value).Select(action => (action, table.Name))).ToDictionary(pair => pair.action, pair => pair.Name);

    private string[] Allowed(string action) => Texts(policy.GetProperty("allowed").GetProperty(action));

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];
}
