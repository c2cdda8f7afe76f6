using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Tests.Desired;

namespace RucioOperator.Tests.Planning;

/// <summary>Subscriptions: what is sent, when it is sent again, and which names its filters fit.</summary>
public sealed class VoSubscriptionsPartTests
{
    private static readonly SubscriptionSpec Raw = new()
    {
        Name = "raw",
        Owner = "ada",
        Priority = 2,
        Filter = new() { Scopes = ["data", "user.*"], Accounts = ["ada"], Pattern = "raw*", ExcludedPattern = "*_tmp", Metadata = new() { Project = "data26*", Provenance = "T0", RunNumber = "1" } },
        Rules = [new() { RseExpression = "tier=1", Copies = 2, Activity = "T0 Tape", Lifetime = "2h" }, new() { RseExpression = "*" }],
    };

    private static readonly ObservedVo Vo = new("sky")
    {
        Exists = true,
        Claim = VoSpecs.Claimant,
        PolicyPackage = VoSpecs.Package,
        Passwords = new Dictionary<string, PasswordHash> { [VoSpecs.RootIdentity] = new(PasswordHash.Of(VoSpecs.RootPassword, [1]), [1]) },
        Accounts = new Dictionary<string, ObservedAccount>
        {
            ["root"] = new("root", "SERVICE", "ACTIVE", "") { Identities = [new(VoSpecs.RootIdentity, "USERPASS")] },
            ["ada"] = new("ada", "USER", "ACTIVE", "") { Attributes = new Dictionary<string, string> { [AccountMark.Attribute] = AccountMark.Made } },
            ["gone"] = new("gone", "USER", "SUSPENDED", ""),
            ["by-hand"] = new("by-hand", "USER", "ACTIVE", ""),
        },
        Rses = ((ObservedRse[])[new("A", "a") { Attributes = Tier1 }, new("B", "b") { Attributes = Tier1 }]).ToDictionary(r => r.Name),
    };

    private static Dictionary<string, string> Tier1 => new() { ["tier"] = "1" };

    private static Plan<VoChange> Plan(ObservedVo observed, params SubscriptionSpec[] wanted) =>
        VoPlan.For(new DesiredVo(new VirtualOrganisationSpec { Tag = "sky", Accounts = [new() { Name = "ada" }], Subscriptions = wanted }, VoSpecs.Claimant, false, false, VoSpecs.Package, VoSpecs.RootIdentity, VoSpecs.RootPassword, new Dictionary<string, string>()), observed);

    private static ObservedVo With(params ObservedSubscription[] subscriptions) => Vo with { Subscriptions = subscriptions };

    [Test]
    public void It_is_made_with_expressions_that_fit_whole_names_and_a_mark_to_find_it_by()
    {
        Assert.That(Plan(Vo, Raw).Changes, Is.EqualTo(new[] { new CreateSubscription(Raw) }));
        Assert.That(SubscriptionDocument.Filter(Raw, "sky").ToJsonString(), Is.EqualTo(
            """{"scope":["data","user\\..*"],"account":["ada"],"pattern":"raw.*$","excluded_pattern":".*_tmp$","project":["data26.*$"],"provenance":"T0$","run_number":["1$"]}"""));
        Assert.That(SubscriptionDocument.Filter(Raw, BaseVo.Tag)["scope"]!.ToJsonString(), Is.EqualTo("""["data$","user\\..*$"]"""), "no tag follows in a single-VO Rucio");
        Assert.That(SubscriptionDocument.Rules(Raw).ToJsonString(), Is.EqualTo(
            """[{"rse_expression":"tier=1","copies":2,"activity":"T0 Tape","managed_by":"rucio-operator","lifetime":7200},{"rse_expression":"*","copies":1,"activity":"User Subscriptions","managed_by":"rucio-operator"}]"""));
    }

