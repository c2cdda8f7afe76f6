using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Tests.Cluster;

namespace RucioOperator.Tests.Api;

public sealed class ExternalFieldsTests
{
    /// <summary>What means something for a Rucio that somebody else runs.</summary>
    private static readonly string[] Meaningful = ["external", "multiVo", "tenancy", "transfers", "driftPolicy", "managementPolicy", "suspend", "deletionPolicy", "database"];

    private static IEnumerable<string> OthersFields => Crds.Schema(RucioInstance.KubeKind)["properties"]!["spec"]!["properties"]!.AsObject().Select(p => p.Key).Except(Meaningful);

    /// <summary>A field that would be accepted and do nothing: name it in ExternalRules and in the CEL rule, or in the list above.</summary>
    [TestCaseSource(nameof(OthersFields))]
    public void A_field_of_an_instance_that_is_deployed_is_refused_beside_external(string field)
    {
        var manifest = Crds.Manifest(RucioInstance.KubeKind, "{version: null, database: null, external: {apiUrl: 'https://r', credentialsSecretRef: {name: c}}}");
        manifest["spec"]![field] = SchemaRules.Sample(Crds.Schema(RucioInstance.KubeKind)["properties"]!["spec"]!["properties"]![field]!.AsObject());
        Assert.That(ValidationTests.Validate(manifest).Select(e => e.Path), Has.Some.EqualTo("spec.external"));
        Assert.That(Crds.Schema(RucioInstance.KubeKind)["properties"]!["spec"]!["x-kubernetes-validations"]!.AsArray().Select(r => r!["rule"]!.GetValue<string>()),
            Has.Some.Contain($"has(self.{field})").And.StartsWith("!has(self.external)"));
    }
}
