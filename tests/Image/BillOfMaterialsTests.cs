using System.Diagnostics;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Image;
using RucioOperator.Sandbox;

namespace RucioOperator.Tests.Image;

public sealed class BillOfMaterialsTests
{
    private static readonly DateTimeOffset Commit = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Lazy<RestoredPackages> Restored = new(() => RestoredPackages.Read(Repository.Path("operator", "obj", "project.assets.json")));

    [Test]
    public void Each_package_of_the_lock_file_that_is_in_the_program_is_listed_with_its_version()
    {
        var locked = JsonNode.Parse(File.ReadAllText(Repository.Path("operator", "packages.lock.json")))!["dependencies"]!["net10.0"]!.AsObject().Select(entry => $"pkg:nuget/{entry.Key}@{entry.Value.Required("resolved")}").ToList();
        var listed = Components(Bill()).Select(component => component.Required("purl")).ToList();
        Assert.Multiple(() =>
        {
            Assert.That(listed, Is.SubsetOf(locked));
            // What only helps to build: the linker's tasks and an analyzer.
            Assert.That(locked.Except(listed), Has.All.Match("ILLink|Analyzers"));
            Assert.That(listed, Is.Ordered.Using((IComparer<string>)StringComparer.Ordinal));
        });
    }

    [Test]
    public void Each_component_has_a_hash_and_a_licence() => Assert.That(
        Components(Bill()).Where(component => component["hashes"]![0].Required("content").Length != 128 || component["licenses"]?[0] is null).Select(component => component.Required("name")), Is.Empty);

    [Test]
    public void Each_component_hangs_on_the_program_by_what_needs_it()
    {
        var bill = Bill();
        var needs = bill["dependencies"]!.AsArray().ToDictionary(entry => entry.Required("ref"), entry => entry!["dependsOn"]!.AsArray().Select(on => on!.GetValue<string>()).ToList());
        var reached = new HashSet<string>();
        Walk(bill["metadata"]!["component"].Required("bom-ref"));
        Assert.Multiple(() =>
        {
            Assert.That(Components(bill).Select(component => component.Required("bom-ref")), Is.SubsetOf(reached));
            Assert.That(needs.Keys, Is.EquivalentTo(reached));
        });

        void Walk(string reference)
        {
            if (reached.Add(reference))
                needs[reference].ForEach(Walk);
        }
    }

    [Test]
    public void The_same_content_gives_the_same_bytes_and_another_gives_another_number()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Text(), Is.EqualTo(Text()));
            Assert.That(Bill().Required("serialNumber"), Does.Match("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"));
            Assert.That(JsonNode.Parse(BillOfMaterials.Of("rucio-operator", "0.1.1", Commit, null, [Restored.Value])).Required("serialNumber"), Is.Not.EqualTo(Bill().Required("serialNumber")));
        });
    }

    [TestCase("mcr.microsoft.com/dotnet/runtime-deps:10.0-noble-chiseled", "mcr.microsoft.com/dotnet/runtime-deps", "10.0-noble-chiseled")]
    [TestCase("localhost:5000/base@sha256:abc", "localhost:5000/base", "sha256:abc")]
    public void The_base_is_a_component_by_its_name_and_version(string image, string name, string version)
    {
        var part = Components(JsonNode.Parse(BillOfMaterials.Of("rucio-operator", "0.1.0", Commit, image, [Restored.Value]))!).Single(component => component.Required("type") == "container");
        Assert.That((part.Required("name"), part.Required("version")), Is.EqualTo((name, version)));
    }

    [Test]
    public async Task It_is_what_the_schema_of_CycloneDX_says()
    {
        const string Check = """
            import glob, json, os, sys
            from jsonschema import Draft7Validator
            from referencing import Registry, Resource
            from referencing.jsonschema import DRAFT7
            # The library's copies call each other SNAPSHOT.
            schemas = {name: json.load(open(file)) for file in glob.glob(sys.argv[1] + '/*.schema.json') for name in (os.path.basename(file), os.path.basename(file).replace('.SNAPSHOT', ''))}
            known = Registry().with_resources((prefix + name, Resource.from_contents(schema, default_specification=DRAFT7))
                for name, schema in schemas.items() for prefix in ('', 'http://cyclonedx.org/schema/')).with_resources(
                (schema['$id'], Resource.from_contents(schema, default_specification=DRAFT7)) for schema in schemas.values() if '$id' in schema)
            for error in Draft7Validator(schemas['bom-1.6.schema.json'], registry=known).iter_errors(json.load(sys.stdin)): print(error.json_path, error.message[:200])
            """;
        if (Environment.GetEnvironmentVariable("CYCLONEDX_SCHEMA") is not { Length: > 0 } folder)
        {
            Assert.Ignore("needs CycloneDX's schemas: CYCLONEDX_SCHEMA is not set");
            return;
        }
        Assert.That(await ComplaintsAsync(Text()), Is.Empty);
        Assert.That(await ComplaintsAsync(Text().Replace("\"library\"", "\"book\"", StringComparison.Ordinal)), Does.Contain("book"), "the schema is looked at");

        async Task<string> ComplaintsAsync(string bill)
        {
            using var python = Process.Start(new ProcessStartInfo("python3", ["-c", Check, folder]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var (output, errors) = (python.StandardOutput.ReadToEndAsync(), python.StandardError.ReadToEndAsync());
            await python.StandardInput.WriteAsync(bill);
            python.StandardInput.Close();
            await python.WaitForExitAsync();
            return await output + await errors;
        }
    }

    private static string Text() => BillOfMaterials.Of("rucio-operator", "0.1.0", Commit, null, [Restored.Value]);

    private static JsonNode Bill() => JsonNode.Parse(Text())!;

    private static IEnumerable<JsonNode> Components(JsonNode bill) => bill["components"]!.AsArray().Select(component => component!);
}
