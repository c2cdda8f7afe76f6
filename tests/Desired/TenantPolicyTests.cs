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
    private static readonly string[] generic = ["plain"];

    private string folder = "";
    private JsonElement policy;

    [OneTimeSetUp]
    public async Task Ask_the_policy()
    {
        Python.Require();
        folder = Directory.CreateTempSubdirectory("tenant-policy-").FullName;
        Write(folder);
        policy = await Python.JsonAsync(Python.Script("policy_decisions.py"), [folder]);
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
            var expected = table switch { "GLOBAL" or "VO_ROOT" => voRoot, "QUOTA" => quota, _ => generic };
            Assert.That(Texts(single.GetProperty("allowed").GetProperty(action)), Is.EqualTo(expected), action);
        }
    }

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
        await Python.JsonAsync(Python.Script("syntax.py"), Directory.EnumerateFiles(folder, "*.py", SearchOption.AllDirectories));
    }

    private Dictionary<string, string> Table() => policy.GetProperty("tables").EnumerateObject()
        .SelectMany(table => Texts(table.Value).Select(action => (action, table.Name))).ToDictionary(pair => pair.action, pair => pair.Name);

    private string[] Allowed(string action) => Texts(policy.GetProperty("allowed").GetProperty(action));

    private static string[] Texts(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];
}
