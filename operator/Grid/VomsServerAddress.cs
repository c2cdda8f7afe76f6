namespace RucioOperator.Grid;

/// <param name="Vo">Its name in VOMS, not Rucio's tag.</param>
/// <param name="Dn">Of the server's certificate, with slashes; null: any that is of the host.</param>
public sealed record VomsServerAddress(string Vo, string Host, int Port, string? Dn);
