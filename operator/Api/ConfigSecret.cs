namespace RucioOperator.Api;

/// <summary>One option of rucio.cfg whose text comes from a Secret.</summary>
public sealed record ConfigSecret
{
    public string Section { get; set; } = "";
    public string Option { get; set; } = "";
    public SecretKeyRef SecretKeyRef { get; set; } = new();
}

/// <summary>A key of a Secret in the same namespace.</summary>
public sealed record SecretKeyRef
{
    public string Name { get; set; } = "";
    public string Key { get; set; } = "";
}
