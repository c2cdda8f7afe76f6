using NUnit.Framework;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;
using RucioOperator.Sandbox.Kubernetes.Rights;

#pragma warning disable CA1050 // Outside all namespaces: it stands around all tests.

/// <summary>
/// What all operators of the run did at the API, against the chart's rules. They have no other rights, so what is missing fails where it
/// is missed; here at the end it is told once more, and what no test needed is told as one too many.
/// </summary>
[SetUpFixture]
public sealed class RightsOfTheRun
{
    private const string Users = "RucioOperator.Tests.Behaviour.";

    [OneTimeTearDown]
    public void What_the_operator_may_do_is_what_it_did()
    {
        Assert.That(UsedRights.Denied, Is.Empty, $"the operator asked for what {RightsFile.Path} does not grant");
        var (ran, all) = (Cases(TestExecutionContext.CurrentContext.CurrentResult).Count(), Cases(TestExecutionContext.CurrentContext.CurrentTest).Count());
        if (ran < all)
        {
            // Of part of the tests nothing follows.
            if (UsedRights.All.Count > 0)
                TestContext.Progress.WriteLine($"rights: {UsedRights.All.Count} of {RightsFile.All.Count} were used by {ran} of {all} behaviour tests: whether each is needed only a run of all of them can tell");
            return;
        }
        Assert.That(RightsFile.All.Except(UsedRights.All), Is.Empty, $"{RightsFile.Path} grants what no behaviour test made the operator use");
    }

    private static IEnumerable<string> Cases(ITestResult result) =>
        result.HasChildren ? result.Children.SelectMany(Cases) : IsUser(result.Test) && !result.Test.IsSuite ? [result.Test.FullName] : [];

    private static IEnumerable<string> Cases(ITest test) =>
        test.IsSuite ? test.Tests.SelectMany(Cases) : IsUser(test) ? [test.FullName] : [];

    private static bool IsUser(ITest test) => test.FullName.StartsWith(Users, StringComparison.Ordinal) && !IsSlow(test);

    private static bool IsSlow(ITest? test) => test is not null && (test.Properties["Category"].Cast<object>().Contains("Slow") || IsSlow(test.Parent));
}
