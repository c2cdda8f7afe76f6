namespace RucioOperator.Desired;

/// <summary>From which revision to which the catalogue goes.</summary>
public sealed record CatalogueMove(string From, string To);
