using NUnit.Framework;
using RucioOperator.Catalogue;
using RucioOperator.Commands.Doctor;
using RucioOperator.Runtime;

namespace RucioOperator.Tests.Commands.Doctor;

public sealed class CheckTests
{
    [Test]
    public async Task Findings_come_in_the_order_of_the_checks_whoever_answers_first()
    {
        var last = new TaskCompletionSource();
        var findings = await Check.RunAsync(
            [
                new("a", "slow", async (notes, _) => { await last.Task; notes.Ok("one"); }),
                new("b", "quick", (notes, _) => { notes.Ok("two"); last.SetResult(); return Task.CompletedTask; }),
            ], TimeProvider.System, CancellationToken.None);
        Assert.That(findings.Select(f => f.Message), Is.EqualTo((string[])["one", "two"]));
    }

    [Test]
    public async Task What_fails_by_its_type_is_a_finding_and_what_was_noted_before_stays()
    {
        var findings = await Check.RunAsync(
            [
                new("a", "x", (notes, _) => { notes.Ok("reached"); throw new DatabaseFault(DatabaseFault.NotFound, "no such database", transient: false); }),
                new("b", "x", (_, _) => throw new NotAtHandException(NotAtHandException.NoCluster, "nobody to ask")),
                new("c", "x", (_, _) => throw new KubeApiException(KubeErrorKind.Forbidden, "get Secret a/b", "")),
            ], TimeProvider.System, CancellationToken.None);
        Assert.That(findings.Select(f => (f.Verdict, f.Reason)), Is.EqualTo(((Verdict, string)[])
            [(Verdict.Ok, "Ok"), (Verdict.Error, DatabaseFault.NotFound), (Verdict.NotChecked, NotAtHandException.NoCluster), (Verdict.NotChecked, "KubernetesApiForbidden")]));
        Assert.That(findings.Skip(1).Select(f => f.Next), Has.None.Null);
    }
}
