using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using NUnit.Framework;
using RucioOperator.Releases;
using RucioOperator.Sandbox;
using RucioOperator.Sandbox.Kubernetes.Schema;

namespace RucioOperator.Tests.Releases;

public sealed class ReleaseCatalogueTests
{
    [TestCase("41.0.0", 41, true)]
    [TestCase("41.0.1", 41, false)]
    [TestCase("41.1.1.cms7", 41, false)]
    [TestCase("40.4.1", 40, true)]
    public void A_version_is_found_by_its_line(string version, int line, bool listed)
    {
        var found = ReleaseCatalogue.Find(version);
        Assert.That((found.Release?.Line, found.Listed, found.Error), Is.EqualTo(((int?)line, listed, (string?)null)));
    }

    [TestCase("12.0.0"), TestCase("41"), TestCase("latest"), TestCase(""), TestCase("41.0.0 "), TestCase("41.0.0\n"), TestCase("41.0.0;rm"), TestCase("999999.1.1")]
    public void Anything_else_is_an_error_that_names_the_known_lines(string version)
    {
        var found = ReleaseCatalogue.Find(version);
        Assert.That(found.Found, Is.False);
        Assert.That(found.Error, Does.EndWith("known lines: 41, 40, 38"));
    }

    [Test]
    public void Every_line_is_consistent()
    {
        foreach (var release in ReleaseCatalogue.Lines)
        {
            Assert.That(release.Versions, Is.All.StartsWith($"{release.Line}."));
            Assert.That(release.UpgradeFrom, Is.SubsetOf(ReleaseCatalogue.Lines.Select(line => line.Line)).And.All.LessThan(release.Line));
            Assert.That(release.Endpoints.Public.Except(release.Endpoints.Default), Is.Empty);
            Assert.That(release.Endpoints.AdminAdditions.Intersect(release.Endpoints.Default), Is.Empty, "Rucio refuses to start on a name in both");
            Assert.That(release.Endpoints.Public, Has.No.Member("config").And.No.Member("heartbeats").And.No.Member("identities").And.No.Member("import"));
            Assert.That(release.Profiles["Minimal"], Is.SubsetOf(release.Profiles["Standard"]));
            Assert.That(release.Profiles["Standard"], Is.SubsetOf(release.Profiles["Tape"]));
            Assert.That(release.Profiles["Tape"], Is.Unique.And.SubsetOf(release.Daemons.Keys));
            Assert.That(release.Removed.Keys.Intersect(release.Daemons.Keys), Is.Empty);
            foreach (var (name, daemon) in release.Daemons)
            {
                Assert.That(() => DaemonArguments.Of(daemon), Throws.Nothing, name);
                Assert.That(daemon.Arguments.Keys, Has.No.Member("--vos").And.No.Member("--run-once"), name);
                Assert.That(daemon.SplitBy.Concat(daemon.SameForAll), Is.Unique.And.SubsetOf(daemon.Arguments.Keys), name);
                Assert.That(new ResourceQuantity(daemon.Memory).ToDecimal(), Is.LessThan(new ResourceQuantity(daemon.MemoryLimit).ToDecimal()), name);
            }
            foreach (var name in release.Profiles["Tape"])
            {
                var daemon = release.Daemons[name];
                var cycles = daemon.Defaults.Where(option => option.Key.StartsWith("--sleep-time", StringComparison.Ordinal)).Select(option => int.Parse(option.Value, CultureInfo.InvariantCulture)).ToList();
                Assert.That(cycles, Is.All.InRange(10, 60), "a killed pod keeps its share of the work for ten cycles");
                Assert.That(cycles, Is.All.LessThan(daemon.GracePeriodSeconds), name);
            }
        }
    }

    private static IEnumerable<string> Files => Directory.GetFiles(Repository.Path("operator", "Releases"), "*.json").Where(file => !file.EndsWith(".schema.json", StringComparison.Ordinal));

    [TestCaseSource(nameof(Files))]
    public void A_data_file_has_the_form_of_the_schema(string file)
    {
        var schema = JsonNode.Parse(File.ReadAllText(Repository.Path("operator", "Releases", "release.schema.json")))!.AsObject();
        var whole = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { ["release"] = schema } };
        var release = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        Assert.That(SchemaValidation.Validate(new JsonObject { ["release"] = release.DeepClone() }, whole), Is.Empty);
        Assert.That(Path.GetFileName(file), Is.EqualTo($"{release["line"]}.json"));
        release.Remove("daemons");
        Assert.That(SchemaValidation.Validate(new JsonObject { ["release"] = release }, whole), Is.Not.Empty);
    }

    [Test]
    public void The_schema_and_the_records_have_the_same_fields()
    {
        var schema = JsonNode.Parse(File.ReadAllText(Repository.Path("operator", "Releases", "release.schema.json")))!["properties"]!;
        Assert.That(schema.AsObject().Select(field => field.Key), Is.EquivalentTo(Fields(typeof(Release))));
        Assert.That(schema["daemons"]!["additionalProperties"]!["properties"]!.AsObject().Select(field => field.Key), Is.EquivalentTo(Fields(typeof(ReleaseDaemon))));

        static IEnumerable<string> Fields(Type record) => record.GetProperties().Where(field => field.Name != "EqualityContract").Select(field => field.Name == "Schema" ? "$schema" : JsonNamingPolicy.CamelCase.ConvertName(field.Name));
    }

    [TestCase("conveyer-poller", "conveyor-poller"), TestCase("reapr", "reaper"), TestCase("judge", "judge-cleaner"), TestCase("poller", "conveyor-poller"), TestCase("xylophone", null)]
    public void A_mistyped_name_finds_its_nearest(string written, string? nearest) =>
        Assert.That(Nearest.Of(written, ReleaseCatalogue.Lines[0].Daemons.Keys), Is.EqualTo(nearest));

    [Test]
    public void Images_carry_the_version_asked_for() =>
        Assert.That(ReleaseCatalogue.Find("41.0.1").Release!.Images.ServerOf("41.0.1"), Is.EqualTo("docker.io/rucio/rucio-server:release-41.0.1"));
}
