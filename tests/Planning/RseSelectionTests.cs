using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Observed;
using RucioOperator.Planning;
using RucioOperator.Tests.Desired;

namespace RucioOperator.Tests.Planning;

/// <summary>The operator's reading of RSE expressions, and Rucio's own parser on the same ones.</summary>
public sealed class RseSelectionTests
{
    private static readonly ObservedVo Vo = new("sky")
    {
        Rses = ((ObservedRse[])
        [
            Of("A", ("tier", "1"), ("country", "ch"), ("scratch", "true")),
            Of("B", ("tier", "2"), ("country", "fr"), ("scratch", "false")) with { Type = "TAPE", Deterministic = false },
            Of("C_1", ("tier", " 1_0 "), ("country", "CH"), ("A", "true")) with { Write = false },
            Of("D-X", ("tier", "inf"), ("site.name", "x"), ("_hidden", "1")) with { Volatile = true, StagingArea = true },
            Of("E", ("tier", "low"), ("flag", "true")) with { Read = false, Delete = false },
            Of("GONE", ("tier", "1")) with { Deleted = true },
        ]).ToDictionary(r => r.Name),
    };

    private static ObservedRse Of(string name, params (string Key, string Value)[] attributes) => new(name, $"id-{name}")
    {
        Deterministic = true,
        Read = true,
        Write = true,
        Delete = true,
        Attributes = attributes.Append((name, "true")).DistinctBy(a => a.Item1).ToDictionary(a => a.Item1, a => a.Item2),
    };

    [TestCase("*", ExpectedResult = "A B C_1 D-X E")]
    [TestCase("A", ExpectedResult = "A C_1", Description = "a name is an attribute")]
    [TestCase("GONE", ExpectedResult = "")]
    [TestCase("tier=1", ExpectedResult = "A")]
    [TestCase("tier<3", ExpectedResult = "A B")]
    [TestCase("tier>1", ExpectedResult = "B C_1 D-X")]
    [TestCase("tier<1e2", ExpectedResult = "A B C_1")]
    [TestCase("scratch>0", ExpectedResult = "A", Description = "Rucio reads true as 1")]
    [TestCase("country=ch", ExpectedResult = "A", Description = "case matters")]
    [TestCase("scratch=True", ExpectedResult = "A", Description = "but not for true and false")]
    [TestCase("scratch", ExpectedResult = "A")]
    [TestCase("flag", ExpectedResult = "E")]
    [TestCase("site.name=x", ExpectedResult = "D-X")]
    [TestCase("rse_type=TAPE", ExpectedResult = "B")]
    [TestCase("deterministic=0", ExpectedResult = "B")]
    [TestCase("deterministic", ExpectedResult = "A C_1 D-X E")]
    [TestCase("availability_write=FALSE", ExpectedResult = "C_1")]
    [TestCase("rse=C_1", ExpectedResult = "C_1")]
    [TestCase("A|B&E", ExpectedResult = "", Description = "from left to right: (A|B)&E")]
    [TestCase("A|(B&*)", ExpectedResult = "A B C_1")]
    [TestCase(@"*\(tier<3|E)", ExpectedResult = "C_1 D-X")]
    [TestCase(@"*\A\B", ExpectedResult = "D-X E")]
    [TestCase("((A))", ExpectedResult = "A C_1")]
    public string Expressions_mean(string expression) => string.Join(' ', RseSelection.Of(RseExpression.Parse(expression), Vo));

    [TestCase("", "expected the name of a storage", 1)]
    [TestCase("A|", "expected the name of a storage", 3)]
    [TestCase("tier=", "expected |, & or \\", 5)]
    [TestCase("A B", "expected |, & or \\", 2)]
    [TestCase("(A", "a ( is not closed", 3)]
    [TestCase("A)", "a ) without its (", 2)]
    [TestCase("A-", "expected |", 2)]
    [TestCase("tier=1*", "expected |", 7)]
    [TestCase("A|tier<x", "x is no number", 3)]
    [TestCase("A&vo=sea", "vo can't be asked for", 3)]
    [TestCase("usage", "usage can't be asked for", 1)]
    [TestCase("__class__=1", "__class__ can't be asked for", 1)]
    [TestCase("rse_type", "rse_type can't be asked for", 1)]
    [TestCase("rse_type=disk", "DISK or TAPE", 1)]
    [TestCase("volatile=yes", "true or false", 1)]
    public void What_is_wrong_is_told_with_its_place(string expression, string problem, int at)
    {
        Assert.That(RseExpression.TryParse(expression, out _, out var told), Is.False);
        Assert.That(told, Does.Contain(problem).And.EndWith($"(at character {at})"));
    }

