using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

/// <summary>Quotas by expression: which wins, what waits, what goes.</summary>
public sealed class WantedQuotasTests
{
    private static readonly ObservedVo Vo = new("sky")
    {
        Exists = true,
        Claim = VoSpecs.Claimant,
        PolicyPackage = VoSpecs.Package,
        Passwords = new Dictionary<string, PasswordHash> { [VoSpecs.RootIdentity] = new(PasswordHash.Of(VoSpecs.RootPassword, [1]), [1]) },
        Accounts = new Dictionary<string, ObservedAccount>
        {
            ["root"] = new("root", "SERVICE", "ACTIVE", "") { Identities = [new(VoSpecs.RootIdentity, "USERPASS")] },
            ["ada"] = new("ada", "USER", "ACTIVE", "") { Limits = new Dictionary<string, long> { ["A"] = 7, ["C"] = 1 }, Totals = new Dictionary<string, long> { ["*"] = 9, ["tier=1"] = 3 } },
        },
        Rses = ((ObservedRse[])[new("A", "a") { Attributes = new Dictionary<string, string> { ["tier"] = "1" } }, new("B", "b") { Attributes = new Dictionary<string, string> { ["tier"] = "1" } }, new("C", "c")]).ToDictionary(r => r.Name),
    };

    private static Plan<VoChange> Plan(params QuotaSpec[] quotas) =>
        VoPlan.For(new DesiredVo(new VirtualOrganisationSpec { Tag = "sky", Accounts = [new() { Name = "ada", Quotas = quotas }] }, VoSpecs.Claimant, false, false, VoSpecs.Package, VoSpecs.RootIdentity, VoSpecs.RootPassword, new Dictionary<string, string>()), Vo);

    private static QuotaSpec Quota(string expression, string bytes, string? total = null) => new() { RseExpression = expression, Bytes = bytes, Total = total };

    [Test]
    public void The_name_of_a_storage_beats_an_expression_the_first_expression_the_next_and_the_star_comes_last() => Assert.That(
        Plan(Quota("*", "1"), Quota("tier=1", "2"), Quota(@"*\C", "3"), Quota("A", "4")).Changes.OfType<SetQuota>(),
        Is.EqualTo(new[] { new SetQuota("ada", "A", 4), new SetQuota("ada", "B", 2) }), "and C has its 1 already");

    [Test]
    public void Limits_and_totals_are_exact() => Assert.That(Plan(Quota("tier=1", "7", "unlimited")).Changes.Where(c => c.Condition == VoConditions.QuotasReady), Is.EqualTo(new VoChange[]
    {
        new SetQuota("ada", "B", 7), new SetTotal("ada", "tier=1", -1), new RemoveQuota("ada", "C"), new RemoveTotal("ada", "*"),
    }));

    [Test]
    public void A_total_that_means_no_storage_is_taken_away_since_rucio_would_refuse_every_rule()
    {
        var plan = Plan(Quota("*", "7", "9"), Quota("tier=1&tier=2", "1", "3"));
        Assert.That(plan.Changes.OfType<RemoveTotal>(), Is.EqualTo(new[] { new RemoveTotal("ada", "tier=1") }));
        Assert.That(plan.Changes.OfType<SetTotal>(), Is.Empty);
        Assert.That(plan.Problems.Single(), Is.EqualTo(new Problem(VoConditions.QuotasReady, VoPlan.WaitingForStorage, "the quota of account ada waits for storage tier=1&tier=2: no StorageElement of this VO matches that yet")));
    }

    [Test]
    public void Its_basis_changes_with_storages_and_their_attributes_and_not_with_somebodys_limit()
    {
        AccountSpec[] accounts = [new() { Name = "ada", Quotas = [Quota("tier=1", "7", "9")] }];
        var before = WantedQuotas.Basis(accounts, Vo);
        Assert.That(WantedQuotas.Basis(accounts, Vo with { Accounts = new Dictionary<string, ObservedAccount>() }), Is.EqualTo(before));
        Assert.That(WantedQuotas.Basis(accounts, Vo with { Rses = Vo.Rses.Where(r => r.Key != "B").ToDictionary() }), Is.Not.EqualTo(before));
        Assert.That(WantedQuotas.Basis(accounts, Vo with { Rses = Vo.Rses.Where(r => r.Key != "C").ToDictionary() }), Is.EqualTo(before));
    }
}
