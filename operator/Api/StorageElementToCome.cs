namespace RucioOperator.Api;

// Behaviour comes later: refused as NotSupportedYet, by the schema and again in the loop.

public sealed record StorageDistance
{
    public string Rse { get; set; } = "";
    public int? To { get; init; }
    public int? From { get; init; }
}
