using System.Text.Json.Serialization;

namespace RucioOperator.Api;

// The part of the schema whose behaviour comes later: every field here is refused as NotSupportedYet,
// by the schema and again in the loop. A record moves to RucioInstance.cs with its behaviour.

public sealed record PolicyPackageSpec
{
    public string Name { get; set; } = "";
    public string? Module { get; init; }
    public string? Image { get; init; }
    public LocalRef? ConfigMapRef { get; init; }
    public IReadOnlyList<string>? AllowedNamespaces { get; init; }
}
