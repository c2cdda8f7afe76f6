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
    public void Whatever_a_cel_rule_calls_not_supported_yet_is_so_for_the_validator_too()
    {
        foreach (var kind in Crds.Kinds.Keys)
        {
            var fields = FieldsToCome(Crds.Schema(kind)["properties"]!["spec"]!.AsObject(), []).ToList();
            Assert.That(fields, Is.Not.Empty);
            foreach (var path in fields)
            {
                var manifest = Crds.Manifest(kind);
                var expected = Set(manifest, Crds.Schema(kind), ["spec", .. path]);

                Assert.That(Validate(manifest).Select(e => (e.Path, e.Reason)), Has.Member((expected, ValidationReasons.NotSupportedYet)));
            }
        }
    }

    [Test]
    public void No_message_repeats_what_could_be_a_secret()
    {
        var storage = Validate(Crds.Manifest("StorageElement", "{endpoints: [{url: 'davs://user:hunter2@host/x'}]}"));
        var instance = Validate(Crds.Manifest("RucioInstance", "{config: {reaper: {x: \"hunter2\\n\"}, database: {default: hunter2}}, database: {provision: {host: 'pg://u:hunter2@h'}}}"));

        Assert.That(storage.Concat(instance).Select(e => e.ToString()), Has.Count.GreaterThan(3).And.None.Contains("hunter2"));
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

    /// <summary>Paths below spec; "[]" steps into a list.</summary>
    private static IEnumerable<string[]> FieldsToCome(JsonObject schema, string[] path)
    {
        foreach (var rule in schema["x-kubernetes-validations"]?.AsArray() ?? [])
        {
            if (rule!["rule"]!.GetValue<string>().StartsWith("!has(self.", StringComparison.Ordinal) && rule["message"]!.GetValue<string>().EndsWith("is not supported yet", StringComparison.Ordinal))
                yield return [.. path, rule["fieldPath"]!.GetValue<string>().TrimStart('.')];
        }

        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            foreach (var found in FieldsToCome(property!.AsObject(), [.. path, name]))
                yield return found;
        }

        if (schema["items"] is JsonObject items)
        {
            foreach (var found in FieldsToCome(items, [.. path, "[]"]))
                yield return found;
        }
    }

    /// <summary>Makes the way to the field and the smallest value of its schema; returns its path.</summary>
    private static string Set(JsonObject manifest, JsonObject schema, string[] steps)
    {
        JsonNode at = manifest;
        var path = "";
        foreach (var step in steps)
        {
            schema = (step == "[]" ? schema["items"] : schema["properties"]![step])!.AsObject();
            if (at is JsonArray list)
            {
                list.Add(Smallest(schema));
                at = list[0]!;
                path += "[0]";
                continue;
            }

            at[step] ??= Smallest(schema);
            at = at[step]!;
            path += path == "" ? step : "." + step;
        }

        return path;
    }

    private static JsonNode Smallest(JsonObject schema) => schema["type"]?.GetValue<string>() switch
    {
        "object" => new JsonObject((schema["required"]?.AsArray() ?? []).Select(r => r!.GetValue<string>())
            .Select(r => KeyValuePair.Create(r, (JsonNode?)Smallest(schema["properties"]![r]!.AsObject())))),
        "array" => new JsonArray(),
        "boolean" => true,
        "integer" => 1,
        _ => schema["enum"]?[0]!.GetValue<string>() ?? "1",
    };
}