    private static readonly Gen<string> Primitive = Gen.Frequency(
        (6, Gen.OneOf("A", "B", "C_1", "D-X", "E", "GONE", "flag", "scratch", "*", "volatile", "deterministic", "rse_type=TAPE", "rse=B", "staging_area=true", "availability_read=0", "usage", "vo=def", "nothing")),
        (6, Gen.Select(Gen.OneOf("tier", "country", "scratch", "site.name", "A", "missing", "_hidden"), Gen.OneOf("=", "<", ">"), Gen.OneOf("1", "2", "1_0", "ch", "true", "False", "-1", "1e1", "inf", "nan", "_"), (k, s, v) => k + s + v)),
        (1, Gen.OneOf("", "A B", "a.b", "x==1", "A__B", "-A", "tier=1=2", "A*", "é", "A\n")));

    private static Gen<string> Expression(int depth) => depth == 0 ? Primitive : Gen.Select(Expression(depth - 1), Gen.OneOf("|", "&", "\\"), Expression(depth - 1), Gen.Int[0, 9], (left, sign, right, form) => form switch
    {
        < 3 => $"{left}{sign}{right}",
        < 5 => $"({left}){sign}{right}",
        < 7 => $"{left}{sign}({right})",
        < 8 => $"(({left}{sign}{right}))",
        < 9 => left,
        _ => $"({left}{sign}{right}",
    });

    [TestCase("RUCIO_SOURCE"), TestCase("RUCIO_SOURCE_40"), TestCase("RUCIO_SOURCE_38")]
    public async Task Rucios_parser_says_the_same(string variable)
    {
        var source = Python.RequireRucio(variable);
        var expressions = Gen.OneOf(Expression(0), Expression(1), Expression(2), Expression(3)).Array[4000].Single().Distinct().ToArray();
        var world = new JsonObject
        {
            ["rses"] = new JsonArray([.. Vo.Rses.Values.Where(r => !r.Deleted).Select(r => (JsonNode)new JsonObject
            {
                ["name"] = r.Name,
                ["columns"] = new JsonObject { ["rse_type"] = r.Type, ["deterministic"] = r.Deterministic, ["volatile"] = r.Volatile, ["staging_area"] = r.StagingArea, ["availability_read"] = r.Read, ["availability_write"] = r.Write, ["availability_delete"] = r.Delete },
                ["attributes"] = new JsonObject(r.Attributes.Select(a => KeyValuePair.Create(a.Key, (JsonNode?)a.Value))),
            })]),
            ["expressions"] = new JsonArray([.. expressions.Select(e => (JsonNode)e)]),
        };
        var theirs = (await Python.JsonAsync(Python.Script("rse_expressions.py"), [source], world.ToJsonString())).EnumerateArray().ToList();
        var differences = expressions.Zip(theirs).Where(p => Ours(p.First) is var (names, problem)
            && (names is not null ? p.Second.ValueKind != JsonValueKind.Array || !p.Second.EnumerateArray().Select(n => n.GetString()).SequenceEqual(names) : p.Second.ValueKind == JsonValueKind.Array && !IsStricter(problem!)));
        Assert.That(theirs.Count(t => t.ValueKind == JsonValueKind.Array && t.GetArrayLength() > 0), Is.GreaterThan(300), "the test tries enough");
        Assert.That(differences.Select(d => $"{d.First}: Rucio {d.Second}, here {Ours(d.First)}"), Is.Empty);
    }

    private static (IEnumerable<string>? Names, string? Problem) Ours(string expression) =>
        RseExpression.TryParse(expression, out var parsed, out var problem) ? (RseSelection.Of(parsed, Vo).Order(StringComparer.Ordinal), null) : (null, problem);

    /// <summary>On purpose: Rucio would ask its database for nonsense.</summary>
    private static bool IsStricter(string problem) => problem.Contains("can't be asked for") || problem.Contains("is no number") || problem.Contains("true or false") || problem.Contains("DISK or TAPE");
}
