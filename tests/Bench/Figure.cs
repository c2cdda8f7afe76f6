namespace RucioOperator.Bench;

/// <summary>One row of the table.</summary>
internal sealed record Figure(string What, string Bar, string Measured)
{
    public string Row => $"| {What} | {Bar} | {Measured} |";
}
