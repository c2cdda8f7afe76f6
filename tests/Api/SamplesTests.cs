using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Kubernetes.Schema;

namespace RucioOperator.Tests.Api;

public sealed class SamplesTests
{
    private static IEnumerable<string> Files => Directory.GetFiles(Repository.Path("samples"), "*.yaml", SearchOption.AllDirectories)
        .Select(f => Path.GetRelativePath(Repository.Path("samples"), f)).Order(StringComparer.Ordinal);

    [TestCaseSource(nameof(Files))]
    public void A_sample_passes_schema_and_validator(string file)
    {
        foreach (var manifest in Yaml.Parse(File.ReadAllText(Repository.Path("samples", file))).Where(m => m["apiVersion"]!.GetValue<string>() == ApiGroup.ApiVersion))
        {
            var schema = Crds.Schema(manifest["kind"]!.GetValue<string>());
            Assert.That(SchemaValidation.Validate(manifest, schema), Is.Empty);
            Assert.That(StructuralSchema.Prune(manifest.DeepClone().AsObject(), schema), Is.Empty, "unknown fields");
            Assert.That(ValidationTests.Validate(manifest), Is.Empty);
        }
    }

    [Test]
    public void The_smallest_experiment_needs_no_more_than_25_lines() =>
        Assert.That(File.ReadAllLines(Repository.Path("samples", "quickstart", "20-vo.yaml")), Has.Length.LessThanOrEqualTo(25));

    [Test]
    public void The_front_page_shows_that_experiment_as_it_is() =>
        Assert.That(File.ReadAllText(Repository.Path("README.md")), Does.Contain($"```yaml\n{File.ReadAllText(Repository.Path("samples", "quickstart", "20-vo.yaml"))}```"));

    [Test]
    public void Every_story_is_told_in_the_readme()
    {
        var readme = File.ReadAllText(Repository.Path("samples", "README.md"));
        Assert.That(Directory.GetDirectories(Repository.Path("samples")).Select(Path.GetFileName), Is.All.Matches<string>(d => readme.Contains($"[{d}]({d}/)", StringComparison.Ordinal)));
    }

    [Test]
    public void Two_experiments_update_the_quickstart_instance() =>
        Assert.That(Instance("two-experiments"), Is.EqualTo(Instance("quickstart")));

    private static (string, string) Instance(string sample) => Directory.GetFiles(Repository.Path("samples", sample), "*.yaml").SelectMany(f => Yaml.Parse(File.ReadAllText(f)))
        .Where(m => m["kind"]!.GetValue<string>() == RucioInstance.KubeKind).Select(m => (m["metadata"]!["namespace"]!.GetValue<string>(), m["metadata"]!["name"]!.GetValue<string>())).Single();
}
