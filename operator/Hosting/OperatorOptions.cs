namespace RucioOperator.Hosting;

/// <summary>The operator's own settings: environment (RUCIO_OPERATOR_*), then command line (--kebab-case), the later wins.</summary>
public sealed record OperatorOptions
{
    /// <summary>Empty: all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];
    public bool LeaderElection { get; init; } = true;
    public string LeaseNamespace { get; init; } = "default";

    /// <summary>0: no endpoints.</summary>
    public int HealthPort { get; init; } = 8080;
    public TimeSpan DriftInterval { get; init; } = TimeSpan.FromMinutes(10);
    public ServiceOverrides ServiceOverrides { get; init; } = new([]);
}
