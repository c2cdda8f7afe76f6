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
        var (result, test) = (TestExecutionContext.CurrentContext.CurrentResult, TestExecutionContext.CurrentContext.CurrentTest);
        var verdict = RightsVerdict.Of(RightsFile.All, UsedRights.OfTheRun, Cases(result).Count(), Cases(test).Count());
        // Of TestContext's writers the one whose lines a run shows without being asked for more.
        if (UsedRights.OfTheRun.Needed.Count > 0)
            TestContext.Error.WriteLine(verdict.Summary);
        if (verdict.Faults.Count > 0)
            Assert.Fail($"{RightsFile.Path}\n  {string.Join("\n  ", verdict.Faults)}");
    }

    private static IEnumerable<string> Cases(ITestResult result) =>
        result.HasChildren ? result.Children.SelectMany(Cases) : IsUser(result.Test) && !result.Test.IsSuite && result.ResultState.Status != TestStatus.Failed ? [result.Test.FullName] : [];

    private static IEnumerable<string> Cases(ITest test) =>
        test.IsSuite ? test.Tests.SelectMany(Cases) : IsUser(test) ? [test.FullName] : [];

    private static bool IsUser(ITest test) => test.FullName.StartsWith(Users, StringComparison.Ordinal) && !IsSlow(test);

    private static bool IsSlow(ITest? test) => test is not null && (test.Properties["Category"].Cast<object>().Contains("Slow") || IsSlow(test.Parent));
}
