using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Commands.Doctor.Installation;
using RucioOperator.Commands.Manifests.Schema;

namespace RucioOperator.Tests.Commands.Doctor;

public sealed class SchemaDifferencesTests
{
    [Test]
    public void The_three_definitions_are_in_the_binary_and_equal_to_themselves()
    {
        Assert.That(Definitions.Kinds, Is.EquivalentTo((string[])["RucioInstance", "VirtualOrganisation", "StorageElement"]));
        foreach (var kind in Definitions.Kinds)
            Assert.That(SchemaDifferences.Between(Definitions.SchemaOf(kind)!, Definitions.SchemaOf(kind)!.DeepClone().AsObject()), Is.Empty, kind);
    }

    [TestCase("properties.tag", null, "spec.tag is not there")]
    [TestCase("properties.tag.pattern", "^x$", "spec.tag: pattern differs")]
    [TestCase("properties.tag.description", "other words", null)]
    [TestCase("properties.newer", "{\"type\": \"string\"}", "spec.newer is unknown to this operator")]
    [TestCase("properties.accounts.items.properties.type.enum", "[\"User\"]", "spec.accounts[].type: enum differs")]
    [TestCase("required", "[\"tag\"]", "spec: required differs")]
    [TestCase("x-kubernetes-validations", "[{\"rule\": \"true\"}]", "spec: rules differ")]
    public void A_difference_is_named_by_its_field(string path, string? value, string? expected)
    {
        var schema = Definitions.SchemaOf("VirtualOrganisation")!;
        var other = schema.DeepClone().AsObject();
        var (parent, last) = (other["properties"]!["spec"]!.AsObject(), path.Split('.'));
        foreach (var step in last.SkipLast(1))
            parent = parent[step]!.AsObject();
        if (value is null)
            parent.Remove(last[^1]);
        else
            parent[last[^1]] = value[0] is '{' or '[' ? JsonNode.Parse(value) : value;
        Assert.That(SchemaDifferences.Between(schema, other), Is.EqualTo(expected is null ? (string[])[] : [expected]));
    }
}
