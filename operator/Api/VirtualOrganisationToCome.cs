using System.Text.Json.Serialization;

namespace RucioOperator.Api;

// Behaviour comes later: refused as NotSupportedYet, by the schema and again in the loop.

public sealed record VoTransfersSpec
{
    public SecretRef? CredentialSecretRef { get; init; }
    public VomsSpec? Voms { get; init; }
    public string? Fts { get; init; }
}

public sealed record VomsSpec
{
    public string? Vo { get; init; }
    public string? Host { get; init; }
    public int? Port { get; init; }
    public string? Role { get; init; }
}
