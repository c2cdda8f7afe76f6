using System.Globalization;

namespace RucioOperator.Observed;

/// <summary>Who works on a catalogue: one RucioInstance of one cluster, as a row of the catalogue says that everybody on it can read.</summary>
/// <param name="Cluster">Uid of the namespace kube-system: the cluster's own, whatever it is called. Of an operator that watches a list of namespaces, uid of its own namespace.</param>
/// <param name="Instance">namespace/name.</param>
/// <param name="Lease">Not renewed for so long, it may be taken over.</param>
/// <param name="Age">Since it was last renewed, by the database's clock: no two clocks are compared.</param>
public sealed record CatalogueOwner(string Cluster, string Instance, TimeSpan Lease, TimeSpan Age)
{
    public bool IsLive => Age < Lease;

    public bool IsSame(CatalogueOwner other) => Cluster == other.Cluster && Instance == other.Instance;

    /// <summary>What the row holds.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Cluster} {Instance} {(long)Lease.TotalSeconds}");

    /// <summary>Null: not of this form, so nobody's.</summary>
    public static CatalogueOwner? Parse(string? text, double ageSeconds) =>
        text?.Split(' ') is [var cluster, var instance, var lease] && long.TryParse(lease, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 1_000_000
            ? new(cluster, instance, TimeSpan.FromSeconds(seconds), TimeSpan.FromSeconds(ageSeconds))
            : null;
}
