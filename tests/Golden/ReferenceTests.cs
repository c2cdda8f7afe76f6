using NUnit.Framework;
using RucioOperator.Sandbox;
using RucioOperator.Status;
using RucioOperator.Tests.Api;
using RucioOperator.Tests.Docs;

namespace RucioOperator.Tests.Golden;

/// <summary>The tables of crds/README.md come from the schemas, the constants and the guide to reasons: <c>make golden</c> writes them.</summary>
[NonParallelizable]
public sealed class ReferenceTests
{
    private static readonly string Readme = Repository.Path("crds", "README.md");

    private static IEnumerable<string> Kinds => Crds.Kinds.Keys;

    [TestCaseSource(nameof(Kinds))]
    public void Every_field_of_a_kind_is_told(string kind)
    {
        foreach (var part in (string[])["spec", "status"])
            Generated.AssertSection(Readme, $"{part} of {kind}", FieldTable.Fields(Crds.Schema(kind), part));
        Generated.AssertSection(Readme, $"rules of {kind}", FieldTable.Rules(Crds.Schema(kind)));
    }

    [Test]
    public void Every_condition_is_told()
    {
        Assert.That(ConditionTable.All.Where(condition => condition.Meaning.Length == 0).Select(condition => condition.Name), Is.Empty, "a summary at the constant");
        Generated.AssertSection(Readme, "conditions", ConditionTable.Lines);
    }

    [Test]
    public void Every_reason_is_told() =>
        Generated.AssertSection(Readme, "reasons", ["| reason | what it means and who acts |", "| --- | --- |", .. ReasonGuide.All.Select(entry => $"| {string.Join(", ", entry.Names.Select(name => $"`{name}`"))} | {entry.Text} |")]);
}
