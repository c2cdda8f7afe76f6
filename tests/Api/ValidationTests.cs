using System.Text.Json;
using System.Text.Json.Nodes;
using NUnit.Framework;
using RucioOperator.Api;
using RucioOperator.Api.Validation;
using RucioOperator.Runtime;
using RucioOperator.Sandbox.Kubernetes.Schema;

namespace RucioOperator.Tests.Api;

public sealed class ValidationTests
{
    [TestCaseSource(typeof(BadManifest), nameof(BadManifest.Cases))]
    public void A_bad_manifest_is_refused_with_its_field_and_reason(BadManifest bad)
    {
        var errors = Validate(Crds.Manifest(bad.Kind, bad.Change));

        Assert.That(errors.Select(e => (e.Path, e.Reason)), Has.Some.Matches<(string Path, string Reason)>(e => Within(e.Path, bad.Path) && e.Reason == bad.Reason), string.Join("\n", errors));
    }

    [Test]
    public void Corrections_alone_make_a_manifest_valid([ValueSource(typeof(GoodManifest), nameof(GoodManifest.All))] GoodManifest good) =>
        Assert.That(Validate(Crds.Manifest(good.Kind, good.Change)), Is.Empty);

    [Test]
    public void No_message_repeats_what_could_be_a_secret()
    {
        var storage = Validate(Crds.Manifest("StorageElement", "{endpoints: [{url: 'davs://user:hunter2@host/x'}]}"));
        var instance = Validate(Crds.Manifest("RucioInstance", "{config: {reaper: {x: \"hunter2\\n\"}, database: {default: hunter2}}, database: {provision: {host: 'pg://u:hunter2@h'}}}"));

        Assert.That(storage.Concat(instance).Select(e => e.ToString()).ToList(), Has.Count.GreaterThan(3).And.None.Contains("hunter2"));
    }

    internal static bool Within(string path, string field) => path == field || path.StartsWith(field + "[", StringComparison.Ordinal) || path.StartsWith(field + ".", StringComparison.Ordinal);

    internal static IReadOnlyList<FieldError> Validate(JsonObject manifest)
    {
        var kind = manifest["kind"]!.GetValue<string>();
        var copy = manifest.DeepClone().AsObject();
        StructuralSchema.Default(copy, Crds.Schema(kind));
        return kind switch
        {
            RucioInstance.KubeKind => Validator.Validate(copy.Deserialize(KubeJson.Info<RucioInstance>())!),
            VirtualOrganisation.KubeKind => Validator.Validate(copy.Deserialize(KubeJson.Info<VirtualOrganisation>())!),
            _ => Validator.Validate(copy.Deserialize(KubeJson.Info<StorageElement>())!),
        };
    }
}
