namespace RucioOperator.Planning;

/// <param name="Bytes">−1 is unlimited.</param>
public sealed record SetQuota(string Account, string Rse, long Bytes) : VoChange(VoConditions.QuotasReady)
{
    public override string Describe() => $"set quota of {Account} on {Rse} to {InWords(Bytes)}";

    internal static string InWords(long bytes) => bytes < 0 ? "unlimited" : $"{bytes} bytes";
}

public sealed record RemoveQuota(string Account, string Rse) : VoChange(VoConditions.QuotasReady)
{
    public override string Describe() => $"remove quota of {Account} on {Rse}";
}

/// <summary>Rucio's global account limit: over all storages of an expression together.</summary>
public sealed record SetTotal(string Account, string RseExpression, long Bytes) : VoChange(VoConditions.QuotasReady)
{
    public override string Describe() => $"set total of {Account} over {RseExpression} to {SetQuota.InWords(Bytes)}";
}

public sealed record RemoveTotal(string Account, string RseExpression) : VoChange(VoConditions.QuotasReady)
{
    public override string Describe() => $"remove total of {Account} over {RseExpression}";
}
