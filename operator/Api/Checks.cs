namespace RucioOperator.Api;

/// <summary>What is tried out on a schedule. Absent: as <c>new CheckSpec()</c>.</summary>
public sealed record CheckSpec
{
    /// <summary>Things that must be refused are tried with the VO's own root; only where the operator runs a Rucio with several VOs.</summary>
    public bool Isolation { get; set; } = true;

    /// <summary>A small file is uploaded, ruled and deleted, by a Job with Rucio's own client.</summary>
    public bool? DataPath { get; init; }

    /// <summary>Such as <c>24h</c>; 5 minutes to 30 days. Somewhat less by chance, so that not all VOs come at once.</summary>
    public string Interval { get; set; } = "24h";
}

public sealed record ChecksStatus
{
    public IsolationStatus? Isolation { get; init; }
}

/// <summary>The last check that came to a result.</summary>
public sealed record IsolationStatus
{
    public DateTime? At { get; init; }
    public int? Attempts { get; init; }
    public int? Refused { get; init; }

    /// <summary>What was not refused, in words.</summary>
    public IReadOnlyList<string>? Succeeded { get; init; }
}
