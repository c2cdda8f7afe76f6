using System.Reflection;
using NUnit.Framework;
using RucioOperator.Catalogue;
using RucioOperator.Commands.Doctor;
using RucioOperator.Grid;
using RucioOperator.Observed;

namespace RucioOperator.Tests.Commands.Doctor;

public sealed class NextStepsTests
{
    [TestCase(typeof(GridRefusedException))]
    [TestCase(typeof(NotAtHandException))]
    [TestCase(typeof(TransferCredential), nameof(TransferCredential.Proxy), nameof(TransferCredential.Passphrase))]
    [TestCase(typeof(EndpointResult), nameof(EndpointResult.Answers))]
    [TestCase(typeof(DatabaseFault), nameof(DatabaseFault.Starting), nameof(DatabaseFault.OwnedElsewhere))]
    public void Every_reason_of_what_is_asked_has_a_next_step(Type reasons, params string[] noReasons)
    {
        var all = reasons.GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral && !noReasons.Contains(f.Name)).Select(f => (string)f.GetRawConstantValue()!);
        Assert.That(all.Where(reason => NextSteps.Of(reason) is null), Is.Empty);
    }

    [Test]
    public void A_storages_URL_is_put_right_by_who_wrote_it_and_a_servers_name_in_the_DNS() => Assert.Multiple(() =>
    {
        Assert.That(NextSteps.Of(EndpointResult.NameUnknown), Does.Not.Contain("Ingress"));
        Assert.That(NextSteps.Of("HostNotInDns"), Does.Contain("Ingress"));
    });
}
