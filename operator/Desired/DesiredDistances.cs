using RucioOperator.Api;
using RucioOperator.Planning;

namespace RucioOperator.Desired;

/// <summary>The VO's policy and what its storages say on top of it → distances.</summary>
public static class DesiredDistances
{
    /// <param name="storages">Those that may speak. Of a pair that both ends speak of, the source has the last word.</param>
    public static WantedDistances For(DistancesSpec? spec, IEnumerable<StorageElement> storages)
    {
        spec ??= new();
        var single = new Dictionary<(string, string), SingleDistance>();
        foreach (var o in spec.Overrides ?? [])
        {
            single[(o.Source, o.Destination)] = new(o.Distance, null);
        }
        var spoken = storages.SelectMany(s => s.Spec.Distances ?? [], (s, d) => (s.Spec.Rse, Distance: d)).ToList();
        foreach (var (rse, distance) in spoken.Where(s => s.Distance.From is not null))
        {
            single[(distance.Rse, rse)] = new(distance.From, rse);
        }
        foreach (var (rse, distance) in spoken.Where(s => s.Distance.To is not null))
        {
            single[(rse, distance.Rse)] = new(distance.To, rse);
        }
        return new(spec.Policy == DistancePolicy.None ? null : spec.Default, spec.Policy == DistancePolicy.Star ? spec.Hub : null, single);
    }

    /// <summary>For status, where the next pass finds what is this operator's.</summary>
    public static EffectiveStorage Write(EffectiveStorage effective, WantedDistances wanted, string rse)
    {
        var others = new SortedDictionary<string, StorageDistance>(StringComparer.Ordinal);
        foreach (var ((source, destination), single) in wanted.Single)
        {
            if (single.Distance is { } distance && (source == rse || destination == rse))
            {
                var other = source == rse ? destination : source;
                var pair = others.GetValueOrDefault(other) ?? new StorageDistance { Rse = other };
                others[other] = source == rse ? pair with { To = distance } : pair with { From = distance };
            }
        }
        return effective with { Distance = wanted.Policy, Hub = wanted.Hub, Distances = others.Count > 0 ? [.. others.Values] : null };
    }

    public static FormerDistances? Read(EffectiveStorage? effective) =>
        effective is null ? null : new(effective.Distance, effective.Hub, (effective.Distances ?? []).ToDictionary(d => d.Rse, d => (d.To, d.From), StringComparer.Ordinal));
}
