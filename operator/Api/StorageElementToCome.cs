namespace RucioOperator.Api;

// Behaviour comes later: refused as NotSupportedYet, by the schema and again in the loop.

public sealed record TokensSpec
{
    public bool? Enabled { get; init; }
    public string? BasePath { get; init; }
}

public sealed record ChecksumsSpec
{
    public bool? Verify { get; init; }
    public IReadOnlyList<string>? Supported { get; init; }
}

public sealed record StorageDistance
{
    public string Rse { get; set; } = "";
    public int? To { get; init; }
    public int? From { get; init; }
}
