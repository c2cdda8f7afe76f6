using System.Text.Json.Nodes;
using RucioOperator.Api;
using RucioOperator.Commands.Manifests;

namespace RucioOperator.Commands.Doctor.Installation;

/// <summary>The definitions this operator was built with.</summary>
public static class Definitions
{
    /// <summary>Kind and its schema.</summary>
    public static IReadOnlyList<(string Kind, JsonObject Schema)> All { get; } = [.. EmbeddedYaml.Under("Definitions/").Select(Schema)];

    private static (string, JsonObject) Schema(JsonObject definition)
    {
        var spec = definition["spec"]!;
        var version = spec["versions"]!.AsArray().First(v => v!["name"]!.GetValue<string>() == ApiGroup.Version)!;
        return (spec["names"]!["kind"]!.GetValue<string>(), version["schema"]!["openAPIV3Schema"]!.AsObject());
    }
}
