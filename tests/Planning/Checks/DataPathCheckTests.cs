using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Observed;
using RucioOperator.Planning.Checks;

namespace RucioOperator.Tests.Planning.Checks;

public sealed class DataPathCheckTests
{
    private static readonly ObservedVo Observed = new("sky")
    {
        Rses = new ObservedRse[]
        {
            Rse("A"), Rse("B") with { Type = "TAPE" }, Rse("C") with { Deterministic = false }, Rse("D") with { Volatile = true }, Rse("E") with { Write = false },
            Rse("F") with { Deleted = true }, Rse("G"), Rse("H"), Rse("I"), Rse("J"), Rse("K"),
        }.ToDictionary(r => r.Name),
    };

    [Test]
    public void Unasked_it_tries_five_disks_that_take_a_file_by_its_name() =>
        Assert.That(DataPathCheck.Storages(new CheckSpec(), Observed), Is.EqualTo(new[] { "A", "G", "H", "I", "J" }));

    [Test]
    public void Asked_for_it_tries_those_that_are_there_whatever_they_are() =>
        Assert.That(DataPathCheck.Storages(new CheckSpec { Storages = ["K", "B", "F", "NOPE"] }, Observed), Is.EqualTo(new[] { "B", "K" }));

    [Test]
    public void Its_account_and_scope_are_part_of_the_VO_while_it_is_on()
    {
        var spec = new VirtualOrganisationSpec { InstanceRef = new() { Name = "rucio" }, Tag = "sky", Accounts = [new() { Name = "alice" }], Check = new() { DataPath = true } };
        var with = DataPathCheck.Within(spec);
        Assert.That(with.Accounts!.Select(a => a.Name), Is.EqualTo(new[] { "alice", "operator-check" }));
        Assert.That(with.Scopes!.Select(s => (s.Name, s.Owner)), Is.EqualTo(new[] { ("operator-check", "operator-check") }));
        Assert.That(VirtualOrganisationRules.Validate(new VirtualOrganisation { Spec = with }), Is.Empty);
        Assert.That(DataPathCheck.Within(spec with { Check = null }).Accounts!.Select(a => a.Name), Is.EqualTo(new[] { "alice" }));
    }

    [Test]
    public void An_account_of_that_name_in_the_spec_is_refused() =>
        Assert.That(VirtualOrganisationRules.Validate(new VirtualOrganisation { Spec = DataPathCheck.Within(new() { InstanceRef = new() { Name = "rucio" }, Tag = "sky", Accounts = [new() { Name = "operator-check" }], Check = new() { DataPath = true } }) }), Is.Not.Empty);

    private static ObservedRse Rse(string name) => new(name, name) { Deterministic = true, Read = true, Write = true };
}
