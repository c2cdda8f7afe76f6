namespace RucioOperator.Api;

/// <summary>Exactly one of the two; absent altogether, each pod has a memcached of its own and changes take up to 15 minutes to be seen by the others.</summary>
public sealed record CacheSpec
{
    public SharedCache? Shared { get; init; }

    /// <summary>host:port of a memcached somebody else runs. Rucio puts pickled objects there: whoever can write to it runs code in Rucio.</summary>
    public string? Url { get; init; }
}

/// <summary>One memcached for all pods of the instance, closed to everybody else.</summary>
public sealed record SharedCache
{
    public string Image { get; set; } = "docker.io/library/memcached:1.6";

    /// <summary>Of the cache itself; the pod asks for a quarter more.</summary>
    public int MemoryMiB { get; set; } = 256;
}

public sealed record MonitoringSpec
{
    public bool PodMonitor { get; set; }

    /// <summary>Alerts on what runs out, in the figures of the operator, which its own Prometheus target brings.</summary>
    public bool PrometheusRule { get; set; }

    /// <summary>What the Prometheus in question selects by, such as <c>release: prometheus</c>.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }
}

public sealed record NetworkPolicySpec
{
    public bool Enabled { get; set; } = true;
}
