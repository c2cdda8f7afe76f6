namespace RucioOperator.Planning;

/// <param name="Bytes">−1 is unlimited.</param>
public sealed record SetQuota(string Account, string Rse, long Bytes) : VoChange(VoConditions.QuotasReady)
{
    public override string Describe() => $"set quota of {Account} on {Rse} to {(Bytes < 0 ? "unlimited" : $"{Bytes} bytes")}";
}

public sealed record RemoveQuota(string Account, string Rse) : VoChange(VoConditions.QuotasReady)
{
    public override string Describe() => $"remove quota of {Account} on {Rse}";
}
