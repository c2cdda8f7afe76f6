namespace RucioOperator.Api;

/// <summary>What is tried out on a schedule. Absent: as <c>new CheckSpec()</c>.</summary>
public sealed record CheckSpec
{
    /// <summary>Things that must be refused are tried with the VO's own root; only where the operator runs a Rucio with several VOs.</summary>
    public bool Isolation { get; set; } = true;

    /// <summary>A small file is uploaded, ruled and given up again, by a Job with Rucio's own client.</summary>
    public bool DataPath { get; set; }

    /// <summary>RSEs that the file goes to; absent: the first five disks one can write to.</summary>
    public IReadOnlyList<string>? Storages { get; init; }

    /// <summary>For storages that want more than Rucio's word: Secret with <c>x509up</c> (a proxy), or <c>tls.crt</c> and <c>tls.key</c>.</summary>
    public SecretRef? CredentialSecretRef { get; init; }

    /// <summary>Such as <c>24h</c>; 5 minutes to 30 days. Somewhat less by chance, so that not all VOs come at once.</summary>
    public string Interval { get; set; } = "24h";
}

public sealed record ChecksStatus
{
    public IsolationStatus? Isolation { get; init; }
    public DataPathStatus? DataPath { get; init; }
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

/// <summary>One is under way while it has started later than the last one ended.</summary>
public sealed record DataPathStatus
{
    public DateTime? StartedAt { get; init; }
    public DateTime? EndedAt { get; init; }
    public DateTime? LastSuccess { get; init; }
    public DateTime? LastFailure { get; init; }

    /// <summary>In a row, up to now.</summary>
    public int? Failures { get; init; }

    /// <summary>The last words of the last one that ended.</summary>
    public string? Message { get; init; }

    /// <summary>RSEs of the last one.</summary>
    public IReadOnlyList<string>? Storages { get; init; }
}

/// <summary>Of a StorageElement; absent: nothing is tried.</summary>
public sealed record StorageCheckSpec
{
    /// <summary>The operator connects to each endpoint, without credentials: name, TCP, certificate, protocol. Never makes a storage unready.</summary>
    public bool Endpoints { get; set; }

    /// <summary>Such as <c>1h</c>; 5 minutes to 30 days.</summary>
    public string Interval { get; set; } = "1h";
}

/// <summary>What the last look at an endpoint came to.</summary>
public sealed record EndpointStatus
{
    public string Url { get; set; } = "";

    /// <summary>One of the results that the README beside the schemas explains.</summary>
    public string Result { get; set; } = "";

    /// <summary>The first look that showed this; later ones that show the same write nothing.</summary>
    public DateTime? Since { get; init; }
    public DateTime? CertificateExpires { get; init; }
}
