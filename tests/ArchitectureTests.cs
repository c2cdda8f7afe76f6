using System.Text.RegularExpressions;
using NUnit.Framework;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests;

/// <summary>The shape of the source that the operator's README promises.</summary>
public sealed partial class ArchitectureTests
{
    /// <summary>A folder may use those before it.</summary>
    private static readonly string[] Order =
    [
        "Runtime", "Api", "Releases", "Observed", "Planning", "Catalogue", "RucioApi", "Desired", "Grid", "Status", "Apply", "Hosting", "Controllers", "Commands",
    ];

    [Test]
    public void Every_folder_has_its_place_in_the_order() =>
        Assert.That(Directory.GetDirectories(Repository.Path("operator")).Select(Path.GetFileName).Where(f => f is not ("bin" or "obj")), Is.SubsetOf(Order));

    [TestCaseSource(nameof(Order))]
    public void A_folder_uses_only_those_before_it(string folder)
    {
        var allowed = Order.TakeWhile(f => f != folder).Append(folder).ToHashSet();
        var wrong = from file in Sources(folder)
                    from Match use in OwnNamespace().Matches(File.ReadAllText(file))
                    where Order.Contains(use.Groups[1].Value) && !allowed.Contains(use.Groups[1].Value)
                    select $"{Path.GetFileName(file)} uses {use.Groups[1].Value}";
        Assert.That(wrong.Distinct(), Is.Empty);
    }

    [TestCase("Desired")]
    [TestCase("Planning")]
    public void What_is_pure_reads_no_clock_does_no_io_and_logs_nothing(string folder)
    {
        var wrong = from file in Sources(folder)
                    from Match use in Impure().Matches(File.ReadAllText(file))
                    select $"{Path.GetFileName(file)}: {use.Value}";
        Assert.That(wrong.Distinct(), Is.Empty);
    }

    private static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(Repository.Path("operator", folder), "*.cs", SearchOption.AllDirectories);

    [GeneratedRegex(@"(?<![""\w.])RucioOperator\.([A-Z][A-Za-z]+)")]
    private static partial Regex OwnNamespace();

    [GeneratedRegex(@"\b(HttpClient|NpgsqlDataSource|NpgsqlConnection|ILogger|TimeProvider|DateTime(Offset)?\.(Utc)?Now|IKubernetes\b|KubeApi\b|File\.|Environment\.GetEnv|RandomNumberGenerator|Random\b)")]
    private static partial Regex Impure();
}
