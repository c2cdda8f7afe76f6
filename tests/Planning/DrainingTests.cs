using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class DrainingTests
{
    private static readonly ObservedRse Rse = new("A", "id") { Deterministic = true, Read = false, Write = true, Attributes = new Dictionary<string, string> { ["A"] = "true", ["site"] = "X" } };

    private static readonly ObservedProtocol Davs = new("davs", "h", 443, "/", "rucio.rse.protocols.gfal.Default", new() { WanDelete = 1 });

    [Test]
    public void Writing_ends_deleting_begins_and_all_else_stays()
    {
        var import = (ImportRses)Draining.Changes(Rse).Single();
        Assert.That(import.Fields["A"], Is.EquivalentTo(new[] { "availability.write", "availability.delete", "attributes.decommission", "attributes.greedyDeletion" }));
        var wanted = import.Rses.Single();
        Assert.That((wanted.Read, wanted.Deterministic, wanted.Protocols.Count), Is.EqualTo((false, true, 0)));
        Assert.That(Draining.Changes(StorageSpecs.Apply(ObservedVo.Absent("sky") with { Rses = new Dictionary<string, ObservedRse> { ["A"] = Rse } }, import).Rses["A"]), Is.Empty);
    }

    [Test]
    public void Only_what_this_operator_set_goes_when_the_storage_is_wanted_again()
    {
        var marked = Rse with { Attributes = new Dictionary<string, string> { ["decommission"] = Draining.Mark, ["greedyDeletion"] = "true", ["site"] = "X" } };
        var theirs = Rse with { Attributes = new Dictionary<string, string> { ["decommission"] = "profile=generic_delete", ["greedyDeletion"] = "true" } };
        Assert.That(marked.Attributes.Keys.Where(k => Draining.Leaves(marked, k)), Is.EquivalentTo(new[] { "decommission", "greedyDeletion" }));
        Assert.That(theirs.Attributes.Keys.Where(k => Draining.Leaves(theirs, k)), Is.Empty);
    }

    [TestCase(5, 3, 2, 0, "Draining", "5 files, 50 bytes; 3 of them are held by 2 rules: move or delete")]
    [TestCase(5, 3, 1, 2, "Draining", "held by 1 rule: move or delete these. They can still be read; 2 have neither rule nor tombstone")]
    [TestCase(5, 0, 0, 2, "Draining", "5 files, 50 bytes; 2 have neither rule nor tombstone")]
    [TestCase(5, 0, 0, 0, "Emptying", "and no rule: the reaper deletes them")]
    public void What_it_waits_for_is_told_with_counts(long files, long locked, long rules, long forgotten, string reason, string message)
    {
        var waits = Draining.Waits(Rse with { Protocols = [Davs] }, new(files, files * 10, locked, rules, Forgotten: forgotten));
        Assert.That(waits.Reason, Is.EqualTo(reason));
        Assert.That(waits.Message, Does.StartWith("RSE A holds").And.Contain(message));
    }

    [Test]
    public void Files_that_no_endpoint_lets_the_reaper_delete_are_told() =>
        Assert.That(Draining.Waits(Rse with { Protocols = [Davs with { Priorities = new() { WanRead = 1, LanDelete = 1 } }] }, new(5, 50, 0, 0, Forgotten: 0)).Message, Does.Contain("none of its endpoints offers delete"));

    [Test]
    public void Where_only_a_counter_is_known_it_says_what_to_do() =>
        Assert.That(Draining.Waits(Rse with { Protocols = [Davs] }, new(5, 50)), Is.EqualTo(("Draining", "RSE A holds 5 files, 50 bytes: move or delete the rules that hold them; the reaper takes the rest")));
}
