using System.Text.Json.Nodes;

namespace RucioOperator.Api;

/// <summary>A CloudNativePG <c>Cluster</c> is made for the catalogue: the way beyond one machine.</summary>
public sealed record CloudNativePGDatabase
{
    public int Instances { get; set; } = 3;
    public string StorageSize { get; set; } = "20Gi";
    public string? StorageClassName { get; init; }
    public string? ImageName { get; init; }
    public ResourcesSpec? Resources { get; init; }

    /// <summary>postgresql.conf, as CloudNativePG takes it.</summary>
    public IReadOnlyDictionary<string, string>? Parameters { get; init; }

    /// <summary>The Cluster's own <c>backup</c>, <c>plugins</c> and <c>externalClusters</c>: passed on as given.</summary>
    public JsonObject? Backup { get; init; }
    public IReadOnlyList<JsonObject>? Plugins { get; init; }
    public IReadOnlyList<JsonObject>? ExternalClusters { get; init; }

    /// <summary>The Cluster's <c>bootstrap.recovery</c> instead of an empty database; read by CloudNativePG once, when it makes the Cluster.</summary>
    public JsonObject? Recovery { get; init; }
}

/// <summary>One PostgreSQL pod with one volume, for trials.</summary>
public sealed record EmbeddedDatabase
{
    public string StorageSize { get; set; } = "5Gi";
    public string? StorageClassName { get; init; }

    /// <summary>The official, Debian-based image of PostgreSQL, or a mirror of it.</summary>
    public string? ImageName { get; init; }
    public ResourcesSpec? Resources { get; init; }
}