    [Test]
    public void What_rucio_keeps_of_it_is_the_same_however_it_is_written() => Assert.Multiple(() =>
    {
        var kept = VoSpecs.Kept(Raw);
        var shuffled = new JsonObject(JsonNode.Parse(kept.Filter)!.AsObject().Reverse().Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone())));
        Assert.That(Plan(With(kept), Raw).IsEmpty, Is.True);
        Assert.That(Plan(With(kept with { Filter = shuffled.ToJsonString(new() { WriteIndented = true }), State = 'U' }), Raw).IsEmpty, Is.True);
    });

    private static IEnumerable<TestCaseData> Changed()
    {
        var kept = VoSpecs.Kept(Raw);
        yield return new TestCaseData(kept with { State = 'I' }, "state").SetArgDisplayNames("inactive");
        yield return new TestCaseData(kept with { State = 'B', Priority = 3 }, "state, priority").SetArgDisplayNames("broken");
        yield return new TestCaseData(kept with { Filter = kept.Filter.Replace("data\"", "data@sea\"") }, "filter").SetArgDisplayNames("filter");
        yield return new TestCaseData(kept with { Filter = "nonsense", Rules = "{}" }, "filter, rules").SetArgDisplayNames("nonsense");
        yield return new TestCaseData(kept with { Rules = kept.Rules.Replace("7200", "7201") }, "rules").SetArgDisplayNames("rules");
        yield return new TestCaseData(kept with { Comments = null }, "comments").SetArgDisplayNames("comments");
        yield return new TestCaseData(kept with { EndsAt = new(2027, 1, 1) }, "end").SetArgDisplayNames("end");
    }

    [TestCaseSource(nameof(Changed))]
    public void What_differs_is_named_and_put_right_at_once(ObservedSubscription have, string fields)
    {
        var update = (UpdateSubscription)Plan(With(have), Raw).Changes.Single();
        Assert.That((update.Fields, update.Extend), Is.EqualTo((fields, fields == "end")));
        Assert.That(Plan(VoSpecs.Apply(With(have), null!, update), Raw).IsEmpty, Is.True);
    }

    [Test]
    public void Those_nobody_asks_for_become_inactive_and_others_stay()
    {
        var ours = VoSpecs.Kept(Raw);
        var observed = With(ours, ours with { Name = "theirs", Rules = """[{"rse_expression": "A"}]""" }, ours with { Name = "done", State = 'I' });
        Assert.That(Plan(observed).Changes, Is.EqualTo(new[] { new DeactivateSubscription("raw", "ada") }));
    }

    [Test]
    public void Another_owner_is_another_subscription()
    {
        var moved = Raw with { Owner = "by-hand" };
        Assert.That(Plan(With(VoSpecs.Kept(Raw)), moved).Changes, Is.EqualTo(new VoChange[] { new CreateSubscription(moved), new DeactivateSubscription("raw", "ada") }));
    }

    [TestCase("nobody"), TestCase("gone")]
    public void An_owner_that_is_not_there_is_told_and_holds_up_nothing_else(string owner)
    {
        var plan = Plan(Vo, Raw with { Owner = owner }, Raw with { Name = "other" });
        Assert.That((plan.Changes.Count, plan.Problems.Single().Reason, plan.Problems.Single().Subject), Is.EqualTo((1, "OwnerMissing", VoConditions.SubscriptionsReady)));
    }

    [Test]
    public void Too_few_storages_and_too_long_a_text_are_told()
    {
        var few = Plan(Vo, Raw with { Rules = [new() { RseExpression = "*", Copies = 3 }] });
        Assert.That((few.Changes.Count, few.Problems.Single().Reason), Is.EqualTo((1, VoPlan.WaitingForStorage)));
        var huge = Plan(Vo, Raw with { Rules = [.. Enumerable.Repeat(new SubscriptionRule { RseExpression = string.Join('|', Enumerable.Repeat("A", 400)) }, 5)] });
        Assert.That((huge.Changes.Count, huge.Problems.Single().Reason), Is.EqualTo((0, VoPlan.SubscriptionTooLarge)));
    }

    private static readonly Gen<string> Pattern = Gen.OneOf("a", "b", "*", ".", "-").Array[1, 8].Select(string.Concat);
    private static readonly Gen<string> Text = Gen.OneOf("a", "b", ".", "-", "x").Array[0, 10].Select(string.Concat);

    private static string NameExpression(string pattern) => SubscriptionDocument.Filter(new() { Filter = new() { Scopes = ["s"], Pattern = pattern } }, "sky")["pattern"]!.GetValue<string>();

    private static bool Fits(string pattern, string text) => Regex.IsMatch(text, "^" + Regex.Escape(pattern).Replace(@"\*", ".*") + @"\z");

    [Test]
    public void A_star_stands_for_any_characters_and_all_else_for_itself()
    {
        Gen.Select(Pattern, Text).Sample((pattern, text) => Regex.IsMatch(text, @"\A" + NameExpression(pattern)) == Fits(pattern, text), iter: 5000);
        Assert.That(NameExpression("*a*b*"), Is.EqualTo(@"(?=(.*?a))\1(?=(.*?b))\2.*$"));
    }

    [Test]
    public async Task Python_reads_them_the_same_way_and_in_no_time()
    {
        Python.Require();
        (string Pattern, string Text)[] cases = [.. Gen.Select(Pattern, Text).Array[3000].Single(), (string.Concat(Enumerable.Repeat("*a", 60)) + "*b", new string('a', 250))];
        var began = Stopwatch.GetTimestamp();
        var answers = await Python.JsonAsync(Python.Script("regex_matches.py"), [], new JsonArray([.. cases.Select(c => (JsonNode)new JsonArray(NameExpression(c.Pattern), c.Text))]).ToJsonString());
        Assert.That(cases.Zip(answers.EnumerateArray()).Where(p => p.First.Text.Length < 250 && p.Second.GetBoolean() != Fits(p.First.Pattern, p.First.Text)).Select(p => p.First), Is.Empty);
        Assert.That((answers[cases.Length - 1].GetBoolean(), Stopwatch.GetElapsedTime(began).TotalSeconds < 20), Is.EqualTo((false, true)));
    }

    /// <summary>As the transmogrifier asks: from the start of <c>scope@tag</c>, against what the server stored.</summary>
    [TestCase("data", "data@sky", ExpectedResult = true)]
    [TestCase("data", "data2@sky", ExpectedResult = false)]
    [TestCase("data", "data@sea", ExpectedResult = false)]
    [TestCase("*", "anything@sky", ExpectedResult = true)]
    [TestCase("*", "anything@sea", ExpectedResult = false)]
    [TestCase("user.*", "user.ada@sky", ExpectedResult = true)]
    [TestCase("user.*", "userXada@sky", ExpectedResult = false)]
    [TestCase("*.a*", "user.ada@sea", ExpectedResult = false)]
    public bool A_scope_of_another_vo_fits_nothing(string scope, string stored) =>
        Regex.IsMatch(stored, @"\A" + SubscriptionDocument.Filter(new() { Filter = new() { Scopes = [scope] } }, "sky")["scope"]![0]!.GetValue<string>() + "@sky");
}
