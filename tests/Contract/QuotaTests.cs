using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.RucioApi;

namespace RucioOperator.Tests.Contract;

/// <summary>Quotas on a server: what expressions mean there, limits one by one and in total, and storages that come later.</summary>
[TestFixture(false), TestFixture(true)]
public sealed class QuotaTests(bool live) : ContractTests(live)
{
    private static readonly string[] Expressions =
    [
        "*", "Q_1", "Q_2|Q-3", "tier=1", "tier<3", "tier>1", "tier>0&tier<1e1", @"*\tier=1", "tier=1|Q_2&Q_2", "tier=1|(Q_2&Q_2)", @"((Q_1))", "scratch", "scratch=TRUE", "scratch=false", "scratch>0",
        "country=CH", "rse_type=TAPE", "volatile", "deterministic=0", "availability_write=True", "rse=Q_2", "site.name=x-y_z", "_hidden>0", @"(*\(tier=1|Q_2))|scratch=False",
    ];

    private DesiredVo _vo = null!;
    private RucioSession _root = null!;

    [SetUp]
    public async Task MakeVoAsync()
    {
        _vo = await Bed.NewVoAsync();
        _root = Bed.Root(_vo);
        await _root.ImportAsync(ImportDocument.Of(
        [
            Rse("Q_1", ("tier", "1"), ("scratch", "True"), ("country", "CH")),
            Rse("Q_2", ("tier", "2"), ("scratch", "false"), ("country", "ch")) with { Type = "TAPE", Deterministic = false },
            Rse("Q-3", ("tier", "1_0"), ("site.name", "x-y_z"), ("_hidden", "1")) with { Volatile = true, Write = false },
            Rse("Q4", ("tier", "low")),
        ]), default);
    }

    private static DesiredRse Rse(string name, params (string Key, string Value)[] attributes) =>
        new(name) { Attributes = new SortedDictionary<string, string>(attributes.ToDictionary(a => a.Key, a => a.Value), StringComparer.Ordinal) };

    [Test]
    public async Task An_expression_means_the_same_here_and_there()
    {
        var observed = await Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default);
        var differing = new List<string>();
        foreach (var expression in Expressions)
        {
            var here = RseSelection.Of(RseExpression.Parse(expression), observed);
            var there = await AskAsync(expression);
            if (!here.SequenceEqual(there.Order(StringComparer.Ordinal)) || here.Count == 0)
                differing.Add($"{expression}: here {string.Join(' ', here)}, there {string.Join(' ', there)}");
        }
        Assert.That(differing, Is.Empty);
        foreach (var nonsense in (string[])["tier=", "A B", "(Q_1", "Q_1)", "tier=1*", "missing"])
            await RefusedAsync(() => AskAsync(nonsense), "InvalidRSEExpression");
        foreach (var stumbling in (string[])["usage=1", "id=5", "rse_type", "latitude=x"])
        {
            Assert.That(RseExpression.TryParse(stumbling, out _, out _), Is.False);
            Assert.That((await Assert.ThrowsAsync<RucioRejectedException>(() => AskAsync(stumbling)))!.ExceptionClass, Is.Not.EqualTo("InvalidRSEExpression"), stumbling);
        }
    }

    private async Task<IReadOnlyList<string>> AskAsync(string expression) =>
        [.. ((await _root.SendAsync(HttpMethod.Get, $"rses/?expression={Uri.EscapeDataString(expression)}", null, default)) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => System.Text.Json.JsonElement.Parse(line).GetProperty("rse").GetString()!)];

    [Test]
    public async Task Totals_over_rest_are_the_snapshots_also_while_one_means_no_storage()
    {
        await _root.CreateAccountAsync("ada", "USER", "", default);
        var totals = new Dictionary<string, long> { ["*"] = 9_000_000_000_000_000, [@"(tier<3|Q4)&*\Q_2"] = -1, ["tier>1"] = 0 };
        foreach (var (expression, bytes) in totals)
            await _root.SetGlobalLimitAsync("ada", expression, bytes, default);
        Assert.That(await SnapshotAsync(), Is.EquivalentTo(totals));
        Assert.That(await _root.GlobalLimitsAsync("ada", [], default), Is.EquivalentTo(totals));

        totals["none"] = 5;
        await _root.SetGlobalLimitAsync("ada", "none", 5, default);
        Assert.That(await SnapshotAsync(), Is.EquivalentTo(totals));
        Assert.That(await _root.GlobalLimitsAsync("ada", [.. totals.Keys, "never"], default), Is.EquivalentTo(totals));
    }

    private async Task<IReadOnlyDictionary<string, long>> SnapshotAsync() => (await Bed.Instance.RefreshVoAsync(_vo.Spec.Tag, default)).Accounts["ada"].Totals;

    [Test]
    public async Task A_total_that_means_no_storage_would_stop_every_rule_of_its_account()
    {
        await _root.CreateAccountAsync("ada", "USER", "", default);
        await _root.CreateScopeAsync("ada", "data", default);
        await _root.SetLocalLimitAsync("ada", "Q_1", -1, default);
        await _root.SendAsync(HttpMethod.Post, "dids/data/one", new System.Text.Json.Nodes.JsonObject { ["type"] = "DATASET" }, default);
        await _root.SetGlobalLimitAsync("ada", "none", 5, default);
        await RefusedAsync(RuleAsync, "InvalidRSEExpression");
        await _root.RemoveGlobalLimitAsync("ada", "none", default);
        await RuleAsync();

        Task RuleAsync() => _root.SendAsync(HttpMethod.Post, "rules/", System.Text.Json.Nodes.JsonNode.Parse("""{"dids": [{"scope": "data", "name": "one"}], "account": "ada", "copies": 1, "rse_expression": "Q_1"}"""), default);
    }

    [Test]
    public async Task Quotas_by_expression_reach_a_storage_that_comes_later_and_leave_one_that_no_longer_matches()
    {
        var desired = Bed.Desired(_vo.Spec with { Accounts = [new() { Name = "ada", Quotas = [new() { RseExpression = "*", Bytes = "1" }, new() { RseExpression = "tier=1", Bytes = "unlimited", Total = "5Ti" }, new() { RseExpression = "Q_1", Bytes = "3" }] }] });
        var first = (await Bed.ConvergeAsync(desired)).Accounts["ada"];
        Assert.That(first.Limits, Is.EquivalentTo(new Dictionary<string, long> { ["Q_1"] = 3, ["Q_2"] = 1, ["Q-3"] = 1, ["Q4"] = 1 }));
        Assert.That(first.Totals, Is.EquivalentTo(new Dictionary<string, long> { ["tier=1"] = 5L << 40 }));

        await _root.ImportAsync(ImportDocument.Of([Rse("Q5", ("tier", "1"))]), default);
        Assert.That((await Bed.ConvergeAsync(desired)).Accounts["ada"].Limits["Q5"], Is.EqualTo(-1));
        await _root.ImportAsync(ImportDocument.Of([Rse("Q5", ("tier", "2"))]), default);
        Assert.That((await Bed.ConvergeAsync(desired)).Accounts["ada"].Limits["Q5"], Is.EqualTo(1));

        var none = (await Bed.ConvergeAsync(Bed.Desired(_vo.Spec with { Accounts = [new() { Name = "ada" }] }))).Accounts["ada"];
        Assert.That((none.Limits.Count, none.Totals.Count), Is.EqualTo((0, 0)));
    }
}
