using RucioOperator.Runtime;

namespace RucioOperator.Observed;

/// <summary>Which optional kinds the cluster serves, and in which version each is written.</summary>
public sealed record ApiKinds(IReadOnlyDictionary<OptionalKind, ResourceKind> Served)
{
    public static readonly ApiKinds None = new(new Dictionary<OptionalKind, ResourceKind>());

    public bool Has(OptionalKind kind) => Served.ContainsKey(kind);

    /// <summary>Null where the cluster does not serve it: leave the object out, a condition says so.</summary>
    public ResourceKind? Find(OptionalKind kind) => Served.GetValueOrDefault(kind);

    public bool Serves(IEnumerable<OptionalKind> kinds) => kinds.All(Has);
}
