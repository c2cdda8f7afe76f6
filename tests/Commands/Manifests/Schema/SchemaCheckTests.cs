using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Commands.Manifests.Schema;
using RucioOperator.Sandbox.Kubernetes;
using RucioOperator.Sandbox.Kubernetes.Schema;
using RucioOperator.Tests.Api;

namespace RucioOperator.Tests.Commands.Manifests.Schema;

public sealed class SchemaCheckTests
{
    [Test]
    public void The_binary_has_the_definitions_of_crds() =>
        Assert.That(Definitions.Kinds.ToDictionary(kind => kind, kind => Definitions.Find(kind)!.ToJsonString()), Is.EquivalentTo(Crds.Definitions.ToDictionary(d => d.Key, d => d.Value.ToJsonString())));

    [Test]
    public void Every_keyword_of_the_schemas_is_known() =>
        Assert.That(Definitions.Kinds.SelectMany(kind => Keywords(Definitions.SchemaOf(kind)!)).Distinct(), Is.SubsetOf(SchemaCheck.Keywords));

    [Test]
    public void What_the_sandboxs_own_check_refuses_or_completes_so_does_this_one()
    {
        var cases = BadManifest.All.Select(b => (b.Kind, b.Change)).Concat(GoodManifest.All.Select(g => (g.Kind, g.Change)));
        foreach (var (kind, change) in cases)
        {
            var (theirs, ours) = (Crds.Manifest(kind, change), Crds.Manifest(kind, change));
            var unknown = StructuralSchema.Prune(theirs, Crds.Schema(kind));
            StructuralSchema.Default(theirs, Crds.Schema(kind));
            var refused = SchemaValidation.Validate(theirs, Crds.Schema(kind)).Count + unknown.Count > 0;
            var errors = SchemaCheck.Complete(ours, Crds.Schema(kind));
            Assert.That(errors.Count > 0, Is.EqualTo(refused), $"{kind} {change}: {string.Join("; ", errors)}");
            if (!refused)
                Assert.That(JsonNode.DeepEquals(ours, theirs), $"{kind} {change}:\n{ours.ToJsonString()}\n{theirs.ToJsonString()}");
        }
    }

    [TestCase("{tag: no}", "spec.tag: must be text, not true or false")]
    [TestCase("{accounts: [{name: a, quota: []}]}", "spec.accounts[0].quota: is no field: did you mean quotas?")]
    [TestCase("{accounts: [{name: a}, {name: a}]}", "spec.accounts[1]: has the name of another item")]
    [TestCase("{accounts: {a: b}}", "spec.accounts: must be a list, not a map")]
    [TestCase("{accounts: [{}]}", "spec.accounts[0].name: is required")]
    [TestCase("{deletionPolicy: Delete}", "spec.deletionPolicy: must be one of Retain, Offboard")]
    [TestCase("{accounts: [{name: a, attributes: {x: 5}}]}", "spec.accounts[0].attributes[x]: must be text, not an integer")]
    [TestCase("{suspend: null}", null)]
    public void A_field_is_named_in_words(string change, string? error) =>
        Assert.That(SchemaCheck.Complete(Manifest(change), Crds.Schema("VirtualOrganisation")).Select(e => e.ToString()).FirstOrDefault(), Is.EqualTo(error));

    /// <summary>null stays in it.</summary>
    private static JsonObject Manifest(string change)
    {
        var manifest = Crds.Manifest("VirtualOrganisation");
        foreach (var (name, value) in Yaml.Parse(change.Replace(": no}", ": false}", StringComparison.Ordinal))[0])
            manifest["spec"]![name] = value?.DeepClone();
        return manifest;
    }

    private static IEnumerable<string> Keywords(JsonObject schema) =>
    [
        .. schema.Select(keyword => keyword.Key),
        .. (schema["properties"] as JsonObject ?? []).SelectMany(property => Keywords(property.Value!.AsObject())),
        .. schema["items"] is JsonObject items ? Keywords(items) : [],
        .. schema["additionalProperties"] is JsonObject each ? Keywords(each) : [],
    ];
}
