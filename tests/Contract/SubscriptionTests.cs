using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>Subscriptions on a server: made, changed, inactive and back; the tables say what REST says.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class SubscriptionTests(bool live) : ContractTests(live)
{
    private static readonly SubscriptionSpec Raw = new()
    {
        Name = "raw-to.tape_1",
        Owner = "ada",
        Filter = new() { Scopes = ["data", "user.*", "*a*b*"], Accounts = ["ada"], Pattern = "raw/*.RAW*", ExcludedPattern = "*_tmp", Metadata = new() { Project = "data 26 (u)*", Provenance = "T0", RunNumber = "4711" } },
        Rules = [new() { RseExpression = @"(tier=1|S_2)&*\S_3", Copies = 1, Activity = "T0 Tape", Lifetime = "30d" }],
    };

    private static AccountSpec[] Accounts => [new() { Name = "ada" }, new() { Name = "bob" }];

    private async Task<DesiredVo> StorageAsync()
    {
        var vo = await Bed.NewVoAsync();
        await Bed.Root(vo).ImportAsync(ImportDocument.Of([new DesiredRse("S_1") { Attributes = new SortedDictionary<string, string> { ["tier"] = "1" } }, new("S_2"), new("S_3")]), default);
        return Bed.Desired(vo.Spec with { Accounts = Accounts });
    }

    private static DesiredVo With(DesiredVo vo, params SubscriptionSpec[] subscriptions) => vo with { Spec = vo.Spec with { Subscriptions = subscriptions } };

    [Test]
    public async Task A_subscription_follows_its_spec_and_rest_says_what_the_tables_say()
    {
        var vo = await StorageAsync();
        var made = (await SameAsync(await Bed.ConvergeAsync(With(vo, Raw)))).Single();
        Assert.That((made.Name, made.Owner, made.State, made.Priority, made.Comments, made.EndsAt), Is.EqualTo((Raw.Name, "ada", 'A', 3, Raw.Name, (DateTime?)null)));

        var changed = Raw with { Priority = 1, Comments = "a text", Filter = new() { Scopes = ["*"] }, Rules = [new() { RseExpression = "S_2" }, new() { RseExpression = "*", Copies = 3 }] };
        Assert.That((await SameAsync(await Bed.ConvergeAsync(With(vo, changed)))).Select(s => (s.State, s.Priority, s.Comments)), Is.EqualTo(new[] { ('U', 1, "a text") }));

        var moved = changed with { Owner = "bob" };
        Assert.That((await SameAsync(await Bed.ConvergeAsync(With(vo, moved)))).Select(s => (s.Owner, s.State)), Is.EquivalentTo(new[] { ("ada", 'I'), ("bob", 'A') }));
        Assert.That((await SameAsync(await Bed.ConvergeAsync(With(vo)))).Select(s => s.State), Is.EqualTo("II"));
        Assert.That((await SameAsync(await Bed.ConvergeAsync(With(vo, Raw)))).Select(s => (s.Owner, s.State)), Is.EquivalentTo(new[] { ("ada", 'U'), ("bob", 'I') }));

        async Task<IReadOnlyList<ObservedSubscription>> SameAsync(ObservedVo observed)
        {
            var rest = await Bed.Root(vo).SubscriptionsAsync(default);
            Assert.That(rest.OrderBy(s => s.Owner).Select(Canonical), Is.EqualTo(observed.Subscriptions.OrderBy(s => s.Owner).Select(Canonical)));
            return observed.Subscriptions;
        }

        static ObservedSubscription Canonical(ObservedSubscription s) => s with { Filter = System.Text.Json.Nodes.JsonNode.Parse(s.Filter)!.ToJsonString(), Rules = System.Text.Json.Nodes.JsonNode.Parse(s.Rules)!.ToJsonString() };
    }

    [Test]
    public async Task What_others_do_to_it_is_undone_an_end_too()
    {
        var vo = With(await StorageAsync(), Raw);
        await Bed.ConvergeAsync(vo);
        foreach (var vandalism in (string[])["state = 'I'", "state = 'B'", "filter = '{\"scope\": [\".*\"]}'", "replication_rules = '[]'", "policyid = 5", "comments = 'x'", "lifetime = now()"])
        {
            await Bed.SqlAsync($"UPDATE subscriptions SET {vandalism} WHERE account = $1", $"ada@{vo.Spec.Tag}");
            var plan = VoPlan.For(vo, await Bed.Instance.RefreshVoAsync(vo.Spec.Tag, default));
            Assert.That(plan.Changes.Single(), Is.InstanceOf<UpdateSubscription>(), vandalism);
            await Bed.ConvergeAsync(vo);
        }
    }

    [Test]
    public async Task A_scope_without_the_vos_tag_is_seen_as_another()
    {
        var vo = With(await StorageAsync(), Raw with { Filter = new() { Scopes = ["data"] } });
        await Bed.ConvergeAsync(vo);
        foreach (var scope in (string[])["data", "data@sea"])
        {
            await Bed.SqlAsync($"UPDATE subscriptions SET filter = '{{\"scope\": [\"{scope}\"]}}' WHERE account = $1", $"ada@{vo.Spec.Tag}");
            Assert.That(VoPlan.For(vo, await Bed.Instance.RefreshVoAsync(vo.Spec.Tag, default)).Changes, Has.Count.EqualTo(1), scope);
            await Bed.ConvergeAsync(vo);
        }
    }

    [Test]
    public async Task An_owner_that_is_suspended_is_told_and_a_scope_may_go_to_an_account_that_nobody_lists()
    {
        var vo = await StorageAsync();
        await Bed.Root(vo).CreateAccountAsync("by-hand", "USER", "", default);
        var desired = vo with { Spec = vo.Spec with { Scopes = [new() { Name = "data", Owner = "by-hand" }] } };
        Assert.That((await Bed.ConvergeAsync(desired)).Scopes["data"], Is.EqualTo("by-hand"));
        await Bed.Root(vo).SetAccountAsync("by-hand", "status", "SUSPENDED", default);
        var plan = VoPlan.For(desired, await Bed.Instance.RefreshVoAsync(vo.Spec.Tag, default));
        Assert.That((plan.IsEmpty, plan.Problems.Single().Reason), Is.EqualTo((true, "OwnerMissing")));
        await Bed.SqlAsync("UPDATE scopes SET status = 'D' WHERE scope = $1", $"data@{vo.Spec.Tag}");
        plan = VoPlan.For(vo with { Spec = vo.Spec with { Scopes = [new() { Name = "data" }] } }, await Bed.Instance.RefreshVoAsync(vo.Spec.Tag, default));
        Assert.That((plan.IsEmpty, plan.Problems.Single().Reason), Is.EqualTo((true, VoPlan.ScopeDeleted)));
    }

    /// <summary>Rucio's own daemon, which serves all VOs at once.</summary>
    [Test]
    public async Task The_transmogrifier_makes_rules_for_what_fits_and_never_in_another_vo()
    {
        RucioDaemon.Require(Live);
        var (mine, other) = (await WithDataAsync(), await WithDataAsync());
        await Bed.ConvergeAsync(With(mine, new SubscriptionSpec { Name = "all", Owner = "ada", Filter = new() { Scopes = ["*"], Pattern = "raw*-*-*", ExcludedPattern = "*_tmp" }, Rules = [new() { RseExpression = "tier=1", Lifetime = "30d" }] }));
        await RucioDaemon.RunOnceAsync("rucio-transmogrifier");
        Assert.That(await RulesAsync(mine), Is.EqualTo(new[] { "raw-1-x tier=1 User Subscriptions 30" }));
        Assert.That(await RulesAsync(other), Is.Empty);

        async Task<DesiredVo> WithDataAsync()
        {
            var vo = await StorageAsync();
            vo = vo with { Spec = vo.Spec with { Accounts = [new() { Name = "ada", Quotas = [new() { RseExpression = "*", Bytes = "unlimited" }] }], Scopes = [new() { Name = "data", Owner = "ada" }] } };
            await Bed.ConvergeAsync(vo);
            foreach (var name in (string[])["raw-1-x", "raw-1-x_tmp", "raw", "mc-1-x"])
                await Bed.Root(vo).SendAsync(HttpMethod.Post, $"dids/data/{name}", new System.Text.Json.Nodes.JsonObject { ["type"] = "DATASET" }, default);
            return vo;
        }

        async Task<IReadOnlyList<string>> RulesAsync(DesiredVo vo)
        {
            await using var command = Bed.Catalogue.CreateCommand("SELECT name, rse_expression, activity, round(extract(epoch FROM expires_at - created_at) / 86400)::int FROM rules WHERE scope = $1");
            command.Parameters.Add(new() { Value = $"data@{vo.Spec.Tag}" });
            await using var reader = await command.ExecuteReaderAsync();
            var rules = new List<string>();
            while (await reader.ReadAsync())
                rules.Add($"{reader.GetString(0)} {reader.GetString(1)} {reader.GetString(2)} {reader.GetInt32(3)}");
            return rules;
        }
    }
}
