using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Cluster;

/// <summary>A real API server and the validator are of one mind about a manifest, and name the same field.</summary>
[Category("Cluster")]
public sealed class ManifestTests
{
    private TestCluster cluster = null!;

    [OneTimeSetUp]
    public async Task Start() => cluster = await TestCluster.GetAsync();

    [TestCaseSource(typeof(BadManifest), nameof(BadManifest.Cases))]
    public async Task A_bad_manifest_is_refused_at_the_same_field_as_by_the_validator(BadManifest bad)
    {
        var (status, body) = await CreateAsync(Crds.Manifest(bad.Kind, bad.Change));

        if (bad.InLoopOnly)
        {
            Assert.That(status, Is.EqualTo(201), body["message"]?.ToString());
            return;
        }
        Assert.That(status, Is.EqualTo(422), body["message"]?.ToString());
        var fields = body["details"]!["causes"]!.AsArray().Select(c => Dotted(c!["field"]!.GetValue<string>()));
        // The server knows the place of a map's key or a list's item less exactly than the validator.
        Assert.That(fields, Has.Some.Matches<string>(f => ValidationTests.Within(Dotted(bad.Path), f!)), body["message"]?.ToString());
    }

    [TestCaseSource(typeof(GoodManifest), nameof(GoodManifest.All))]
    public async Task A_good_manifest_is_accepted(GoodManifest good)
    {
        var (status, body) = await CreateAsync(Crds.Manifest(good.Kind, good.Change));

        Assert.That(status, Is.EqualTo(201), body["message"]?.ToString());
    }

    private Task<(int Status, JsonObject Body)> CreateAsync(JsonObject manifest) =>
        cluster.Api.SendAsync("POST", $"/apis/rucio.cern.ch/v1alpha1/namespaces/default/{Crds.Plural(manifest["kind"]!.GetValue<string>())}?fieldValidation=Strict&dryRun=All", manifest);

    /// <summary>Schema errors write map keys with a dot.</summary>
    private static string Dotted(string path) => path.Replace('[', '.').Replace("]", "", StringComparison.Ordinal);
}
