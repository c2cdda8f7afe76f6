using System.Text.Json.Serialization;

namespace RucioOperator.Api;

// Behaviour comes later: refused as NotSupportedYet, by the schema and again in the loop.

public sealed record SubscriptionSpec
{
    public string Name { get; set; } = "";
    public string? Owner { get; init; }
    public int? Priority { get; init; }
    public string? Comments { get; init; }
    public SubscriptionFilter? Filter { get; init; }
    public IReadOnlyList<SubscriptionRule>? Rules { get; init; }
}

public sealed record SubscriptionFilter
{
    public IReadOnlyList<string>? Scopes { get; init; }
    public IReadOnlyList<string>? Accounts { get; init; }
    public string? Pattern { get; init; }
    public string? ExcludedPattern { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
}

public sealed record SubscriptionRule
{
    public string? RseExpression { get; init; }
    public int? Copies { get; init; }
    public string? Activity { get; init; }
    public string? Lifetime { get; init; }
}

public sealed record DistanceOverride
{
    public string Source { get; set; } = "";
    public string Destination { get; set; } = "";
    public int? Distance { get; init; }
}

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
