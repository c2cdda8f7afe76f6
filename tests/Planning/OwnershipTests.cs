using NUnit.Framework;
using RucioOperator.Observed;
using RucioOperator.Planning;

namespace RucioOperator.Tests.Planning;

public sealed class OwnershipTests
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(30);
    private static readonly CatalogueOwner Me = new("here", "rucio/rucio", Lease, TimeSpan.Zero);

    [TestCase(null, null, OwnershipStep.Write, Description = "nobody's")]
    [TestCase("here rucio/rucio 1800", 1, OwnershipStep.Keep)]
    [TestCase("here rucio/rucio 1800", 8, OwnershipStep.Write, Description = "a quarter of the lease is over")]
    [TestCase("here rucio/rucio 900", 1, OwnershipStep.Write, Description = "the lease is another one now")]
    [TestCase("here rucio/other 1800", 29, OwnershipStep.Refuse)]
    [TestCase("here rucio/other 1800", 31, OwnershipStep.Write, Description = "not seen for a lease")]
    [TestCase("there rucio/rucio 1800", 29, OwnershipStep.Refuse, Description = "same name, another cluster")]
    [TestCase("there rucio/rucio 60", 2, OwnershipStep.Write, Description = "by its own lease, not by ours")]
    [TestCase("edited by hand", 1, OwnershipStep.Write, Description = "not a row of an operator")]
    public void A_catalogue_is_taken_kept_or_refused(string? row, int? minutes, OwnershipStep expected) =>
        Assert.That(Ownership.Decide(Me, CatalogueOwner.Parse(row, (minutes ?? 0) * 60), null), Is.EqualTo(expected));

    [TestCase("there", OwnershipStep.Write)]
    [TestCase("elsewhere", OwnershipStep.Refuse)]
    [TestCase("", OwnershipStep.Refuse)]
    public void A_cluster_declared_dead_is_taken_over_and_no_other(string declared, OwnershipStep expected) =>
        Assert.That(Ownership.Decide(Me, CatalogueOwner.Parse("there rucio/rucio 1800", 1), declared), Is.EqualTo(expected));

    [Test]
    public void Another_instance_of_this_cluster_is_never_declared_dead() =>
        Assert.That(Ownership.Decide(Me, CatalogueOwner.Parse("here rucio/other 1800", 1), "here"), Is.EqualTo(OwnershipStep.Refuse));

    [Test]
    public void What_is_written_is_read_back() =>
        Assert.That(CatalogueOwner.Parse(Me.Text, 0), Is.EqualTo(Me));
}
