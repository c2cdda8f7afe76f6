using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Api.Presets;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Kubernetes.Schema;

namespace RucioOperator.Tests.Api.Presets;

public sealed class PresetTests
{
    private static IEnumerable<string> Files => Directory.GetFiles(Repository.Path("operator", "Api", "Presets"), "*.json").Where(f => !f.EndsWith(".schema.json", StringComparison.Ordinal));

    [TestCaseSource(nameof(Files))]
    public void A_data_file_has_the_form_of_the_schema_and_a_source_for_every_value(string file)
    {
        var schema = JsonNode.Parse(File.ReadAllText(Repository.Path("operator", "Api", "Presets", "preset.schema.json")))!.AsObject();
        var whole = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["preset"] = schema } };
        var preset = JsonNode.Parse(File.ReadAllText(file))!.AsObject();

        Assert.That(SchemaValidation.Validate(new JsonObject { ["preset"] = preset.DeepClone() }, whole), Is.Empty);
        Assert.That(Path.GetFileName(file), Is.EqualTo($"{preset["technology"]!.GetValue<string>().ToLowerInvariant()}.json"));
        preset["types"]!.AsObject().Remove("source");
        Assert.That(SchemaValidation.Validate(new JsonObject { ["preset"] = preset }, whole), Is.Not.Empty);
    }

    [Test]
    public void The_schema_and_the_records_have_the_same_fields()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Repository.Path("operator", "Api", "Presets", "preset.schema.json")))!["properties"]!;
        Assert.That(schema.AsObject().Select(f => f.Key), Is.EquivalentTo(Fields(typeof(Preset))));
        Assert.That(schema["schemes"]!["additionalProperties"]!["properties"]!.AsObject().Select(f => f.Key), Is.EquivalentTo(Fields(typeof(PresetScheme))));

        Assert.That(schema["attributes"]!["additionalProperties"]!["properties"]!.AsObject().Select(f => f.Key), Is.EquivalentTo(Fields(typeof(PresetAttribute))));

        static IEnumerable<string> Fields(Type record) => record.GetProperties().Select(f => f.Name == "Schema" ? "$schema" : JsonNamingPolicy.CamelCase.ConvertName(f.Name));
    }

    [Test]
    public void Every_technology_has_a_preset_of_schemes_and_implementations_that_rucio_has()
    {
        Assert.That(PresetCatalogue.All.Select(p => p.Technology), Is.EqualTo(Enum.GetValues<StorageTechnology>()));
        foreach (var (preset, scheme, how) in PresetCatalogue.All.SelectMany(p => p.Schemes.Select(s => (p, s.Key, s.Value))))
        {
            Assert.That(Endpoint.Schemes, Has.Member(scheme));
            Assert.That(Implementations.Of(preset.SchemeOf(scheme)), Has.Member(how.Implementation.Value), $"{preset.Technology} {scheme}");
        }
        Assert.That(PresetCatalogue.All.SelectMany(p => p.Schemes.Keys).Distinct(), Is.EquivalentTo(Endpoint.Schemes), "a scheme that nothing speaks");
    }

    [Test]
    public void The_rule_of_the_schema_lists_the_schemes_of_the_data()
    {
        var rules = Crds.Schema(StorageElement.KubeKind)["properties"]!["spec"]!["x-kubernetes-validations"]!.AsArray();
        var rule = rules.Select(r => r!["rule"]!.GetValue<string>()).Single(r => r.StartsWith("!has(self.technology) || !has(self.endpoints)", StringComparison.Ordinal));

        foreach (var preset in PresetCatalogue.All.Where(p => p.Technology != StorageTechnology.Posix))
        {
            var schemes = string.Join('|', preset.Schemes.Keys.Select(s => s.Replace("+", "[+]")));
            Assert.That(rule, Does.Match($"\"{preset.Technology}\"[^?]*\\? {System.Text.RegularExpressions.Regex.Escape($"e.url.matches(\"^({schemes})://\")")}"));
        }
    }

    [TestCase("{}", StorageTechnology.WebDAV)]
    [TestCase("{endpoints: [{url: 'davs://h/x/'}, {url: 'http://h/x/'}]}", StorageTechnology.WebDAV)]
    [TestCase("{endpoints: [{url: 'davs://h/x/'}, {url: 'root://h//x/'}]}", StorageTechnology.XRootD)]
    [TestCase("{endpoints: [{url: 'file:///x/'}]}", StorageTechnology.Posix)]
    [TestCase("{endpoints: [{url: 's3://h/x/'}]}", StorageTechnology.S3)]
    [TestCase("{technology: EOS, endpoints: [{url: 'davs://h/x/'}]}", StorageTechnology.EOS)]
    [TestCase("{endpoints: [{url: 'storm://h/x/'}]}", null)]
    [TestCase("{endpoints: [{url: 's3://h/x/'}, {url: 'file:///x/'}]}", null)]
    public void Who_names_no_technology_has_the_plainest_that_speaks_the_schemes(string spec, StorageTechnology? expected) =>
        Assert.That(PresetCatalogue.For(Storages.Of(spec).Spec)?.Technology, Is.EqualTo(expected));

    [Test]
    public void The_readme_tells_what_each_technology_comes_to()
    {
        var readme = File.ReadAllLines(Repository.Path("crds", "README.md"));
        foreach (var preset in PresetCatalogue.All)
        {
            var implementations = preset.Schemes.Values.Select(s => s.Implementation.Value.Replace("rucio.rse.protocols.", "")).Distinct();
            var attributes = preset.Attributes.Select(a => $"`{a.Key}` {a.Value.Value}").Concat(preset.TapeAttributes.Select(a => $"on tape `{a.Key}` {a.Value.Value}"));
            Assert.That(readme, Has.Member($"| {preset.Technology} | {string.Join(", ", preset.Types.Value)} | {string.Join(", ", preset.Schemes.Keys)} | {string.Join(", ", implementations)} | {string.Join(", ", attributes.DefaultIfEmpty("–"))} |"));
        }
        foreach (var scheme in PresetCatalogue.All.SelectMany(p => p.Schemes).GroupBy(s => s.Key))
        {
            var rows = scheme.Select(s => $"| {s.Key} | {Words(s.Value.Lan.Value)} | {Words(s.Value.Wan.Value)} | {(s.Value.ThirdPartyCopy.Value is > 0 and var rank ? rank : "–")} | {string.Join(", ", (s.Value.ExtendedAttributes?.Value ?? new Dictionary<string, string>()).Select(e => $"`{e.Key}` {e.Value}").DefaultIfEmpty("–"))} |").Distinct().ToList();
            Assert.That(rows, Has.Count.EqualTo(1), "a scheme is used in the same way by all technologies");
            Assert.That(readme, Has.Member(rows[0]));
        }

        static string Words(IReadOnlyList<string> operations) => string.Join(", ", operations.DefaultIfEmpty("–"));
    }
}

/// <summary>StorageElements from few lines of YAML, with the schema's defaults.</summary>
internal static class Storages
{
    public static StorageElement Of(string spec)
    {
        var manifest = Crds.Manifest(StorageElement.KubeKind, spec);
        StructuralSchema.Default(manifest, Crds.Schema(StorageElement.KubeKind));
        return manifest.Deserialize(RucioOperator.Runtime.KubeJson.Info<StorageElement>())!;
    }
}
